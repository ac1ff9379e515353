"""The cookie page's half that must live on a bank host: it sets cookies, and sees them arrive.

One visit is a *run*. `start` sets one cookie of each kind while the bank is the top-level page (a
cookie set inside another site's page is partitioned by some browsers, and would prove nothing).
`kept` sees which of them the browser keeps at all. Then the attacker's pages make one request in
each way, and `echo` sees what comes along. Another site cannot read that, so it is noted here under
the run's random id, and the teaching side reads the notes.

They lie in Django's file cache, since several processes serve the site: one entry a request, so
that no two writers meet, for `KEPT_FOR` seconds, and a bounded number (`CACHES` in the settings).
Under a flood of runs the cache drops notes at random; the page then says which are missing.

The cookie without SameSite is there twice, because Chromium treats it as Lax only two minutes after
it was set: `fresh` is set anew in each run, `old` only where there is none yet. So a first run has
nothing to say of `old`, and one that begins two minutes later has.
"""

from __future__ import annotations

import pickle
import re
import secrets
import time
import zlib
from contextlib import suppress
from dataclasses import dataclass
from http.cookies import Morsel
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from victim_site.bank.requests import BankRequest

LAB = "no-defense--for-cookies"
SECURE = {"secure": True, "samesite": "None"}
# Every kind of cookie: its name, and what the bank says of it to the browser.
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "fresh": ("c_fresh", {}),
    "old": ("c_old", {}),
    "lax": ("c_lax", {"samesite": "Lax"}),
    "strict": ("c_strict", {"samesite": "Strict"}),
    "none": ("c_none", SECURE),
    "host": ("__Host-c_host", SECURE),
    # This Python knows no attribute Partitioned, and an attribute's value is sent as it stands.
    "partitioned": ("c_partitioned", {"secure": True, "samesite": "None; Partitioned"}),
}
# As the bank does with its own session cookie: over http WebKit keeps this second line, which the
# others refuse. So None says in every browser what the session cookie of the labs does.
_SECOND = {"none for WebKit": ("c_none", {"samesite": "None"})}
BANK, CROSS_SITE, SUBDOMAIN = "bank", "cross-site", "subdomain"
TOP_LEVEL = ("link", "form-get", "form-post")
EMBEDDED = ("image", "frame", "fetch", "websocket")
POSTS = {"form-post", "fetch"}
# The requests of a run. The bank's own link is the control: what it lacks, the browser never kept.
REQUESTS = [
    (BANK, "link"),
    *((position, way) for position in (CROSS_SITE, SUBDOMAIN) for way in TOP_LEVEL + EMBEDDED),
]

KEPT_FOR = 3600
# Chromium measures two minutes from when it stored the cookie, a moment after it was sent.
_OLD_AFTER = 122
_RUN = re.compile("[0-9a-f]{16}")
# What Django's file cache raises when its folder cannot be used, or a file in it was damaged.
_BROKEN = (OSError, EOFError, pickle.PickleError, zlib.error)


@dataclass(frozen=True)
class Run:
    """What is known of a run: when it began (seconds since 1970) and in which browser, from when on
    its `old` cookie is old, and for each request that arrived the kinds that it carried."""

    id: str
    at: int
    user_agent: str
    old_from: int
    arrived: dict[tuple[str, str], list[str]]

    @property
    def kept(self) -> list[str]:
        """The kinds of cookies that this browser keeps."""
        return self.arrived.get((BANK, "link"), [])

    @property
    def missing(self) -> list[tuple[str, str]]:
        """The requests that never arrived, or whose notes are gone."""
        return [request for request in REQUESTS if request not in self.arrived]


def read(run: str) -> Run | None:
    """Return a run, or None if there was none of that id, or its notes are gone."""
    keys = {request: _key(run, *request) for request in REQUESTS}
    try:
        begun = _begun(run)
        notes = cache.get_many(keys.values()) if begun else {}
    except _BROKEN:
        return None
    if begun is None:
        return None
    young = {"old"} if begun["at"] < begun["old_from"] else set()
    arrived = {
        request: [kind for kind in notes[key] if kind not in young]
        for request, key in keys.items()
        if key in notes
    }
    return Run(run, **begun, arrived=arrived)


