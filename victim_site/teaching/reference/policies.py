"""How five frameworks judge the same request: one function each, and the requests to judge.

Each function says again, in a few lines, what its framework does in its default configuration:

- Go 1.25, `net/http/csrf.go`, without trusted origins or bypasses. Read at the published source.
- Rails 8.2 (its main branch, 8.2 alpha), `request_forgery_protection.rb` and the defaults of 8.2:
  `:header_only`, with the Origin check that has been on by default since 5.0, no trusted origins.
  Where `force_ssl` is on, every request counts as https.
- Laravel 13.26, `PreventRequestForgery.php`, which neither trusts the same site nor does without
  the token unless it is told to.
- MDN, the Fetch metadata sample of the page "Cross-site request forgery (CSRF)", a handler of
  POST. It was read in stored copies of the page, which may since have changed.
- Django 5.2: not said again. Django's own `CsrfViewMiddleware` runs here.

A framework's rules for a method that no page here uses (Rails and QUERY, Django and TRACE) are left
out. `ROWS` are requests, the headers of which `e2e/test_policies.py` compares with what browsers
really send.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Literal
from urllib.parse import urlsplit

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.middleware import csrf

Scheme = Literal["http", "https"]


@dataclass(frozen=True)
class Request:
    """What a policy looks at: a header is None where it is missing, `token` whether a valid one
    came along."""

    method: str
    scheme: Scheme
    sec_fetch_site: str | None
    origin: str | None
    host: str
    referer: str | None
    token: bool


@dataclass(frozen=True)
class Decision:
    """Whether the request may act, and why, in one short sentence."""

    allowed: bool
    why: str


ORIGIN_NULL = "Origin is null."
ORIGIN_FOREIGN = "Origin is not the bank's own."
TOKEN_RIGHT = "A valid token came along."  # noqa: S105  A sentence.
TOKEN_MISSING = "No valid token came along."  # noqa: S105


def _not_checked(method: str) -> Decision:
    return Decision(True, f"{method} is not checked.")


def _says(site: str) -> str:
    return f"Sec-Fetch-Site says {site}."


def go(request: Request) -> Decision:
    """The header decides; without it, Origin's host; without both, the sender is no browser."""
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return _not_checked(request.method)
    if request.sec_fetch_site:
        allowed = request.sec_fetch_site in {"same-origin", "none"}
        return Decision(allowed, _says(request.sec_fetch_site))
    if not request.origin:
        return Decision(True, "Neither header: no browser, it is assumed.")
    if _host(request.origin) == request.host:
        return Decision(True, "No Sec-Fetch-Site, and Origin has the bank's host.")
    return Decision(False, "No Sec-Fetch-Site, and Origin has another host.")


