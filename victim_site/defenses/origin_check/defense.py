"""Requests that may change something must name the bank itself in their Origin header.

## How it works

The browser writes the `Origin` header, and no page can change it. It names the page that made
the request. The bank compares it with its own address, scheme and port included, and refuses
everything else: another origin, `null`, and no header at all.

## What it does not stop

- Actions that accept GET: browsers send no `Origin` with them, so they are not asked for one.
- Clickjacking: the click happens in the bank's own page.
- Scripts injected into the bank: their origin is the bank's.

An honest page that hides its referrer (`Referrer-Policy: no-referrer`) sends `Origin: null` with
its own forms and is refused too.

## In your own project

In Django, whose `CsrfViewMiddleware` does it before it looks at the token:

    MIDDLEWARE += ["django.middleware.csrf.CsrfViewMiddleware"]

    <form method="post">{% csrf_token %}

In Flask:

    @app.before_request
    def same_origin_only():
        if request.method == "POST" and request.headers.get("Origin") != request.host_url[:-1]:
            abort(403)

## Sources

- OWASP Cross-Site Request Forgery Prevention Cheat Sheet, "Using Standard Headers to Verify Origin"
- Fetch standard, "Origin header"
"""

from __future__ import annotations

from django.http import HttpRequest

from csrf_proof.reasons import ORIGIN_MISMATCH, ORIGIN_MISSING, ORIGIN_NULL, Reason
from victim_site.defenses.base import Defense, is_unsafe, own_origin


class OriginCheck(Defense):
    def refusal(self, request: HttpRequest) -> Reason | None:
        if not is_unsafe(request):
            return None
        origin = request.headers.get("Origin")
        if origin is None:
            return ORIGIN_MISSING
        if origin == "null":
            return ORIGIN_NULL
        return None if origin == own_origin(request) else ORIGIN_MISMATCH