def _begun(run: str) -> dict[str, Any] | None:
    begun: dict[str, Any] | None = cache.get(_key(run)) if _RUN.fullmatch(run) else None
    return begun


def _key(run: str, *request: str) -> str:
    return ".".join(["cookies", run, *request])


@require_GET
def start(request: BankRequest) -> HttpResponse:
    """Begin a run: set the cookies, and let the bank's own page ask for them."""
    if request.label.text != LAB:
        raise Http404
    run, now = secrets.token_hex(8), int(time.time())
    born = _born(request, now)
    begun = {
        "at": now,
        "user_agent": request.headers.get("User-Agent", "")[:300],
        "old_from": (born or now) + _OLD_AFTER,
    }
    try:
        cache.set(_key(run), begun, KEPT_FOR)
    except _BROKEN:
        context = {
            "title": "Nothing can be noted down",
            "message": "The playground cannot write what arrives: perhaps its disk is full.",
        }
        return render(request, "teaching/host_error.html", context, status=503)
    response = render(request, "browser/cookies_start.html", {"run": run})
    for kind, (name, attributes) in {**KINDS, **_SECOND}.items():
        if kind == "old" and born:
            continue
        cookie: Morsel[str] = Morsel()
        # The time as a value: only a changed one makes Chromium take a cookie for a new one.
        cookie.set(name, str(now), str(now))
        cookie.update({"path": "/", "max-age": KEPT_FOR, **attributes})
        # Django sends every morsel of this mapping; the key is not looked at.
        dict.__setitem__(response.cookies, kind, cookie)
    return response


def _born(request: HttpRequest, now: int) -> int | None:
    """Return when the cookie of the kind `old` was set, or None if it has to be set now."""
    value = request.COOKIES.get(KINDS["old"][0], "")
    born = int(value) if re.fullmatch("[0-9]{1,12}", value) else 0
    return born if 0 <= now - born < KEPT_FOR else None


@require_GET
def kept(request: HttpRequest, run: str) -> HttpResponse:
    """Note which cookies the bank's own page gets, and go on to the attacker's, if any did."""
    some = _note(run, BANK, "link", request)
    return redirect(_attackers_page(CROSS_SITE, run) if some else results(run))


def echo(request: HttpRequest, run: str, position: str, way: str) -> HttpResponse:
    """Note which cookies came along. A navigation goes back to the attacker's page."""
    if (position, way) not in REQUESTS or position == BANK:
        raise Http404
    method = "POST" if way in POSTS else "GET"
    if request.method != method:
        return HttpResponseNotAllowed([method])
    _note(run, position, way, request)
    if way in TOP_LEVEL:
        return redirect(_attackers_page(position, run, way))
    return HttpResponse("Noted.", content_type="text/plain")


def _note(run: str, position: str, way: str, request: HttpRequest) -> list[str]:
    """Write down and return the kinds of cookies that came with a request.

    Of a run that is not known, and where nothing can be written, nothing is noted: the page of the
    run then says so.
    """
    arrived = [kind for kind, (name, _) in KINDS.items() if name in request.COOKIES]
    with suppress(*_BROKEN):
        if _begun(run):
            cache.set(_key(run, position, way), arrived, KEPT_FOR)
    return arrived


def results(run: str) -> str:
    """Return the address of what is known of a run."""
    return f"{settings.ADDRESSES.playground}/cookies/{run}/"


def _attackers_page(position: str, run: str, after: str = "") -> str:
    """Return the address of the attacker's half, which goes on after one of its navigations."""
    here = settings.ADDRESSES
    site = here.community(LAB) if position == SUBDOMAIN else here.evil
    return f"{site}/cookies/?{urlencode({'lab': LAB, 'run': run, 'after': after})}"
