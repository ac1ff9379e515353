"""An older session cookie, kept for partners, still gives access to the account."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from victim_site.bank.weakness import View, Weakness

COOKIE = "partner_session"


def _partner(request: HttpRequest) -> HttpResponse:
    return render(request, "second_cookie/partner.html", {"known": COOKIE in request.COOKIES})


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
