"""How frameworks judge the same request: one function each, and the requests to judge.

Each function says again, in a few lines, what its framework does in its default configuration:

- Go 1.25, `net/http/csrf.go`, without trusted origins or bypasses. Read at the published source.
- Rails 8.2 (its main branch, 8.2 alpha), `request_forgery_protection.rb` and the defaults of 8.2:
  `:header_only`, with the Origin check that has been on by default since 5.0, no trusted origins.
  It believes X-Forwarded-Host and -Proto. Where `force_ssl` is on, every request counts as https.
- Laravel 13.26, `PreventRequestForgery.php`, which neither trusts the same site nor does without
  the token unless it is told to.
- MDN, the Fetch metadata sample of the page "Cross-site request forgery (CSRF)", a handler of
  POST. It was read in stored copies of the page, which may since have changed.
- Django 5.2: not said again. Django's own `CsrfViewMiddleware` runs here.
- SvelteKit 2.70.4 with adapter-node 5.5.7, which assumes https unless ORIGIN or PROTOCOL_HEADER
  says otherwise. They aren't set here.
- Next.js, server actions of 16.1.6, and of 16.4.6 for what 16.1.7 changed (CVE-2026-27978):
  `action-handler.js`, without `allowedOrigins`.
- Astro 5.18.2 with its Node adapter 9.5.5: `middlewares.js`, and `createRequest` in `node.js`. The
  bank is in `allowedDomains`; without that, a deployed site refuses all of its own forms.
- Spring Security 7.1.1: `CsrfFilter.java` with the repository and matcher of `CsrfConfigurer`.
- Flask-WTF 1.3.0: `CSRFProtect`. Flask isn't part of this site, so it's said again; a test compares
  the function with the library.

The four in JavaScript were compared with the published code, run with Node on all rows and cases of
the tests.

A framework's rules for a method that no page here uses (Rails and QUERY, Django and TRACE) are left
out. Every POST has the type of a form, at Next.js that of its actions (`multipart/form-data`). The
requests are in `policies.toml`; `e2e/test_policies.py` compares their headers with what browsers
really send.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.middleware import csrf
from pydantic import BaseModel, ConfigDict, Field, ValidationError

FILE = Path(__file__).with_name("policies.toml")
Scheme = Literal["http", "https"]


@dataclass(frozen=True)
class Request:
    """What a policy looks at: a header is None where it is missing, `token` whether a valid one
    was sent. Behind a proxy, `scheme` and `host` are those of the proxy's own request."""

    method: str
    scheme: Scheme
    sec_fetch_site: str | None
    origin: str | None
    host: str
    referer: str | None
    token: bool
    x_forwarded_host: str | None = None
    x_forwarded_proto: Scheme | None = None


@dataclass(frozen=True)
class Decision:
    """Whether the request may act, and why, in one short sentence."""

    allowed: bool
    why: str


ORIGIN_NULL = "Origin is null."
ORIGIN_FOREIGN = "Origin is not the bank’s own."
TOKEN_RIGHT = "A valid token was sent."  # noqa: S105  A sentence.
TOKEN_MISSING = "No valid token was sent."  # noqa: S105


def _not_checked(method: str) -> Decision:
    return Decision(True, f"{method} is not checked.")


def _says(site: str) -> str:
    return f"Sec-Fetch-Site says {site}."


def go(request: Request) -> Decision:
    """The header decides; without it, Origin's host; without both, the sender isn't a browser."""
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return _not_checked(request.method)
    if request.sec_fetch_site:
        allowed = request.sec_fetch_site in {"same-origin", "none"}
        return Decision(allowed, _says(request.sec_fetch_site))
    if not request.origin:
        return Decision(True, "Neither header: no browser, it is assumed.")
    if _host(request.origin) == request.host:
        return Decision(True, "No Sec-Fetch-Site, and Origin has the bank’s host.")
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
    scheme = request.x_forwarded_proto or request.scheme
    host = request.x_forwarded_host or request.host
    if request.origin is not None and request.origin != f"{scheme}://{host}":
        return Decision(False, ORIGIN_FOREIGN)
    site = (request.sec_fetch_site or "").lower()
    if site:
        return Decision(site in {"same-origin", "same-site"}, _says(site))
    if scheme == "http":
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
_HEADERS = {
    "HTTP_HOST": "host",
    "HTTP_ORIGIN": "origin",
    "HTTP_REFERER": "referer",
    "HTTP_X_FORWARDED_HOST": "x_forwarded_host",
    "HTTP_X_FORWARDED_PROTO": "x_forwarded_proto",
}


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
        return "No Origin, and Referer is not the bank’s own."
    return TOKEN_MISSING


