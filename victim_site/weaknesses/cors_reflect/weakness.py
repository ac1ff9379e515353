"""The bank lets pages from any origin read its responses, with the visitor's cookies."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from victim_site.bank.weakness import View, Weakness

# What may be in a header that is sent back: nothing that a proxy or a server trips over.
_PLAIN = re.compile(r"[\x21-\x7e][\x20-\x7e]{0,999}")


def _apps(request: HttpRequest) -> HttpResponse:
    return render(request, "cors_reflect/apps.html")


def _account(request: HttpRequest) -> HttpResponse:
    user = request.user
    if not user.is_authenticated:
        return JsonResponse({"error": "Sign in first."}, status=401)
    return JsonResponse({"name": user.get_username(), "balance": user.balance})


class CorsReflect(Weakness):
    menu = ("/apps", "Apps")
    opens_cors = True

    def pages(self) -> dict[str, View]:
        return {"apps": _apps, "apps/account": _account}

    def answer(self, request: HttpRequest, response: HttpResponse) -> None:
        origin = _header(request, "Origin")
        if not origin:
            return
        response["Access-Control-Allow-Origin"] = origin
        response["Access-Control-Allow-Credentials"] = "true"
        patch_vary_headers(response, ["Origin"])
        if request.method == "OPTIONS":
            for asked in ("Method", "Headers"):
                if wanted := _header(request, f"Access-Control-Request-{asked}"):
                    allow = f"Access-Control-Allow-{'Methods' if asked == 'Method' else asked}"
                    response[allow] = wanted


def _header(request: HttpRequest, name: str) -> str:
    """Return a header that can be sent back unchanged, or nothing."""
    value = request.headers.get(name, "")
    return value if _PLAIN.fullmatch(value) else ""
