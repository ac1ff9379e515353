"""A script of the bank posts to an address that it takes from the page's fragment.

## What the bank does

`/inbox#welcome` marks a message as read: the inbox's script fetches a token and posts to
`/inbox/read/welcome`. It takes what stands behind the `#` as it is. The page is for everybody; who
is not signed in sees no messages, but the script runs all the same.

## What it breaks

All that protects a request: behind the `#` may stand `../../transfer?to=…`, and then the bank's own
script sends a payment, token and headers included (`client-side-post`). To the bank and to the
browser it is the bank's own request.

## Mended by

Looking at the input: a message has a name of letters.

## Sources

- "The Great Request Robbery", IEEE Security and Privacy 2023: client-side request hijacking
- OWASP Cross-Site Request Forgery Prevention Cheat Sheet, "Client-side CSRF"
"""

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
    return render(request, "weaknesses/inbox.html", {"messages": messages})


def _mark_as_read(request: BankRequest, fields: dict[str, Any]) -> HttpResponse:
    name = request.path.rpartition("/")[2]
    request.session["read"] = sorted({name, *request.session.get("read", [])})
    request.change = f"{request.user.get_username()}'s message “{name}” is marked as read"
    return JsonResponse({"read": name})


mark_as_read = Action("read-message", forms.NoFields, _mark_as_read, post_only=True, json=True)


class FragmentRequest(Weakness):
    menu = ("/inbox", "Inbox")

    def pages(self) -> dict[str, View]:
        return {"inbox": _inbox, **{f"inbox/read/{name}": mark_as_read for name in MESSAGES}}