def sveltekit(request: Request) -> Decision:
    """Origin must be the bank's own, which is taken to be https."""
    if request.method not in {"POST", "PUT", "PATCH", "DELETE"}:
        return _not_checked(request.method)
    return _same_origin(request, f"https://{request.host}", "Origin isn’t https with this Host.")


def _same_origin(request: Request, own: str, foreign: str) -> Decision:
    if request.origin == own:
        return Decision(True, "Origin is the bank’s own.")
    if not request.origin:
        return Decision(False, "Origin is missing.")
    return Decision(False, ORIGIN_NULL if request.origin == "null" else foreign)


def next_before(request: Request) -> Decision:
    """As `next_now`, but null counted as missing."""
    if request.method == "POST" and request.origin == "null":
        return Decision(True, "Origin null counts as missing.")
    return next_now(request)


def next_now(request: Request) -> Decision:
    """Where there is an Origin, it must have the bank's host."""
    if request.method != "POST":
        return Decision(True, "Only a POST is an action.")
    if not request.origin:
        return Decision(True, "Without Origin: no browser, it is assumed.")
    if request.origin == "null":
        return Decision(False, ORIGIN_NULL)
    host = request.x_forwarded_host or request.host
    if host and _host(request.origin) == host:
        return Decision(True, "Origin has the bank’s host.")
    return Decision(False, "Origin has another host.")


def astro(request: Request) -> Decision:
    """Origin must be the bank's own, if the host is one that the configuration allows."""
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return _not_checked(request.method)
    scheme = request.x_forwarded_proto or request.scheme
    hosts = [host for host in (request.x_forwarded_host, request.host) if host]
    allowed = [host for host in hosts if host.partition(":")[0] == ALLOWED_DOMAIN]
    own = f"{scheme}://{allowed[0] if allowed else 'localhost'}"
    return _same_origin(request, own, "Origin isn’t the address that it sees.")


def spring(request: Request) -> Decision:
    """The token alone."""
    if request.method in {"GET", "HEAD", "TRACE", "OPTIONS"}:
        return _not_checked(request.method)
    return Decision(request.token, TOKEN_RIGHT if request.token else TOKEN_MISSING)


def flask_wtf(request: Request) -> Decision:
    """The token, and over https the Referer."""
    if request.method not in {"POST", "PUT", "PATCH", "DELETE"}:
        return _not_checked(request.method)
    if not request.token:
        return Decision(False, TOKEN_MISSING)
    if request.scheme == "http":
        return Decision(True, TOKEN_RIGHT)
    if not request.referer:
        return Decision(False, "Over https Referer must not be missing.")
    if _origin(request.referer) == _origin(f"https://{request.host}/"):
        return Decision(True, TOKEN_RIGHT)
    return Decision(False, "Referer is not the bank’s own.")


def _origin(address: str) -> tuple[str, str | None, int | None] | None:
    try:
        parts = urlsplit(address)
        return parts.scheme, parts.hostname, parts.port
    except ValueError:
        return None


_FUNCTIONS: dict[str, Callable[[Request], Decision]] = {
    "go": go,
    "rails": rails,
    "laravel": laravel,
    "mdn": mdn,
    "django": django,
    "sveltekit": sveltekit,
    "next-before": next_before,
    "next": next_now,
    "astro": astro,
    "spring": spring,
    "flask-wtf": flask_wtf,
}


