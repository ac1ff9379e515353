"""Requests that may change something must come from a page whose address is the bank's own.

## How it works

With most requests the browser sends the address of the page that made them, in the header
`Referer`. The bank takes the origin out of it (scheme, host and port) and compares it with its
own. It takes the address apart first: the bank's name may stand anywhere in a foreign address.
A missing header is refused too, because a page can ask the browser to leave it out.

## What it does not stop

- Actions that accept GET: only requests that may change something are asked.
- Clickjacking: the click happens in the bank's own page.
- Scripts injected into the bank: their address is the bank's.

Honest visitors whose browser, extension or proxy removes the header are refused as well. The
Origin header says the same and is not removed (`origin-check`).

## In your own project

Django does it by itself where a request over https brought no Origin. By hand, the slash at the end
of the own address makes the comparison exact.

In Django:

    def own_pages_only(get_response):
        def check(request):
            sender = request.headers.get("Referer", "")
            if request.method == "POST" and not sender.startswith(request.build_absolute_uri("/")):
                raise PermissionDenied
            return get_response(request)
        return check

In Flask:

    @app.before_request
    def own_pages_only():
        sender = request.headers.get("Referer", "")
        if request.method == "POST" and not sender.startswith(request.host_url):
            abort(403)

## Sources

- OWASP Cross-Site Request Forgery Prevention Cheat Sheet, "Using Standard Headers to Verify Origin"
- Referrer Policy, W3C
"""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest

from csrf_proof.reasons import REFERER_MISMATCH, REFERER_MISSING, Reason
from victim_site.defenses.base import Defense, is_unsafe, own_origin


class RefererCheck(Defense):
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
