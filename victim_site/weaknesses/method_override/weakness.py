"""A field _method names the method: a GET may be treated as a POST, and a POST as a PUT."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from victim_site.bank.weakness import View, Weakness
from victim_site.fields import submitted

# What a form can't send.
BY_FIELD = frozenset({"PUT", "PATCH", "DELETE"})


def _bookmarks(request: HttpRequest) -> HttpResponse:
    return render(request, "method_override/bookmarks.html")


class MethodOverride(Weakness):
    menu = ("/bookmarks", "Bookmarks")
    acts_by = BY_FIELD

    def pages(self) -> dict[str, View]:
        return {"bookmarks": _bookmarks}

    def route(self, request: HttpRequest) -> None:
        if request.method == "GET" and request.GET.get("_method", "").upper() == "POST":
            request.method = "POST"
        elif request.method == "POST":
            # Read now: a body is a form's only as long as this is a POST.
            named = submitted(request).get("_method", "").upper()
            request.method = named if named in BY_FIELD else "POST"
