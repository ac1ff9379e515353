"""What a defense is: a class with a few hooks, all of which do nothing unless it says otherwise.

Each defense has a folder here: `defense.py` is the mechanism, one subclass of `Defense`, and
`README.md` is the lesson; what browsers load is in `static/`. The folder's name, with hyphens, is
the slug. The flawed ones are in `flawed/`, in the same form. The bank asks every defense of a lab,
in the order of the label, and knows none of them by name.
"""

from __future__ import annotations

from functools import cache
from http.cookies import Morsel
from typing import ClassVar

from django.http import HttpRequest, HttpResponse

from csrf_proof.reasons import Reason
from victim_site import defenses
from victim_site.defenses import flawed
from victim_site.discovery import members


class Defense:
    """One mechanism. Instances hold no state: one serves every lab and every request."""

    slug: ClassVar[str]
    # The few attacks that say the most about it, as in the matrix: "link-get", or from only one
    # position, "form-post.subdomain". `make check` compares them with the matrix.
    stops: ClassVar[tuple[str, ...]] = ()
    does_not_stop: ClassVar[tuple[str, ...]] = ()
    # Of a flawed defense: the attack and position that get past it, and the sound defense that
    # stops them.
    bypassed_by: ClassVar[str] = ""
    fixed_by: ClassVar[str] = ""
    # Two defenses that determine the same thing contradict each other and can't be in one lab: the
    # session cookie has one SameSite, and a form has one field with each name.
    settles: ClassVar[str] = ""
    # A prefix for the names of all the bank's cookies.
    cookie_prefix: ClassVar[str] = ""
    # Honest forms must be sent by the bank's script, since a plain form can't meet the requirement.
    needs_script: ClassVar[bool] = False
    # A script that every page of the bank runs before anything else in it, as a static file.
    script: ClassVar[str] = ""
    # What else customers must enter where money or access is at stake: names and labels.
    asks_for: ClassVar[dict[str, str]] = {}
    # The check is on the view, like `require_POST`, so it runs after the bank's other features
    # have changed the request. It covers only acts, not the feed.
    at_view: ClassVar[bool] = False
    # What the content security policy of every page says: directives and their sources.
    policy: ClassVar[dict[str, list[str]]] = {}

    def session_cookie(self, cookie: Morsel[str]) -> None:
        """Change what the session cookie says to the browser, before it is sent."""

    def form_fields(self, request: HttpRequest) -> dict[str, str]:
        """Return what an honest form must contain, as names and values of hidden fields."""
        return {}

    def fields_for(self, request: HttpRequest, address: str) -> dict[str, str]:
        """Return the same for the form for one address, where it isn't the same for all."""
        return self.form_fields(request)

    def script_headers(self, request: HttpRequest) -> dict[str, str]:
        """Return the headers that the bank's own scripts must send."""
        return {}

    def refusal(self, request: HttpRequest) -> Reason | None:
        """Return why this request must not act, or None. Reads the request, changes nothing."""
        return None

    def framing(self, request: HttpRequest) -> Reason | None:
        """Return why browsers won't show this page in another site's frame, or None."""
        return None

    def signed_in(self, request: HttpRequest) -> None:
        """Called after a sign-in succeeded, to renew what has to be renewed."""

    def handed_over(self, request: HttpRequest) -> dict[str, str]:
        """Return the fields that the bank gives another service, which brings them back unchanged
        when it leads the browser back here."""
        return {}

    def came_back(self, request: HttpRequest) -> None:
        """Called after another service has led the browser back and the bank has acted on it."""

    def declare(self, request: HttpRequest, response: HttpResponse) -> None:
        """Add headers to the response, on every page of the bank."""


@cache
def all_defenses() -> dict[str, Defense]:
    """Return every defense by its slug, found by listing the folder, in order of slug.

    Raises:
        TypeError: A folder doesn't have exactly one subclass of `Defense`.
    """
    return members(Defense, defenses, flawed)


@cache
def flawed_defenses() -> frozenset[str]:
    """Return the slugs of the defenses in `flawed/`."""
    return frozenset(members(Defense, flawed))


def is_unsafe(request: HttpRequest) -> bool:
    """Tell whether the method may change something (RFC 9110, section 9.2.1)."""
    return request.method not in {"GET", "HEAD", "OPTIONS", "TRACE"}


def is_handshake(request: HttpRequest) -> bool:
    """Tell whether the request asks for a WebSocket (RFC 6455, section 4.1)."""
    return request.headers.get("Upgrade", "").lower() == "websocket"


def is_sensitive(request: HttpRequest) -> bool:
    """Tell whether the view asked for has the attribute `sensitive`: money or access is at stake.

    The view says so itself, as one does that is `csrf_exempt`, so no defense knows any address.
    """
    assert request.resolver_match  # Defenses are asked once Django has found the view.
    return bool(getattr(request.resolver_match.func, "sensitive", False))


def action_of(view: object, otherwise: str) -> str:
    """Return the name of the action that a view performs, or something else if it is none.

    The view says so itself, with the attribute `slug`.
    """
    return str(getattr(view, "slug", otherwise))


def comes_back(request: HttpRequest) -> bool:
    """Tell whether the view asked for has the attribute `comes_back`: another service leads the
    browser there, which is a GET from wherever that service is."""
    match = request.resolver_match
    return match is not None and bool(getattr(match.func, "comes_back", False))


def own_origin(request: HttpRequest) -> str:
    """Return the origin that the bank's own pages have, as in an Origin header."""
    return f"{request.scheme}://{request.get_host()}"
