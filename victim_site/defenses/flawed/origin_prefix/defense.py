"""Requests that may change something must have an Origin that begins with the bank's address.

## How it works

The browser writes the `Origin` header, and no page can change it. It must begin with the bank's own
scheme and name. Another site, a sub-domain of the bank, `null` and no header are refused.

People ship it because the bank runs on one port in development and on another behind its proxy. A
comparison that ends with the name works on both.

## The flaw

A name does not end where the comparison ends. `http://bank.example.evil.example` begins with
`http://bank.example`, and it is a host below `evil.example`: whoever owns a domain can put any
words before it.

## Falls to

`form-post` from `lookalike`: the page lives on `<lab>.bank.localhost.evil.localhost`, which begins
like the bank and belongs to the attacker.

## Mended by

`origin-check`: the origin must be the bank's own, up to its last character.

## Sources

- PortSwigger Web Security Academy, "Cross-origin resource sharing (CORS)": "Errors parsing Origin
  headers", the same mistake about the same header
- CWE-187: Partial String Comparison
- CWE-346: Origin Validation Error
"""

from __future__ import annotations

from django.http import HttpRequest

from csrf_proof.reasons import ORIGIN_MISMATCH, ORIGIN_MISSING, ORIGIN_NULL, Reason
from victim_site.defenses.base import Defense, is_unsafe


class OriginPrefix(Defense):
    def refusal(self, request: HttpRequest) -> Reason | None:
        if not is_unsafe(request):
            return None
        origin = request.headers.get("Origin")
        if origin is None:
            return ORIGIN_MISSING
        if origin == "null":
            return ORIGIN_NULL
        # Without the port, which is another one behind a proxy.
        bank = request.get_host().partition(":")[0]
        return None if origin.startswith(f"{request.scheme}://{bank}") else ORIGIN_MISMATCH
