"""The browser says in Sec-Fetch-Site who made the request, and the bank trusts its own site.

## How it works

Requests by GET, HEAD and OPTIONS pass. For all others, if the browser sent `Sec-Fetch-Site`, that
alone decides: `same-origin`, `same-site` and `none` (the visitor typed the address) pass. What
another site makes is `cross-site`, and is refused. Without the header, the `Origin` is compared
with the host, and without that the sender is no browser and passes.

People ship it because the bank's other hosts post forms to it, and because *same-site* sounds like
*ours*. The SameSite attribute of cookies draws the same line.

## The flaw

A site is everything below one registrable domain. `same-site` is what the browser says of every
host there: the blog, the forum, and the forgotten name that points to a rented server. One of them
in the wrong hands is enough.

## Falls to

`form-post` from `subdomain`: the attacker's page lives on a forgotten host below the bank's, so the
browser says `same-site`.

## Mended by

`fetch-metadata`: it trusts `same-origin` and `none` and nothing else.

## Sources

- Fetch Metadata Request Headers, W3C, "Sec-Fetch-Site"
- OWASP Cross-Site Request Forgery Prevention Cheat Sheet, "Fetch Metadata headers": `same-site`
  only where sibling sub-domains are trusted
- "Can I Take Your Subdomain? Exploring Same-Site Attacks in the Modern Web", USENIX Security 2021
"""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest

from csrf_proof.reasons import (
    FETCH_SITE_CROSS_SITE,
    ORIGIN_MISMATCH,
    ORIGIN_NULL,
    Reason,
)
from victim_site.defenses.base import Defense


class FetchMetadataSameSite(Defense):
    def refusal(self, request: HttpRequest) -> Reason | None:
        if request.method in {"GET", "HEAD", "OPTIONS"}:
            return None
        site = request.headers.get("Sec-Fetch-Site")
        if site:
            trusted = site in {"same-origin", "same-site", "none"}
            return None if trusted else FETCH_SITE_CROSS_SITE
        origin = request.headers.get("Origin")
        if not origin or _host(origin) == request.get_host():
            return None
        return ORIGIN_NULL if origin == "null" else ORIGIN_MISMATCH


def _host(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc or None
    except ValueError:
        return None
