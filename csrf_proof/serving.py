"""Small servers on this machine's loopback addresses, for as long as a trial lasts."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    tls: ssl.SSLContext | None = None

    def get_request(self) -> tuple[socket.socket, object]:
        connection, address = super().get_request()
        if self.tls:
            # The handshake comes with the first reading, in the thread of this connection.
            connection = self.tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        return connection, address

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a browser that goes away in the middle of an answer isn't news."""


class _Server6(_Server):
    address_family = socket.AF_INET6


@contextmanager
def serve(handler: type[BaseHTTPRequestHandler], https_for: str | None = None) -> Iterator[int]:
    """Serve on one free port of 127.0.0.1 and, where there is IPv6, of ::1; yield the port.

    `https_for`: over https, with a certificate for this name that nobody trusts. Chromium asks ::1
    first for names that end in `.localhost`, Firefox 127.0.0.1.
    """
    with ExitStack() as stack:
        first = stack.enter_context(_Server(("127.0.0.1", 0), handler))
        servers: list[_Server] = [first]
        with suppress(OSError):
            servers.append(stack.enter_context(_Server6(("::1", first.server_port), handler)))
        tls = _tls(https_for) if https_for else None
        for server in servers:
            server.tls = tls
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
            stack.callback(server.shutdown)
        yield first.server_port


@cache
def _tls(name: str) -> ssl.SSLContext:
    import trustme  # Making keys takes some time to import, which http needn't.

    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert(name).configure_cert(tls)
    return tls
