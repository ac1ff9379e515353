"""Visiting one of the bank's pages makes the bank reissue the session cookie."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect

from victim_site.bank.labs import hold
from victim_site.bank.requests import BankRequest
from victim_site.bank.weakness import View, Weakness


def _lantern_id(request: BankRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return redirect("login")
    with hold(request.lab):
        # A changed value: a browser that is given the same one again keeps the cookie's age.
        request.session.cycle_key()
    return redirect("/?signed-in")


class CookieRefresh(Weakness):
    menu = ("/lantern-id", "Lantern ID")

    def pages(self) -> dict[str, View]:
        return {"lantern-id": _lantern_id}
