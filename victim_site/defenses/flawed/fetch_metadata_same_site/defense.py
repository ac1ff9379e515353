"""The browser says where a request comes from, and the bank trusts every host of its own site."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest

from csrf_proof.reasons import (
    FETCH_SITE_CROSS_SITE,
    ORIGIN_MISMATCH,
    ORIGIN_NULL,
    Reason,
)
from victim_site.defenses.base import Defense


class FetchMetadataSameSite(Defense):
    stops = ("form-post.cross-site",)
    bypassed_by = "form-post.subdomain"
    fixed_by = "fetch-metadata"

    def refusal(self, request: HttpRequest) -> Reason | None:
        if request.method in {"GET", "HEAD", "OPTIONS"}:
            return None
        site = request.headers.get("Sec-Fetch-Site")
        if site:
            trusted = site in {"same-origin", "same-site", "none"}
            return None if trusted else FETCH_SITE_CROSS_SITE
        origin = request.headers.get("Origin")
        if not origin or _host(origin) == request.get_host():
            return None
        return ORIGIN_NULL if origin == "null" else ORIGIN_MISMATCH


def _host(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc or None
    except ValueError:
        return None
