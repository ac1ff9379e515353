"""Requests that may change something must have application/json in their Content-Type.

## How it works

A form cannot say `application/json`, and a script of another site may say it only after the browser
has asked the bank (a *preflight*), to which the bank does not answer yes. So the bank looks for the
words in the header, and refuses a request without them. The bank's own script sends its forms as
JSON.

People ship it because the header often says more, as in `application/json; charset=utf-8`, and a
search for the words puts up with all of that.

## The flaw

For the browser the type is what stands before the first semicolon. `text/plain; application/json`
is plain text, with a parameter that means nothing, and plain text needs no preflight. The words are
there all the same.

## Falls to

`mixed-type-json` from `cross-site`: a `fetch` says `text/plain; application/json` and sends exact
JSON to `/api/transfer`.

## Mended by

`json-only`: it takes the header apart and compares the type as a whole.

## Sources

- Fetch standard, "CORS-safelisted request-header"
- MIME Sniffing standard, "Parsing a MIME type"
- CWE-187: Partial String Comparison
"""

from __future__ import annotations

from django.http import HttpRequest

from csrf_proof.reasons import CONTENT_TYPE_REFUSED, Reason
from victim_site.defenses.base import Defense, is_unsafe

JSON = "application/json"


class JsonTypeContains(Defense):
    needs_script = True

    def script_headers(self, request: HttpRequest) -> dict[str, str]:
        return {"Content-Type": JSON}

    def refusal(self, request: HttpRequest) -> Reason | None:
        if not is_unsafe(request):
            return None
        stated = request.headers.get("Content-Type", "").lower()
        return None if JSON in stated else CONTENT_TYPE_REFUSED
