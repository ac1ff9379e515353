"""The browser itself says where the request comes from, in the header Sec-Fetch-Site."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest

from csrf_proof.reasons import (
    FETCH_SITE_CROSS_SITE,
    FETCH_SITE_SAME_SITE,
    ORIGIN_MISMATCH,
    ORIGIN_NULL,
    Reason,
)
from victim_site.defenses.base import Defense


class FetchMetadata(Defense):
    stops = ("form-post", "fetch-post", "login-post")
    does_not_stop = ("link-get", "clickjacking", "injected-script-post")

    def refusal(self, request: HttpRequest) -> Reason | None:
        if request.method in {"GET", "HEAD", "OPTIONS"}:
            return None
        site = request.headers.get("Sec-Fetch-Site", "")
        if site in {"same-origin", "none"}:
            return None
        if site:
            return FETCH_SITE_SAME_SITE if site == "same-site" else FETCH_SITE_CROSS_SITE
        origin = request.headers.get("Origin")
        if not origin or _host(origin) == request.get_host():
            return None
        return ORIGIN_NULL if origin == "null" else ORIGIN_MISMATCH


def _host(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc or None
    except ValueError:
        return None
