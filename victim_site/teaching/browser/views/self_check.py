"""The self-check: does this browser keep cookies at all, and does it send them with an image that
another site's page loads?

The first question comes first, since a browser that blocks all cookies would otherwise look like
one that blocks those of third parties. `start` sets the cookies while a bank host is the top-level
page, and the navigation goes on to `kept` on the same host, where they have to come back. Only then
does a cross-site page of the attacker's ask for them (`echo`). A cookie set *inside* a cross-site
page is partitioned by some browsers, is sent to that page again, and would prove nothing.
"""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
)
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_safe

from victim_site.bank.requests import BankRequest
from victim_site.label import parse
from victim_site.teaching.links import walk

LAB = "no-defense--for-self-check"
NONE_COOKIE, UNSET_COOKIE = "check_none", "check_unset"
NONE_ARRIVED, UNSET_ARRIVED = 1, 2
# In the place of the two bits: the bank's own page didn't get a cookie back.
NO_COOKIES = "none"
_MAX_AGE = 600


def start_address() -> str:
    """Return the address that begins the check and comes back to the teaching side."""
    return f"{parse(LAB).url}/self-check/start"


@require_GET
def start(request: BankRequest) -> HttpResponse:
    """Set a cookie that other sites' requests may have and one that doesn't say; go and look."""
    # A value of this run's own, since a cookie that an earlier check has set proves nothing.
    run = secrets.token_hex(8)
    response = HttpResponseRedirect(f"/self-check/{run}/kept")
    response.set_cookie(NONE_COOKIE, run, max_age=_MAX_AGE, secure=True, samesite="None")
    response.set_cookie(UNSET_COOKIE, run, max_age=_MAX_AGE)
    return response


@require_GET
def kept(request: BankRequest, run: str) -> HttpResponse:
    """Go on to the attacker's page if the bank's own page gets its cookie, or else say so."""
    # The one without SameSite: over http, Safari doesn't keep the other one, which is Secure.
    if request.COOKIES.get(UNSET_COOKIE) != run:
        return redirect(f"{settings.ADDRESSES.playground}/self-check/?cookies={NO_COOKIES}")
    return redirect(f"{settings.ADDRESSES.evil}/self-check/?lab={request.label.text}")


@require_GET
def echo(request: HttpRequest) -> HttpResponse:
    """Answer with an image whose width says which cookies were sent: another site can read that."""
    bits = (NONE_COOKIE in request.COOKIES) * NONE_ARRIVED
    bits += (UNSET_COOKIE in request.COOKIES) * UNSET_ARRIVED
    picture = f'<svg xmlns="http://www.w3.org/2000/svg" width="{1 + bits}" height="1"/>'
    return HttpResponse(picture, content_type="image/svg+xml")


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """What this browser does with cookies; before that, the offer to find out."""
    answer = request.GET.get("cookies")
    context: dict[str, Any] = {
        "start": start_address(),
        "subdomain_walk": walk("no-defense", "image-get", "subdomain"),
    }
    if answer == "error":
        context["failed"] = True
    elif answer == NO_COOKIES:
        # A cookie of the teaching side's own shows that not all of them are blocked, or no longer.
        context |= {"no_cookies": True, "some_cookie": bool(request.COOKIES)}
    elif answer is not None:
        if answer not in {"0", "1", "2", "3"}:
            raise Http404(
                gettext("The self-check has no such result. Start it again at /self-check/.")
            )
        context |= {
            "answer": answer,
            "checked": True,
            # An address that somebody has sent says nothing about this browser, so only what comes
            # from the check itself is saved at once.
            "saves_itself": request.headers.get("Referer") == f"{settings.ADDRESSES.evil}/",
            "third_party": bool(int(answer) & NONE_ARRIVED),
            "unset": bool(int(answer) & UNSET_ARRIVED),
        }
    return render(request, "browser/self_check.html", context)
