"""If a request has a Referer header, that must name one of the bank's own pages."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest

from csrf_proof.reasons import REFERER_MISMATCH, Reason
from victim_site.defenses.base import Defense, is_unsafe, own_origin


class RefererIfPresent(Defense):
    stops = ("form-post",)
    bypassed_by = "no-referrer-post.cross-site"
    fixed_by = "referer-check"

    def refusal(self, request: HttpRequest) -> Reason | None:
        referer = request.headers.get("Referer")
        if not is_unsafe(request) or not referer:
            return None
        return None if _origin(referer) == own_origin(request) else REFERER_MISMATCH


def _origin(address: str) -> str | None:
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return f"{parts.scheme}://{parts.netloc}"
