"""The statement feed: a WebSocket that sends the account's state, and again when it changes.

A handshake is an ordinary request up to the point where it is let through: it passes the host, the
session and the lab's defenses, and is written down. What comes after is not HTTP, and Django would
write an answer into it; so `Feed` stands around Django's application, and takes over when the view
`handshake` has answered 101.

A feed has a thread of its own, so there are few, and each ends after a minute.
"""

from __future__ import annotations

import base64
import binascii
import json
import threading
from collections.abc import Callable, Iterable
from functools import partial
from socket import SHUT_RDWR
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from simple_websocket import Server  # type: ignore[import-untyped,unused-ignore]
from simple_websocket.errors import (  # type: ignore[import-untyped,unused-ignore]
    SimpleWebsocketError,
)

from victim_site.bank import attempts
from victim_site.bank.models import Account
from victim_site.bank.payments import latest
from victim_site.bank.requests import BankRequest
from victim_site.defenses.base import is_handshake

ACTION = "statement"
PATH = "/statement/feed"
# For each process of the server.
AT_ONCE = 16
SECONDS = 60
PAYMENTS = 5
UNAVAILABLE = (
    "The live statement isn’t available here: the server is waitress, which can’t hold a "
    "WebSocket open. On Linux or a Mac, start the playground without SERVER=waitress."
)
# Where the view stores the account's key for the feed.
_ACCOUNT = "bank.feed"
# Where the server's worker stores the function that takes over the connection.
_TAKE_OVER = "playground.take_over"

StartResponse = Callable[..., Any]
Application = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


def handshake(request: BankRequest) -> HttpResponse:
    """Let a handshake through with 101, or say why not."""
    if request.method != "GET" or not is_handshake(request):
        return _plain(400, "This address accepts only WebSockets.")
    if not settings.STATEMENT_FEED:
        return _plain(404, UNAVAILABLE)
    refused = attempts.handshake_verdicts(request)
    if not attempts.record_by_session(request, ACTION, refused, attempts.WEBSOCKET):
        return _plain(refused[0][1].status if refused else 401, "No statement for this request.")
    if not _well_formed(request):
        return _plain(400, "The WebSocket handshake is invalid.")
    request.META[_ACCOUNT] = request.user.pk
    return HttpResponse(status=101)


def _plain(status: int, sentence: str) -> HttpResponse:
    return HttpResponse(f"{sentence}\n", status=status, content_type="text/plain")


def _well_formed(request: BankRequest) -> bool:
    """Tell whether the handshake has what RFC 6455 (4.2.1) asks for."""
    headers = request.headers
    try:
        key = base64.b64decode(headers.get("Sec-WebSocket-Key", ""), validate=True)
    except (binascii.Error, ValueError):
        return False
    upgrade = "upgrade" in headers.get("Connection", "").lower()
    return upgrade and len(key) == 16 and headers.get("Sec-WebSocket-Version") == "13"


class Feed:
    """A WSGI application around another, which speaks WebSocket where that one answered 101."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.places = threading.BoundedSemaphore(AT_ONCE)

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") != PATH:
            return self.application(environ, start_response)
        answer: list[Any] = []
        body = self.application(environ, lambda *head: answer.extend(head))
        if _ACCOUNT not in environ:
            start_response(*answer)
            return body
        if close := getattr(body, "close", None):
            close()
        if not self.places.acquire(blocking=False):
            start_response("503 Service Unavailable", [("Content-Type", "text/plain")])
            return [b"Too many feeds are open. Close one, or come back in a minute.\n"]
        environ[_TAKE_OVER](partial(self._serve, environ))
        return []

    def _serve(self, environ: dict[str, Any]) -> None:
        try:
            _send_statements(environ, environ[_ACCOUNT])
        finally:
            self.places.release()


def _send_statements(environ: dict[str, Any], account: int) -> None:
    """Send the statement now and after each change, for a minute."""
    try:
        socket = Server.accept(
            environ,
            ping_interval=20,
            max_message_size=1024,
            thread_class=partial(threading.Thread, daemon=True),
        )
        try:
            sent = ""
            for _ in range(SECONDS):
                if (now := _statement(account)) != sent:
                    socket.send(now)
                    sent = now
                socket.receive(timeout=1)  # What a page says is not listened to.
            socket.close()
        finally:
            socket.sock.shutdown(SHUT_RDWR)  # Wakes the thread that listens.
    except (SimpleWebsocketError, OSError):
        pass  # The page is gone, which is how most feeds end.
    finally:
        connection.close()


def _statement(account: int) -> str:
    """Return what is in the account as JSON: balance and latest payments, newest first."""
    customer = Account.objects.filter(pk=account).first()
    if customer is None:  # The lab was reset.
        return json.dumps({"name": None, "balance": None, "payments": []})
    payments = [
        {"from": sender, "to": to, "amount": amount}
        for sender, to, amount, _ in latest(customer.lab_id)[:PAYMENTS]
    ]
    statement = {"name": customer.username, "balance": customer.balance, "payments": payments}
    return json.dumps(statement)
