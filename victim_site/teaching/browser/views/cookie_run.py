"""The part of the cookie page that must be on a bank host: it sets cookies, and sees them arrive.

`start` sets one cookie of each kind while the bank is the top-level page (a cookie set inside
another site's page is partitioned by some browsers, and would prove nothing). `kept` sees which of
them the browser keeps at all. Then the attacker's pages make one request in each way, and `echo`
notes which cookies were sent.

The cookie without SameSite is there twice, because Chromium treats it as Lax only two minutes after
it was set: `fresh` is set again in each run, `old` only where there is none yet. So a first run has
nothing to say of `old`, and one that begins two minutes later has.
"""

from __future__ import annotations

import re
import secrets
import time
from http.cookies import Morsel
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from victim_site.bank.requests import BankRequest
from victim_site.teaching.browser import cookie_runs
from victim_site.teaching.browser.cookie_runs import (
    BANK,
    CROSS_SITE,
    KEPT_FOR,
    KINDS,
    LAB,
    POSTS,
    REQUESTS,
    SUBDOMAIN,
    TOP_LEVEL,
)

# As the bank does with its own session cookie: over http WebKit keeps this second line, which the
# others refuse. So None says in every browser what the session cookie of the labs does.
_SECOND = {"none for WebKit": ("c_none", {"samesite": "None"})}

# Chromium measures two minutes from when it stored the cookie, a moment after it was sent.
_OLD_AFTER = 122


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
    if not cookie_runs.begin(run, begun):
        context = {
            "title": gettext("Nothing can be noted down"),
            "message": gettext(
                "The playground cannot write what arrives: perhaps its disk is full."
            ),
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
    some = cookie_runs.note(run, BANK, "link", request)
    return redirect(_attackers_page(CROSS_SITE, run) if some else results(run))


def echo(request: HttpRequest, run: str, position: str, way: str) -> HttpResponse:
    """Note which cookies were sent. A navigation goes back to the attacker's page."""
    if (position, way) not in REQUESTS or position == BANK:
        raise Http404
    method = "POST" if way in POSTS else "GET"
    if request.method != method:
        return HttpResponseNotAllowed([method])
    cookie_runs.note(run, position, way, request)
    if way in TOP_LEVEL:
        return redirect(_attackers_page(position, run, way))
    return HttpResponse("Noted.", content_type="text/plain")


def results(run: str) -> str:
    """Return the address of what is known of a run."""
    return f"{settings.ADDRESSES.playground}/cookies/{run}/"


def _attackers_page(position: str, run: str, after: str = "") -> str:
    """Return the address of the attacker's half, which goes on after one of its navigations."""
    here = settings.ADDRESSES
    site = here.community(LAB) if position == SUBDOMAIN else here.evil
    return f"{site}/cookies/?{urlencode({'lab': LAB, 'run': run, 'after': after})}"
