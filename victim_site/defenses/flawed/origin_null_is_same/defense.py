"""The Origin header must be there, and must be the bank's own or null."""

from __future__ import annotations

from django.http import HttpRequest

from csrf_proof.reasons import ORIGIN_MISMATCH, ORIGIN_MISSING, Reason
from victim_site.defenses.base import Defense, is_unsafe, own_origin


class OriginNullIsSame(Defense):
    stops = ("form-post",)
    bypassed_by = "null-origin-post.cross-site"
    fixed_by = "origin-check"

    def refusal(self, request: HttpRequest) -> Reason | None:
        if not is_unsafe(request):
            return None
        origin = request.headers.get("Origin")
        if origin is None:
            return ORIGIN_MISSING
        return None if origin in {own_origin(request), "null"} else ORIGIN_MISMATCH
