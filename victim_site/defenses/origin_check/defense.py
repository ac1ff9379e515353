"""Requests that can change something must have the bank's own origin in their Origin header."""

from __future__ import annotations

from django.http import HttpRequest

from csrf_proof.reasons import ORIGIN_MISMATCH, ORIGIN_MISSING, ORIGIN_NULL, Reason
from victim_site.defenses.base import Defense, is_unsafe, own_origin


class OriginCheck(Defense):
    stops = ("form-post", "null-origin-post", "login-post")
    does_not_stop = ("link-get", "clickjacking", "injected-script-post")

    def refusal(self, request: HttpRequest) -> Reason | None:
        if not is_unsafe(request):
            return None
        origin = request.headers.get("Origin")
        if origin is None:
            return ORIGIN_MISSING
        if origin == "null":
            return ORIGIN_NULL
        return None if origin == own_origin(request) else ORIGIN_MISMATCH
