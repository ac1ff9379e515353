"""Requests that can change something must come from a host whose name ends with the bank's."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest

from csrf_proof.reasons import ORIGIN_MISMATCH, ORIGIN_MISSING, ORIGIN_NULL, Reason
from victim_site.defenses.base import Defense, is_unsafe


class OriginSuffix(Defense):
    stops = ("form-post.cross-site",)
    bypassed_by = "form-post.subdomain"
    fixed_by = "origin-check"

    def refusal(self, request: HttpRequest) -> Reason | None:
        if not is_unsafe(request):
            return None
        origin = request.headers.get("Origin")
        if origin is None:
            return ORIGIN_MISSING
        if origin == "null":
            return ORIGIN_NULL
        bank = request.get_host().partition(":")[0]
        return None if _host(origin, request.scheme).endswith(bank) else ORIGIN_MISMATCH


def _host(origin: str, scheme: str | None) -> str:
    """Return the host of an origin of this scheme, and nothing for any other."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return ""
    return (parts.hostname or "") if parts.scheme == scheme else ""
