"""Requests that may change something need a header that a form cannot send.

## How it works

A form or an image of another site can send a request, but it cannot add a header. A script can,
yet before the browser sends a header of the sender's own making to another origin, it asks that
origin first (a *preflight*), and the bank does not answer yes. So a request that carries
`X-Requested-With` was made by the bank's own script. What the header says does not matter.

The price: plain forms no longer work, so one script of the bank sends them all, sign-in and
sign-out included.

## What it does not stop

- Actions that accept GET: only requests that may change something are asked.
- Anything, beside an open CORS policy that allows the header: the preflight then says yes.
- Clickjacking: the visitor's click runs the bank's own script.
- Scripts injected into the bank, which send the header as the bank's own do.

## In your own project

In Django:

    def own_scripts_only(get_response):
        def check(request):
            if request.method == "POST" and "X-Requested-With" not in request.headers:
                raise PermissionDenied
            return get_response(request)
        return check

In Flask:

    @app.before_request
    def own_scripts_only():
        if request.method == "POST" and "X-Requested-With" not in request.headers:
            abort(403)

## Sources

- OWASP Cross-Site Request Forgery Prevention Cheat Sheet, "Employing Custom Request Headers"
- Fetch standard, "CORS-preflight fetch"
"""

from __future__ import annotations

from django.http import HttpRequest

from csrf_proof.reasons import HEADER_MISSING, Reason
from victim_site.defenses.base import Defense, is_unsafe

HEADER = "X-Requested-With"


class CustomHeader(Defense):
    needs_script = True

    def script_headers(self, request: HttpRequest) -> dict[str, str]:
        return {HEADER: "fetch"}

    def refusal(self, request: HttpRequest) -> Reason | None:
        return HEADER_MISSING if is_unsafe(request) and HEADER not in request.headers else None
