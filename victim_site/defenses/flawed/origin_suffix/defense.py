"""Requests that may change something must come from a host whose name ends with the bank's.

## How it works

The browser writes the `Origin` header, and no page can change it. The bank takes the host out of it
and looks whether the name ends with its own. Another site, `null` and no header are refused.

People ship it because the bank has sister hosts, for its shop, its help pages and its forum, and
their forms post to the bank too. One line lets them all in, and next year's as well.

## The flaw

The bank now trusts the weakest of those hosts, on every port. A forum that somebody has taken over,
or a forgotten name that points to a rented server, is as good as the bank itself. And without the
dot before the name, so is any host of which the bank's name is merely the end.

## Falls to

`form-post` from `subdomain`: the attacker's page lives on a forgotten host below the bank's, and
its hidden form is let in.

## Mended by

`origin-check`: the origin must be the bank's own, exactly.

## Sources

- PortSwigger Web Security Academy, "Cross-origin resource sharing (CORS)": "Errors parsing Origin
  headers", the same mistake about the same header
- "Can I Take Your Subdomain? Exploring Same-Site Attacks in the Modern Web", USENIX Security 2021
- CWE-346: Origin Validation Error
"""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest

from csrf_proof.reasons import ORIGIN_MISMATCH, ORIGIN_MISSING, ORIGIN_NULL, Reason
from victim_site.defenses.base import Defense, is_unsafe


class OriginSuffix(Defense):
    def refusal(self, request: HttpRequest) -> Reason | None:
        if not is_unsafe(request):
            return None
        origin = request.headers.get("Origin")
        if origin is None:
            return ORIGIN_MISSING
        if origin == "null":
            return ORIGIN_NULL
        bank = request.get_host().partition(":")[0]
        return None if _host(origin, request.scheme).endswith(bank) else ORIGIN_MISMATCH


def _host(origin: str, scheme: str | None) -> str:
    """Return the host of an origin of this scheme, and nothing for any other."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return ""
    return (parts.hostname or "") if parts.scheme == scheme else ""
