"""Why no live session arrived with a request: which rule would make a browser withhold the cookie.

A pure function of the request, of what the session cookie says, and of whether anybody is signed
in. The rules are those of RFC 6265bis (SameSite, section 5.8.3) and Fetch Metadata (Sec-Fetch-Site,
section 2.3); what browsers add to them (Lax by default, blocked third-party cookies) was measured.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from csrf_proof.reasons import (
    COOKIE_DEFAULT,
    COOKIE_LAX,
    COOKIE_SHADOWED,
    COOKIE_STRICT,
    COOKIE_THIRD_PARTY,
    COOKIE_UNKNOWN,
    NOT_SIGNED_IN,
    SESSION_ENDED,
    Reason,
)


@dataclass(frozen=True)
class Request:
    """What decides it: the method, the headers (by any case), the application's own origin.

    `site` is the host whose subdomains are all one site with the application, such as
    `example.com`.
    """

    method: str
    headers: Mapping[str, str]
    own_origin: str
    site: str

    @property
    def relation(self) -> str | None:
        """How the sender relates to the application, in the words of Sec-Fetch-Site.

        Chromium sends that header with everything but a WebSocket handshake; there, and in older
        browsers, the Origin header says the same. None if neither was sent.
        """
        stated = self.headers.get("Sec-Fetch-Site")
        return stated or relation_of(self.headers.get("Origin"), self.own_origin, self.site)

    @property
    def top_level(self) -> bool:
        """Whether it navigates a whole window."""
        return (
            self.headers.get("Sec-Fetch-Mode") == "navigate"
            and self.headers.get("Sec-Fetch-Dest") == "document"
        )

    @property
    def defaults_to_lax(self) -> bool:
        """Whether a browser of the Chromium family sent it; those default to Lax since 2020."""
        return "Chrome/" in self.headers.get("User-Agent", "")

    @property
    def redirected(self) -> bool:
        """Whether a page of the application's own site asked for it, and another site redirected it
        to the application, as far as that shows.

        Chromium calls that `cross-site`, and sends Lax and Strict cookies anyway (measured).
        Firefox doesn't send them.
        """
        page = origin_of(self.headers.get("Referer"))
        named = relation_of(page, self.own_origin, self.site)
        return self.defaults_to_lax and named in {"same-origin", "same-site"}


def relation_of(origin: str | None, own_origin: str, site: str) -> str | None:
    """Return how an origin relates to the application's, in the words of Sec-Fetch-Site.

    None if the origin is hidden. `site` is as in `Request`.
    """
    if origin is None or origin == "null":
        return None
    if origin == own_origin:
        return "same-origin"
    try:
        sender = urlsplit(origin)
        host = sender.hostname or ""
    except ValueError:
        return None
    if sender.scheme != urlsplit(own_origin).scheme:
        return "cross-site"  # To Chromium, whose handshakes end here, http is another site.
    return "same-site" if host == site or host.endswith(f".{site}") else "cross-site"


def origin_of(address: str | None) -> str | None:
    """Return the origin of an address, or None if there is none or it can't be read."""
    try:
        parts = urlsplit(address or "")
    except ValueError:
        return None
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else None


def no_session(
    request: Request,
    samesite: str,
    *,
    cookie_sent: bool,
    anybody_signed_in: Callable[[], bool],
    another_opens: Callable[[], bool] = lambda: False,
) -> Reason:
    """Return why no live session arrived, by rule and never by guess.

    Where no rule withholds a cookie it's unknown why none came: a page may ask for no cookies, a
    page around it may be from another site, the browser's store may be full.

    `samesite` is what the session cookie says: `None`, `Lax`, `Strict`, or nothing.
    `anybody_signed_in`, and `another_opens` (does another cookie of that name belong to a sign-in?)
    are asked only if the answer matters.
    """
    if cookie_sent:
        return COOKIE_SHADOWED if another_opens() else SESSION_ENDED
    if not anybody_signed_in():
        return NOT_SIGNED_IN
    if request.relation == "cross-site" and not request.redirected:
        return _cross_site(request, samesite) or COOKIE_UNKNOWN
    return COOKIE_UNKNOWN


def _cross_site(request: Request, samesite: str) -> Reason | None:
    top_level_get = request.top_level and request.method in {"GET", "HEAD"}
    if samesite == "Strict":
        return COOKIE_STRICT
    if samesite == "Lax":
        return None if top_level_get else COOKIE_LAX
    if samesite == "":
        if top_level_get:
            return None
        if request.defaults_to_lax:
            return COOKIE_DEFAULT
    return None if request.top_level else COOKIE_THIRD_PARTY
