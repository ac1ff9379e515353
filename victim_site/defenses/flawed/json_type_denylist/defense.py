"""Requests that may change something must not be of a type that a form can send.

## How it works

A form can send three types: `application/x-www-form-urlencoded`, `multipart/form-data` and
`text/plain`. The bank refuses these three, so no form of another site acts, however it is encoded.
The bank's own script sends its forms as JSON.

People ship it because the three types stand in every text about the matter, and because it does not
ask clients to be exact about the type of their JSON.

## The flaw

A script can send what a form cannot: nothing at all. A `fetch` whose body is a `Blob` without a
type has no `Content-Type`, needs no preflight, and is not on the list. A list of what is forbidden
is never complete: the browser's `ping` has yet another type.

## Falls to

`untyped-json` from `cross-site`: a `fetch` with a `Blob` and no type sends exact JSON to
`/api/transfer`.

## Mended by

`json-only`: it names the one type that is allowed, and refuses a request that states none.

## Sources

- Fetch standard, "CORS-safelisted request-header" and "BodyInit unions"
- CWE-184: Incomplete List of Disallowed Inputs
- Doyensec, "CSRF Protection Bypass in Play Framework", 2020: a filter with the same list
"""

from __future__ import annotations

from django.http import HttpRequest

from csrf_proof.reasons import CONTENT_TYPE_REFUSED, Reason
from victim_site.defenses.base import Defense, is_unsafe

FORM_TYPES = {"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"}


class JsonTypeDenylist(Defense):
    needs_script = True

    def script_headers(self, request: HttpRequest) -> dict[str, str]:
        return {"Content-Type": "application/json"}

    def refusal(self, request: HttpRequest) -> Reason | None:
        refused = is_unsafe(request) and request.content_type in FORM_TYPES
        return CONTENT_TYPE_REFUSED if refused else None
