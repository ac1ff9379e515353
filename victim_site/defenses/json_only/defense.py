"""Requests that may change something must be JSON and say so: application/json, nothing else.

## How it works

A form can send three types of content, and JSON is none of them. A script of another site may
send JSON only after the browser has asked the bank (a *preflight*), and the bank does not answer
yes. So a request that says `Content-Type: application/json` was made by the bank's own script.

The type is compared as a whole, and a request that states none is refused: both are ways in, where
somebody looks for the words only, or lists what is forbidden instead of what is allowed.

The price: plain forms no longer work, so one script of the bank sends them all, sign-in and
sign-out included, and a file cannot be uploaded at all.

## What it does not stop

- Actions that accept GET: only requests that may change something are asked.
- Anything, beside an open CORS policy: the preflight then says yes.
- Clickjacking: the visitor's click runs the bank's own script.
- Scripts injected into the bank, which send JSON as the bank's own do.

## In your own project

In Django:

    def json_only(get_response):
        def check(request):
            if request.method == "POST" and request.content_type != "application/json":
                raise PermissionDenied
            return get_response(request)
        return check

In Flask:

    @app.before_request
    def json_only():
        if request.method == "POST" and request.mimetype != "application/json":
            abort(415)

## Sources

- OWASP Cross-Site Request Forgery Prevention Cheat Sheet, "Disallowing Simple Requests"
- Fetch standard, "CORS-safelisted request-header"
"""

from __future__ import annotations

from django.http import HttpRequest

from csrf_proof.reasons import CONTENT_TYPE_REFUSED, Reason
from victim_site.defenses.base import Defense, is_unsafe

JSON = "application/json"


class JsonOnly(Defense):
    needs_script = True

    def script_headers(self, request: HttpRequest) -> dict[str, str]:
        return {"Content-Type": JSON}

    def refusal(self, request: HttpRequest) -> Reason | None:
        refused = is_unsafe(request) and request.content_type != JSON
        return CONTENT_TYPE_REFUSED if refused else None
