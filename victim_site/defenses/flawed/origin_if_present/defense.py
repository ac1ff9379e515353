"""If the Origin header of a request names an origin, it must be the bank's own."""

from __future__ import annotations

from django.http import HttpRequest

from csrf_proof.reasons import ORIGIN_MISMATCH, Reason
from victim_site.defenses.base import Defense, is_unsafe, own_origin


class OriginIfPresent(Defense):
    stops = ("form-post",)
    bypassed_by = "null-origin-post.cross-site"
    fixed_by = "origin-check"

    def refusal(self, request: HttpRequest) -> Reason | None:
        origin = request.headers.get("Origin", "null")
        if not is_unsafe(request) or origin == "null":
            return None
        return None if origin == own_origin(request) else ORIGIN_MISMATCH
