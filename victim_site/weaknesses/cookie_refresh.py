"""A visit to one page of the bank issues the session cookie anew.

## What the bank does

"Sign in with Lantern ID": who opens `/lantern-id` and is signed in goes on with a session of a new
number, which means a new cookie. That is good practice at a sign-in. Here an ordinary GET does it,
and any page may open it in a window of its own.

## What it breaks

A cookie without SameSite: Chromium treats it as Lax, but for two minutes after it was set it still
sends it with a form from another site. A new cookie is a young cookie (`refreshed-cookie-post`).

## Mended by

Saying SameSite=Lax or Strict, which know no two minutes.

## Sources

- Chromium, "Cookies default to SameSite=Lax", on Lax + POST
- PortSwigger Web Security Academy, "Bypassing SameSite Lax restrictions with newly issued cookies"
"""

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
