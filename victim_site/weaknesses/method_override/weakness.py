"""A GET that says _method=POST is treated as a POST."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from victim_site.bank.weakness import View, Weakness


def _bookmarks(request: HttpRequest) -> HttpResponse:
    return render(request, "method_override/bookmarks.html")


class MethodOverride(Weakness):
    menu = ("/bookmarks", "Bookmarks")

    def pages(self) -> dict[str, View]:
        return {"bookmarks": _bookmarks}

    def route(self, request: HttpRequest) -> None:
        if request.method == "GET" and request.GET.get("_method", "").upper() == "POST":
            request.method = "POST"
