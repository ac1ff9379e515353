"""A GET that says _method=POST is taken for a POST.

## What the bank does

A bookmark can only be a GET. So that customers can keep a payment as one, the bank's framework
makes a POST of a GET that says `_method=POST`. It does so after the token and the headers were
looked at, and before the view is asked whether it takes this method: the usual place for it.

## What it breaks

- SameSite=Lax: the cookie travels with a GET that moves the window (`override-get`).
- Every check that spares GET, and `require_POST` with it: the first sees a GET, the second a POST.

## Mended by

Honouring `_method` in the body of a POST alone, as frameworks do by default.

## Sources

- Symfony documentation, "http_method_override"
- PortSwigger Web Security Academy, "Bypassing SameSite cookie restrictions"
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from victim_site.bank.weakness import View, Weakness


def _bookmarks(request: HttpRequest) -> HttpResponse:
    return render(request, "weaknesses/bookmarks.html")


class MethodOverride(Weakness):
    menu = ("/bookmarks", "Bookmarks")

    def pages(self) -> dict[str, View]:
        return {"bookmarks": _bookmarks}

    def route(self, request: HttpRequest) -> None:
        if request.method == "GET" and request.GET.get("_method", "").upper() == "POST":
            request.method = "POST"
