"""Requests that may change something must not come from another site, as far as Origin tells.

## How it works

The browser writes the `Origin` header, and no page can change it. If it names an origin, that must
be the bank's own: scheme, host and port. A form on another site, or on a sub-domain, is refused.

People ship it because there are honest requests without an origin: a script outside any browser
sends no header, and a page that hides its referrer makes the browser write `null`. Both say that
nothing is known, so there seems to be nothing to compare.

## The flaw

`null` is no absence but an answer, and every attacker can have it. A sandboxed frame has no origin
of its own, and what it sends says `null`. So does a form on a page that sends no referrer.

## Falls to

`null-origin-post` from `cross-site`: the hidden form stands in a sandboxed frame, and its request
says `Origin: null`.

## Mended by

`origin-check`: it lets the bank's own origin in and nothing else, so `null` and no header are
refused.

## Sources

- PortSwigger Web Security Academy, "Cross-origin resource sharing (CORS)": "Whitelisted null origin
  value", the same mistake about the same header
- Fetch standard, "Origin header"
- HTML standard, "Sandboxing": the sandboxed origin browsing context flag
"""

from __future__ import annotations

from django.http import HttpRequest

from csrf_proof.reasons import ORIGIN_MISMATCH, Reason
from victim_site.defenses.base import Defense, is_unsafe, own_origin


class OriginIfPresent(Defense):
    def refusal(self, request: HttpRequest) -> Reason | None:
        origin = request.headers.get("Origin", "null")
        if not is_unsafe(request) or origin == "null":
            return None
        return None if origin == own_origin(request) else ORIGIN_MISMATCH
