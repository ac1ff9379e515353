"""Requests that can change something must have the bank's own origin in their Referer header."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest

from csrf_proof.reasons import REFERER_MISMATCH, REFERER_MISSING, Reason
from victim_site.defenses.base import Defense, is_unsafe, own_origin


class RefererCheck(Defense):
    stops = ("form-post", "no-referrer-post", "lookalike-referer-post")
    does_not_stop = ("link-get", "clickjacking", "injected-script-post")

    def refusal(self, request: HttpRequest) -> Reason | None:
        if not is_unsafe(request):
            return None
        referer = request.headers.get("Referer")
        if not referer:
            return REFERER_MISSING
        return None if _origin(referer) == own_origin(request) else REFERER_MISMATCH


def _origin(address: str) -> str | None:
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return f"{parts.scheme}://{parts.netloc}"
