"""The self-check: will this browser keep the cookie back from a cross-site image?

The cookies are set while a bank host is the top-level page (`start`, there and back by redirect)
and asked for by a cross-site page of the attacker's (`echo`). A cookie set *inside* a cross-site
page is partitioned by some browsers, comes back to that page, and would prove nothing.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
)
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_safe

from victim_site.bank.requests import BankRequest
from victim_site.label import parse
from victim_site.teaching.links import walk

LAB = "no-defense--for-self-check"
NONE_COOKIE, UNSET_COOKIE = "check_none", "check_unset"
NONE_ARRIVED, UNSET_ARRIVED = 1, 2
_MAX_AGE = 600


def start_address() -> str:
    """Return the address that begins the check and comes back to the teaching side."""
    return f"{parse(LAB).url}/self-check/start"


@require_GET
def start(request: BankRequest) -> HttpResponse:
    """Set a cookie that may travel from other sites and one that does not say, and go and ask."""
    lab = request.label.text
    response = HttpResponseRedirect(f"{settings.ADDRESSES.evil}/self-check/?lab={lab}")
    response.set_cookie(NONE_COOKIE, "1", max_age=_MAX_AGE, secure=True, samesite="None")
    response.set_cookie(UNSET_COOKIE, "1", max_age=_MAX_AGE)
    return response


@require_GET
def echo(request: HttpRequest) -> HttpResponse:
    """Answer with a picture whose width says which cookies came: all that another site can read."""
    bits = (NONE_COOKIE in request.COOKIES) * NONE_ARRIVED
    bits += (UNSET_COOKIE in request.COOKIES) * UNSET_ARRIVED
    picture = f'<svg xmlns="http://www.w3.org/2000/svg" width="{1 + bits}" height="1"/>'
    return HttpResponse(picture, content_type="image/svg+xml")


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """What this browser does with cookies of a cross-site image; before that, the offer."""
    answer = request.GET.get("cookies")
    context: dict[str, Any] = {
        "start": start_address(),
        "subdomain_walk": walk("no-defense", "image-get", "subdomain"),
    }
    if answer == "error":
        context["failed"] = True
    elif answer is not None:
        if answer not in {"0", "1", "2", "3"}:
            raise Http404("This is no answer of the self-check. Start it again at /self-check/.")
        context |= {
            "answer": answer,
            "checked": True,
            "third_party": bool(int(answer) & NONE_ARRIVED),
            "unset": bool(int(answer) & UNSET_ARRIVED),
        }
    return render(request, "browser/self_check.html", context)
