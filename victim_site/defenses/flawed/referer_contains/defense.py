"""Requests that may change something must name the bank in the address of the page they come from.

## How it works

With most requests the browser sends the address of the page that made them, in the header
`Referer`. The bank looks for its own name and port in it, and refuses a request whose header does
not have them, or that has no such header. An ordinary page of another site does not name the bank.

People ship it because it is one line, needs no parser, and works with http and https alike. Every
test passes: the bank's own pages are let in, the attacker's page is not, and no header is not.

## The flaw

The bank's name may stand anywhere in an address, and the attacker writes the rest of theirs. A
file name or a query is enough. By default a browser cuts that part off on the way to another
origin, but a page may ask it not to, with the referrer policy `unsafe-url`.

## Falls to

`lookalike-referer-post` from `cross-site`: the page has the bank's name in its own address and
sends the whole of it.

## Mended by

`referer-check`: it takes the address apart and compares scheme, host and port as a whole.

## Sources

- PortSwigger Web Security Academy, "Bypassing Referer-based CSRF defenses": "Validation of Referer
  can be circumvented"
- CWE-187: Partial String Comparison
- Referrer Policy, W3C, "unsafe-url"
"""

from __future__ import annotations

from django.http import HttpRequest

from csrf_proof.reasons import REFERER_MISMATCH, REFERER_MISSING, Reason
from victim_site.defenses.base import Defense, is_unsafe


class RefererContains(Defense):
    def refusal(self, request: HttpRequest) -> Reason | None:
        if not is_unsafe(request):
            return None
        referer = request.headers.get("Referer")
        if not referer:
            return REFERER_MISSING
        return None if request.get_host() in referer else REFERER_MISMATCH
