"""The statement feed, a WebSocket, is opened for the bank's own pages alone.

## How it works

A WebSocket begins with a GET that asks to go on as something else (the *handshake*). Any page may
send one to any site, the browser puts its cookies on it, and the page then *reads* what comes: no
same-origin policy stands between. But the browser always names the page's origin in `Origin`. So
the bank compares it with its own at the handshake, and answers 403 to all others.

Fetch Metadata is no substitute: Chromium sends none of it with a handshake.

## What it does not stop

- Everything else: it looks at handshakes, and at nothing that acts.
- Scripts injected into the bank, which have the bank's own origin.
- Programs that are no browser, which may say any Origin; they have no cookie of the visitor's.

## In your own project

In Django:

    def own_pages_only(get_response):
        def check(request):
            own = f"{request.scheme}://{request.get_host()}"
            if "Upgrade" in request.headers and request.headers.get("Origin") != own:
                raise PermissionDenied
            return get_response(request)
        return check

In Flask:

    @app.before_request
    def own_pages_only():
        own = request.host_url.rstrip("/")
        if "Upgrade" in request.headers and request.headers.get("Origin") != own:
            abort(403)

## Sources

- RFC 6455, section 10.2: Origin considerations
- OWASP WebSocket Security Cheat Sheet
- PortSwigger Web Security Academy, "Cross-site WebSocket hijacking"
"""

from __future__ import annotations

from django.http import HttpRequest

from csrf_proof.reasons import WEBSOCKET_ORIGIN, Reason
from victim_site.defenses.base import Defense, is_handshake, own_origin


class WebsocketOrigin(Defense):
    def refusal(self, request: HttpRequest) -> Reason | None:
        if not is_handshake(request):
            return None
        own = request.headers.get("Origin") == own_origin(request)
        return None if own else WEBSOCKET_ORIGIN
