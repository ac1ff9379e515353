"""Nothing of the bank is for other sites to load: they may lead a visitor here, and that is all.

## How it works

This is the Resource Isolation Policy. The browser says in `Sec-Fetch-Site` who made the request.
The bank's own pages, its sister hosts and the visitor pass (`same-origin`, `same-site`, `none`).
From another site only one thing passes: a GET that opens a page, as a followed link does. Images,
scripts and forms that post are refused, whatever they ask for. So it stops forged GETs too, if
they come by an image, and it is asked of every request that would act.

## What it does not stop

- Actions that accept GET, by a link, a redirect or a frame: all three open a page.
- Requests from a sub-domain: `same-site` is trusted.
- Clickjacking: the click happens in the bank's own page.
- Scripts injected into the bank: the browser calls them `same-origin`.
- Browsers that do not send the header.

## In your own project

In Django:

    def resource_isolation(get_response):
        def check(request):
            if request.headers.get("Sec-Fetch-Site") == "cross-site":
                if request.method != "GET" or request.headers.get("Sec-Fetch-Mode") != "navigate":
                    raise PermissionDenied
            return get_response(request)
        return check

In Flask:

    @app.before_request
    def resource_isolation():
        if request.headers.get("Sec-Fetch-Site") == "cross-site":
            if request.method != "GET" or request.headers.get("Sec-Fetch-Mode") != "navigate":
                abort(403)

## Sources

- "Protect your resources from web attacks with Fetch Metadata", web.dev
- Fetch Metadata Request Headers, W3C
"""

from __future__ import annotations

from django.http import HttpRequest

from csrf_proof.reasons import FETCH_SITE_CROSS_SITE, Reason
from victim_site.defenses.base import Defense


class ResourceIsolation(Defense):
    def refusal(self, request: HttpRequest) -> Reason | None:
        headers = request.headers
        if headers.get("Sec-Fetch-Site", "none") in {"same-origin", "same-site", "none"}:
            return None
        opens_a_page = (
            request.method == "GET"
            and headers.get("Sec-Fetch-Mode") == "navigate"
            # A plug-in's document is no page that a visitor sees in the address bar.
            and headers.get("Sec-Fetch-Dest") not in {"object", "embed"}
        )
        return None if opens_a_page else FETCH_SITE_CROSS_SITE