def _host(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def rails(request: Request) -> Decision:
    """Origin must be right where there is one; then the header decides, over http if it came."""
    if request.method in {"GET", "HEAD"}:
        return _not_checked(request.method)
    if request.origin == "null":
        return Decision(False, ORIGIN_NULL)
    if request.origin is not None and request.origin != f"{request.scheme}://{request.host}":
        return Decision(False, ORIGIN_FOREIGN)
    site = (request.sec_fetch_site or "").lower()
    if site:
        return Decision(site in {"same-origin", "same-site"}, _says(site))
    if request.scheme == "http":
        return Decision(True, "Over http Sec-Fetch-Site may be missing.")
    return Decision(False, "Over https Sec-Fetch-Site must not be missing.")


def laravel(request: Request) -> Decision:
    """Same-origin passes; everything else needs the token."""
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return _not_checked(request.method)
    if request.sec_fetch_site == "same-origin":
        return Decision(True, _says("same-origin"))
    return Decision(request.token, TOKEN_RIGHT if request.token else TOKEN_MISSING)


def mdn(request: Request) -> Decision:
    """A handler of POST that acts for the same origin and the same site."""
    if request.method != "POST":
        return Decision(True, "The sample looks at POST only.")
    if not request.sec_fetch_site:
        return Decision(False, "Sec-Fetch-Site is missing.")
    allowed = request.sec_fetch_site in {"same-origin", "same-site"}
    return Decision(allowed, _says(request.sec_fetch_site))


class _Django(csrf.CsrfViewMiddleware):
    """Django's middleware, except that it returns its reason instead of a page."""

    def _reject(self, request: HttpRequest, reason: str) -> str:
        return reason


_django = _Django(lambda request: HttpResponse())
_SECRET = "x" * csrf.CSRF_SECRET_LENGTH
_HEADERS = {"HTTP_HOST": "host", "HTTP_ORIGIN": "origin", "HTTP_REFERER": "referer"}


def django(request: Request) -> Decision:
    """Origin must be right, or over https, without one, the Referer; then the token decides."""
    environ = {
        "REQUEST_METHOD": request.method,
        "PATH_INFO": "/transfer",
        "SERVER_NAME": "bank",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": request.scheme,
        "wsgi.input": BytesIO(),
        "HTTP_COOKIE": f"{settings.CSRF_COOKIE_NAME}={_SECRET}",
    }
    sent = {name: getattr(request, field) for name, field in _HEADERS.items()}
    environ |= {name: value for name, value in sent.items() if value is not None}
    if request.token:
        environ[settings.CSRF_HEADER_NAME] = _SECRET
    reason = _django.process_view(WSGIRequest(environ), lambda _: HttpResponse(), (), {})
    if reason is None:
        if request.method in {"GET", "HEAD", "OPTIONS"}:
            return _not_checked(request.method)
        return Decision(True, TOKEN_RIGHT)
    return Decision(False, _in_short(str(reason), request))


def _in_short(reason: str, request: Request) -> str:
    """Return Django's reason as the others say it (its sentences: `django.middleware.csrf`)."""
    if reason.startswith("Origin checking failed"):
        return ORIGIN_NULL if request.origin == "null" else ORIGIN_FOREIGN
    if reason == csrf.REASON_NO_REFERER:
        return "Over https Origin and Referer must not both be missing."
    if reason.startswith("Referer checking failed"):
        return "No Origin, and Referer is not the bank's own."
    return TOKEN_MISSING


@dataclass(frozen=True)
class Policy:
    """A framework: its name, its rule in a few words, the function, and where to read it."""

    slug: str
    name: str
    rule: str
    decide: Callable[[Request], Decision]
    source: str


POLICIES = (
    Policy(
        "go",
        "Go 1.25",
        "Sec-Fetch-Site; if missing, the host in Origin",
        go,
        "net/http/csrf.go",
    ),
    Policy(
        "rails",
        "Rails 8.2",
        "Origin, and Sec-Fetch-Site",
        rails,
        "action_controller/metal/request_forgery_protection.rb",
    ),
    Policy(
        "laravel",
        "Laravel 13",
        "Sec-Fetch-Site, or else the token",
        laravel,
        "Illuminate/Foundation/Http/Middleware/PreventRequestForgery.php",
    ),
    Policy(
        "mdn",
        "MDN's sample",
        "Sec-Fetch-Site alone",
        mdn,
        "developer.mozilla.org, Web/Security/Attacks/CSRF, Fetch metadata",
    ),
    Policy(
        "django",
        "Django 5.2",
        "Origin (over https without one: Referer), and the token",
        django,
        "django/middleware/csrf.py",
    ),
)

# --- The requests ---------------------------------------------------------------------------------

_LAB = "no-defense"
HOST = urlsplit(settings.ADDRESSES.bank(_LAB)).netloc
# Whose address a header has, in the words of the table.
OWN, SUBDOMAIN, FOREIGN, NULL = "own", "sub-domain", "other site", "null"
_HOSTS = {
    OWN: HOST,
    SUBDOMAIN: urlsplit(settings.ADDRESSES.community(_LAB)).netloc,
    FOREIGN: urlsplit(settings.ADDRESSES.evil).netloc,
}
BOTH: tuple[Scheme, ...] = ("http", "https")


@dataclass(frozen=True)
class Row:
    """One request: who sends it, how a browser comes to do so, and what its headers say.

    `origin` and `referer` say whose address is in them. `schemes` are those over which the request
    is made. `browser` is false where no browser of today sends it.
    """

    slug: str
    sender: str
    how: str
    method: str
    sec_fetch_site: str | None
    origin: str | None
    referer: str | None
    token: bool = False
    schemes: tuple[Scheme, ...] = BOTH
    browser: bool = True

    def request(self, scheme: Scheme) -> Request:
        """Return the request with its addresses filled in."""

        def address(whose: str | None, path: str = "") -> str | None:
            return f"{scheme}://{_HOSTS[whose]}{path}" if whose in _HOSTS else whose

        return Request(
            method=self.method,
            scheme=scheme,
            sec_fetch_site=self.sec_fetch_site,
            origin=address(self.origin),
            host=HOST,
            referer=address(self.referer, "/"),
            token=self.token,
        )


@dataclass(frozen=True)
class Group:
    """Rows with one right answer: let through, refused, or (None) neither."""

    slug: str
    title: str
    right: bool | None
    rows: tuple[Row, ...]


GROUPS = (
    Group(
        "honest",
        "What the visitor means: to be let through",
        True,
        (
            Row(
                "own-form",
                "The bank's own form",
                "The visitor sends it. To localhost a browser says the same over http.",
                "POST",
                "same-origin",
                OWN,
                OWN,
                token=True,
            ),
            Row(
                "own-form-no-referrer",
                "The bank's own form, Referer hidden",
                "The page, or the visitor, has the policy no-referrer.",
                "POST",
                "same-origin",
                NULL,
                None,
                token=True,
            ),
            Row(
                "typed-address",
                "A typed address",
                "The visitor types it, or opens a bookmark.",
                "GET",
                "none",
                None,
                None,
            ),
            Row(
                "own-form-plain-http",
                "The bank's own form, over plain http",
                "To any host but localhost, browsers then leave Sec-Fetch-Site out.",
                "POST",
                None,
                OWN,
                OWN,
                token=True,
                schemes=("http",),
            ),
            Row(
                "own-form-old",
                "The bank's own form, in an old browser",
                "One from before Sec-Fetch-Site (2023).",
                "POST",
                None,
                OWN,
                OWN,
                token=True,
                schemes=("https",),
                browser=False,
            ),
            Row(
                "own-form-older",
                "The bank's own form, in an older one",
                "One that sends no Origin with a form: Firefox before 70.",
                "POST",
                None,
                None,
                OWN,
                token=True,
                browser=False,
            ),
        ),
    ),
    Group(
        "forged",
        "Forgeries: to be refused",
        False,
        (
            Row(
                "form-post",
                "A form on another site",
                "It is hidden and submits itself.",
                "POST",
                "cross-site",
                FOREIGN,
                FOREIGN,
            ),
            Row(
                "form-post-token",
                "The same, with a token that leaked",
                "The attacker got hold of the visitor's token.",
                "POST",
                "cross-site",
                FOREIGN,
                FOREIGN,
                token=True,
            ),
            Row(
                "subdomain-form",
                "A form on a sub-domain",
                "The attacker took the sub-domain over.",
                "POST",
                "same-site",
                SUBDOMAIN,
                SUBDOMAIN,
            ),
            Row(
                "sandboxed-form",
                "A form in a sandboxed frame",
                "The frame has no origin that it could name.",
                "POST",
                "cross-site",
                NULL,
                None,
            ),
            Row(
                "image",
                "An image on another site",
                "The bank acts on GET.",
                "GET",
                "cross-site",
                None,
                FOREIGN,
            ),
            Row(
                "form-post-plain-http",
                "A form on another site, over plain http",
                "To any host but localhost, browsers then leave Sec-Fetch-Site out.",
                "POST",
                None,
                FOREIGN,
                FOREIGN,
                schemes=("http",),
            ),
            Row(
                "form-post-old",
                "A form on another site, in an old browser",
                "One from before Sec-Fetch-Site (2023).",
                "POST",
                None,
                FOREIGN,
                FOREIGN,
                schemes=("https",),
                browser=False,
            ),
            Row(
                "form-post-older",
                "A form on another site, in an older one",
                "One that sends no Origin with a form: Firefox before 70.",
                "POST",
                None,
                None,
                FOREIGN,
                browser=False,
            ),
        ),
    ),
    Group(
        "odd",
        "What no page sends: here the policies show their rules",
        None,
        (
            Row(
                "script",
                "A program that is no browser",
                "It sends none of these headers, and no visitor's cookie.",
                "POST",
                None,
                None,
                None,
                browser=False,
            ),
            Row(
                "post-none",
                "A POST that says none",
                "A browser says none of typed addresses, and those are GETs.",
                "POST",
                "none",
                OWN,
                None,
                browser=False,
            ),
            Row(
                "same-site-without-origin",
                "A sub-domain's POST without Origin",
                "Something on the way took the Origin out.",
                "POST",
                "same-site",
                None,
                SUBDOMAIN,
                browser=False,
            ),
        ),
    ),
)
ROWS = tuple(row for group in GROUPS for row in group.rows)


# --- The table ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Verdict:
    """A decision as the table shows it; `right` is None where there is no right answer."""

    policy: Policy
    decision: Decision
    right: bool | None


@dataclass(frozen=True)
class Line:
    """One line of the table: the schemes for which all five decide alike, and how they do."""

    schemes: tuple[Scheme, ...]
    verdicts: tuple[Verdict, ...]


def by_row(group: Group) -> Iterator[tuple[Row, list[Line]]]:
    """Yield the rows of a group with their lines: one, or two where the scheme matters."""
    for row in group.rows:
        by_decisions: dict[tuple[Decision, ...], list[Scheme]] = {}
        for scheme in row.schemes:
            request = row.request(scheme)
            decisions = tuple(policy.decide(request) for policy in POLICIES)
            by_decisions.setdefault(decisions, []).append(scheme)
        yield (
            row,
            [
                Line(tuple(schemes), tuple(_verdicts(decisions, group.right)))
                for decisions, schemes in by_decisions.items()
            ],
        )


def _verdicts(decisions: tuple[Decision, ...], right: bool | None) -> Iterator[Verdict]:
    for policy, decision in zip(POLICIES, decisions, strict=True):
        yield Verdict(policy, decision, None if right is None else decision.allowed == right)
