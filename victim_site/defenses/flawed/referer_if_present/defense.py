"""Requests that may change something must come from the bank's own page, if they name a page.

## How it works

With most requests the browser sends the address of the page that made them, in the header
`Referer`. The bank takes the origin out of it and compares it with its own, exactly. A page of
another site that sends its address, as pages do unless they say otherwise, is refused.

People ship it because some visitors send no `Referer`: a company's proxy, an extension or a privacy
setting takes it out. Somebody complained, and a missing header has been let through since.

## The flaw

It is not only the visitor who can leave the header out. A page may state a referrer policy, and
with `no-referrer` the browser sends none for it. So the attacker decides whether there is anything
to check.

## Falls to

`no-referrer-post` from `cross-site`: the page says `no-referrer`, and its hidden form arrives
without a `Referer`.

## Mended by

`referer-check`: a missing header is refused like a foreign one.

## Sources

- PortSwigger Web Security Academy, "Bypassing Referer-based CSRF defenses": "Validation of Referer
  depends on header being present"
- Referrer Policy, W3C, "no-referrer"
"""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest

from csrf_proof.reasons import REFERER_MISMATCH, Reason
from victim_site.defenses.base import Defense, is_unsafe, own_origin


class RefererIfPresent(Defense):
    def refusal(self, request: HttpRequest) -> Reason | None:
        referer = request.headers.get("Referer")
        if not is_unsafe(request) or not referer:
            return None
        return None if _origin(referer) == own_origin(request) else REFERER_MISMATCH


def _origin(address: str) -> str | None:
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return f"{parts.scheme}://{parts.netloc}"
