"""Requests that can change something must have the bank's name in their Referer header."""

from __future__ import annotations

from django.http import HttpRequest

from csrf_proof.reasons import REFERER_MISMATCH, REFERER_MISSING, Reason
from victim_site.defenses.base import Defense, is_unsafe


class RefererContains(Defense):
    stops = ("form-post",)
    bypassed_by = "lookalike-referer-post.cross-site"
    fixed_by = "referer-check"

    def refusal(self, request: HttpRequest) -> Reason | None:
        if not is_unsafe(request):
            return None
        referer = request.headers.get("Referer")
        if not referer:
            return REFERER_MISSING
        return None if request.get_host() in referer else REFERER_MISMATCH
