"""An older session cookie, kept for partners, still opens the account.

## What the bank does

Before SameSite there was another session cookie, and partners show the account inside their own
pages by it. So it is still set at every sign-in, as `SameSite=None; Secure`, and it opens the
account where the newer one did not come along.

## What it breaks

Everything that the newer cookie's SameSite attribute was meant to do (`legacy-cookie-post`).

## Mended by

One session cookie with one policy.

## Sources

- RFC 6265bis, section 8.8.2: SameSite is defence in depth
- web.dev, "SameSite cookie recipes", on serving two cookies for old browsers
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from victim_site.bank.weakness import View, Weakness

COOKIE = "partner_session"


def _partner(request: HttpRequest) -> HttpResponse:
    return render(request, "weaknesses/partner.html", {"known": COOKIE in request.COOKIES})


class SecondCookie(Weakness):
    menu = ("/partner", "Partners")

    def pages(self) -> dict[str, View]:
        return {"partner": _partner}

    def read(self, request: HttpRequest) -> None:
        older = request.COOKIES.get(COOKIE)
        if older and settings.SESSION_COOKIE_NAME not in request.COOKIES:
            request.COOKIES[settings.SESSION_COOKIE_NAME] = older

    def answer(self, request: HttpRequest, response: HttpResponse) -> None:
        # The same session under another name, before a defense says anything about the newer one:
        # so it keeps the baseline's SameSite=None, and ends when that one ends.
        newer = response.cookies.get(settings.SESSION_COOKIE_NAME)
        if newer is None:
            return
        response.cookies[COOKIE] = newer.value
        response.cookies[COOKIE].update(newer.items())
