"""The browser itself says who made the request, in the header Sec-Fetch-Site.

## How it works

This is the algorithm of Go 1.25's `http.CrossOriginProtection`. Requests by GET, HEAD and
OPTIONS pass. For all others, if the browser sent `Sec-Fetch-Site`, that alone decides:
`same-origin` (the bank's own page) and `none` (the visitor typed the address) pass, everything
else is refused. If it is missing, as in browsers from before 2023, the `Origin` header is
compared with the host. If that is missing too, the sender is no browser, and the request passes.

## What it does not stop

- Actions that accept GET.
- Clickjacking: the click happens in the bank's own page.
- Scripts injected into the bank: the browser calls them `same-origin`.
- Browsers that send neither header.

## In your own project

In Go it is built in: `http.NewCrossOriginProtection().Handler(mux)`. The heart of it:

In Django:

    def same_origin_only(get_response):
        def check(request):
            site = request.headers.get("Sec-Fetch-Site", "none")
            if request.method == "POST" and site not in ("same-origin", "none"):
                raise PermissionDenied
            return get_response(request)
        return check

In Flask:

    @app.before_request
    def same_origin_only():
        site = request.headers.get("Sec-Fetch-Site", "none")
        if request.method == "POST" and site not in ("same-origin", "none"):
            abort(403)

## Sources

- Fetch Metadata Request Headers, W3C
- Go 1.25 `net/http/csrf.go`, and Filippo Valsorda, "Cross-Site Request Forgery", 2025
"""

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
