"""One of the bank's scripts posts to an address that it builds from the page's fragment."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from victim_site.bank import forms
from victim_site.bank.actions import Action
from victim_site.bank.requests import BankRequest
from victim_site.bank.weakness import View, Weakness

MESSAGES = {
    "welcome": "Welcome to Lantern Bank. We keep the light on.",
    "holiday": "On public holidays we open at ten.",
}


def _inbox(request: HttpRequest) -> HttpResponse:
    read = request.session.get("read", []) if request.user.is_authenticated else []
    messages = [(name, text, name in read) for name, text in MESSAGES.items()]
    return render(request, "fragment_request/inbox.html", {"messages": messages})


def _mark_as_read(request: BankRequest, fields: dict[str, Any]) -> HttpResponse:
    name = request.path.rpartition("/")[2]
    request.session["read"] = sorted({name, *request.session.get("read", [])})
    request.change = f"{request.user.get_username()}’s message “{name}” is marked as read"
    return JsonResponse({"read": name})


mark_as_read = Action("read-message", forms.NoFields, _mark_as_read, post_only=True, json=True)


class FragmentRequest(Weakness):
    menu = ("/inbox", "Inbox")

    def pages(self) -> dict[str, View]:
        return {"inbox": _inbox, **{f"inbox/read/{name}": mark_as_read for name in MESSAGES}}
