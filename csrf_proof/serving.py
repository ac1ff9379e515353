"""Small HTTP servers on this machine's loopback addresses, for as long as a trial lasts."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a browser that goes away in the middle of an answer is no news."""


class _Server6(_Server):
    address_family = socket.AF_INET6


@contextmanager
def serve(handler: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    """Serve on one free port of 127.0.0.1 and, where there is IPv6, of ::1; yield the port.

    Chromium asks ::1 first for names that end in `.localhost`, Firefox 127.0.0.1.
    """
    with ExitStack() as stack:
        first = stack.enter_context(_Server(("127.0.0.1", 0), handler))
        servers: list[ThreadingHTTPServer] = [first]
        with suppress(OSError):
            servers.append(stack.enter_context(_Server6(("::1", first.server_port), handler)))
        for server in servers:
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
            stack.callback(server.shutdown)
        yield first.server_port
