"""Requests that may change something must have a JSON object as their body.

## How it works

A form cannot send JSON: its fields are joined by `=` and `&`, or stand between boundary lines. So
the bank parses every body, and refuses a request whose body is no JSON object. The bank's own
script sends its forms as JSON.

People ship it because the handler parses the body anyway. What cannot be parsed is refused, the
plain hidden form among it, and clients that forget the header `Content-Type` keep working.

## The flaw

A form can send JSON. With the encoding `text/plain` the browser writes each field as it is: the
name, an `=`, the value. The attacker chooses both, and puts the `=` inside a string of the JSON.
What a body looks like does not show who made it. The type does: a form cannot say
`application/json`, and a script of another site must ask first.

## Falls to

`text-plain-json` from `cross-site`: a hidden form with `enctype=text/plain` whose body is JSON pays
by way of `/api/transfer`.

## Mended by

`json-only`: the request must say that it is `application/json`, which no form can.

## Sources

- HTML standard, "Plain text form data"
- Fetch standard, "CORS-safelisted request-header"
- OWASP Cross-Site Request Forgery Prevention Cheat Sheet, "Disallowing simple content types"
"""

from __future__ import annotations

import json

from django.http import HttpRequest
from django.http.request import RawPostDataException

from csrf_proof.reasons import BODY_NOT_JSON, Reason
from victim_site.defenses.base import Defense, is_unsafe


class JsonAnyType(Defense):
    needs_script = True

    def script_headers(self, request: HttpRequest) -> dict[str, str]:
        return {"Content-Type": "application/json"}

    def refusal(self, request: HttpRequest) -> Reason | None:
        if not is_unsafe(request):
            return None
        try:
            body = json.loads(request.body)
        # Brackets alone can exhaust the parser's stack, and a multipart body may have been read.
        except (ValueError, RecursionError, RawPostDataException):
            return BODY_NOT_JSON
        return None if isinstance(body, dict) else BODY_NOT_JSON
