"""Requests that can change something must have an Origin that begins with the bank's address."""

from __future__ import annotations

from django.http import HttpRequest

from csrf_proof.reasons import ORIGIN_MISMATCH, ORIGIN_MISSING, ORIGIN_NULL, Reason
from victim_site.defenses.base import Defense, is_unsafe


class OriginPrefix(Defense):
    stops = ("form-post.cross-site", "form-post.subdomain")
    bypassed_by = "form-post.lookalike"
    fixed_by = "origin-check"

    def refusal(self, request: HttpRequest) -> Reason | None:
        if not is_unsafe(request):
            return None
        origin = request.headers.get("Origin")
        if origin is None:
            return ORIGIN_MISSING
        if origin == "null":
            return ORIGIN_NULL
        # Without the port, which is another one behind a proxy.
        bank = request.get_host().partition(":")[0]
        return None if origin.startswith(f"{request.scheme}://{bank}") else ORIGIN_MISMATCH
