"""Only the bank's own pages can open the statement feed, a WebSocket."""

from __future__ import annotations

from django.http import HttpRequest

from csrf_proof.reasons import WEBSOCKET_ORIGIN, Reason
from victim_site.defenses.base import Defense, is_handshake, own_origin


class WebsocketOrigin(Defense):
    stops = ("websocket-hijack",)
    does_not_stop = ("form-post", "link-get")

    def refusal(self, request: HttpRequest) -> Reason | None:
        if not is_handshake(request):
            return None
        own = request.headers.get("Origin") == own_origin(request)
        return None if own else WEBSOCKET_ORIGIN