class _Entry(BaseModel):
    """An entry of the file: a key that it doesn't know is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_min_length=1)


class Policy(_Entry):
    """A framework: its name, its rule in a few words, and where to read it."""

    slug: Literal[
        "go", "rails", "laravel", "mdn", "django",
        "sveltekit", "next-before", "next", "astro", "spring", "flask-wtf",
    ]  # fmt: skip
    name: str
    rule: str
    source: str

    @property
    def decide(self) -> Callable[[Request], Decision]:
        """The function that judges as the framework does."""
        return _FUNCTIONS[self.slug]


# --- The requests ---------------------------------------------------------------------------------

_LAB = "no-defense"
HOST = urlsplit(settings.ADDRESSES.bank(_LAB)).netloc
ALLOWED_DOMAIN = HOST.partition(":")[0]
# The addresses in headers, by the word that `policies.toml` has for whose they are.
_HOSTS = {
    "own": HOST,
    "sub-domain": urlsplit(settings.ADDRESSES.community(_LAB)).netloc,
    "other site": urlsplit(settings.ADDRESSES.evil).netloc,
}


class Row(_Entry):
    """One request: who sends it, how a browser comes to do so, and what its headers say.

    `origin` and `referer` say whose address is in them. `schemes` are those over which the request
    is made. `proxy` is what a proxy on the way changes. `browser` is false where no browser of
    today sends it. `short` names the request in a list.
    """

    slug: str
    short: str
    sender: str
    how: str
    method: Literal["GET", "POST"]
    sec_fetch_site: Literal["same-origin", "same-site", "cross-site", "none"] | None = None
    origin: Literal["own", "sub-domain", "other site", "null"] | None = None
    referer: Literal["own", "sub-domain", "other site"] | None = None
    token: bool = False
    schemes: tuple[Scheme, ...] = ("http", "https")
    proxy: Literal["scheme", "port", "host", "told"] | None = None
    browser: bool = True

    def request(self, scheme: Scheme) -> Request:
        """Return the request with its addresses filled in."""

        def address(whose: str | None, path: str = "") -> str | None:
            return f"{scheme}://{_HOSTS[whose]}{path}" if whose in _HOSTS else whose

        request = Request(
            method=self.method,
            scheme=scheme,
            sec_fetch_site=self.sec_fetch_site,
            origin=address(self.origin),
            host=HOST,
            referer=address(self.referer, "/"),
            token=self.token,
        )
        return _behind(self.proxy, request) if self.proxy else request


# Where the application listens, behind a proxy.
BEHIND = "127.0.0.1:5000"


def _behind(proxy: str, request: Request) -> Request:
    """Return a request as a proxy sends it on."""
    if proxy == "scheme":
        return replace(request, scheme="http")
    if proxy == "port":
        return replace(request, host=f"{ALLOWED_DOMAIN}:5000")
    if proxy == "host":
        return replace(request, host=BEHIND)
    return replace(
        request,
        scheme="http",
        host=BEHIND,
        x_forwarded_host=request.host,
        x_forwarded_proto=request.scheme,
    )


class Group(_Entry):
    """Rows with one right answer: let through, refused, or (None) neither."""

    slug: str
    title: str
    right: bool | None = None
    rows: tuple[Row, ...] = Field(alias="request")


class _File(_Entry):
    policies: tuple[Policy, ...] = Field(alias="policy")
    groups: tuple[Group, ...] = Field(alias="group")


class PoliciesError(ValueError):
    """`policies.toml` has a mistake; the message says where and what."""


def read(text: str) -> tuple[tuple[Policy, ...], tuple[Group, ...]]:
    """Return the policies and the groups of requests in the text of `policies.toml`.

    Raises:
        PoliciesError: The text isn't TOML, or isn't what an entry must be.
    """
    try:
        file = _File.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise PoliciesError(f"{FILE.name}: {error}.") from error
    except ValidationError as error:
        mistakes = [
            f"{'.'.join(map(str, mistake['loc']))}: {mistake['msg']}." for mistake in error.errors()
        ]
        raise PoliciesError(f"{FILE.name}: {' '.join(mistakes)}") from error
    return file.policies, file.groups


POLICIES, GROUPS = read(FILE.read_text(encoding="utf-8"))
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
    """One line of the table: the schemes for which all decide alike, and how they do."""

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


# --- What each policy gets wrong ------------------------------------------------------------------


@dataclass(frozen=True)
class Mistakes:
    """What a policy gets wrong: honest requests that it refuses, and forgeries that it lets in."""

    policy: Policy
    refused: tuple[str, ...]
    let_in: tuple[str, ...]


def mistakes() -> list[Mistakes]:
    """Return each policy's mistakes, without those that every policy makes."""
    wrong: dict[str, dict[bool, list[str]]] = {
        policy.slug: {True: [], False: []} for policy in POLICIES
    }
    for group in GROUPS:
        if group.right is None:
            continue
        for row in group.rows:
            over = {policy.slug: _wrong_over(policy, row, group.right) for policy in POLICIES}
            if not all(over.values()):
                for slug, schemes in over.items():
                    if schemes:
                        wrong[slug][group.right].append(_named(row, schemes))
    return [
        Mistakes(policy, tuple(wrong[policy.slug][True]), tuple(wrong[policy.slug][False]))
        for policy in POLICIES
    ]


def _wrong_over(policy: Policy, row: Row, right: bool) -> list[Scheme]:
    return [scheme for scheme in row.schemes if policy.decide(row.request(scheme)).allowed != right]


def _named(row: Row, schemes: list[Scheme]) -> str:
    """Name a row, with the scheme if it's wrong over one of two only."""
    return row.short if len(schemes) == len(row.schemes) else f"{row.short} ({schemes[0]})"
