"""The only way out of the victim's browser: a proxy that leads to the playground's hosts and ports.

It looks at where a request goes and never at what's in it, so nothing that's observed changes: the
browser itself asks for permission across origins, and decides about cookies. One request a
connection, and `https` and WebSockets through CONNECT. Everything else is refused with a 403: other
hosts, other ports of this machine, and names that aren't the playground's.
"""

from __future__ import annotations

import socket
import socketserver
from collections.abc import Mapping
from contextlib import closing, suppress
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from catalogue.addresses import Addresses, Kind

# Seconds until a head has arrived, and that a connection may be silent.
HEAD_SECONDS, SILENT_SECONDS = 10.0, 60.0
LONGEST_HEAD = 128 * 1024
_CHUNK = 65536
_REFUSED = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_FAILED = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_OPEN = b"HTTP/1.1 200 Connection established\r\n\r\n"
# They are between the browser and a proxy.
_HOP = (b"connection:", b"proxy-")


class Fence:
    """A proxy for one playground, on a port of its own.

    `refused` are the other places that were asked for. `servers` is where each port of the
    playground listens, if not on 127.0.0.1.
    """

    def __init__(
        self, where: Addresses, servers: Mapping[int, tuple[str, int]] | None = None
    ) -> None:
        self._where = where
        self._servers = servers or {}
        self.refused: list[str] = []
        fence = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with suppress(OSError):
                    fence.carry(self.request)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            request_queue_size = 128

        self._server = Server(("127.0.0.1", 0), Handler)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def arguments(self) -> tuple[str, ...]:
        """What Chromium is told, so that it has no other way out. By itself it would go to this
        machine directly, and WebRTC and QUIC ignore proxies."""
        return (
            f"--proxy-server=http://127.0.0.1:{self.port}",
            "--proxy-bypass-list=<-loopback>",
            "--disable-quic",
            "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
        )

    @property
    def preferences(self) -> dict[str, Any]:
        """The same for Firefox."""
        return {
            "network.proxy.type": 1,
            "network.proxy.http": "127.0.0.1",
            "network.proxy.http_port": self.port,
            "network.proxy.ssl": "127.0.0.1",
            "network.proxy.ssl_port": self.port,
            "network.proxy.allow_hijacking_localhost": True,
            "network.proxy.failover_direct": False,
            "network.proxy.no_proxies_on": "",
            "network.http.http3.enable": False,
            "media.peerconnection.enabled": False,
        }

    def __enter__(self) -> Fence:
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def allows(self, host: str, port: int) -> bool:
        """Tell whether a place is the playground's: its name, and the port of that site."""
        found = self._where.domains.identify(host.lower())
        if found is None:
            return False
        at_victim = found.kind in {Kind.PLAYGROUND, Kind.BANK}
        return port == (self._where.victim_port if at_victim else self._where.attacker_port)

    def carry(self, browser: socket.socket) -> None:
        """Answer one connection of a browser."""
        browser.settimeout(HEAD_SECONDS)
        head, rest = _head(browser)
        method, _, tail = head.partition(b" ")
        target = tail.partition(b" ")[0].decode("latin-1")
        tunnel = method == b"CONNECT"
        place = _place(f"//{target}" if tunnel else target, tunnel=tunnel)
        if place is None or not self.allows(*place):
            self.refused.append(target[:200])
            browser.sendall(_REFUSED)
            return
        host, port = self._servers.get(place[1], ("127.0.0.1", place[1]))
        try:
            site = socket.create_connection((host, port), timeout=HEAD_SECONDS)
        except OSError:
            browser.sendall(_FAILED)
            return
        with closing(site):
            if tunnel:
                browser.sendall(_OPEN)
                site.sendall(rest)
            else:
                site.sendall(_direct(head, target) + rest)
            _pump(browser, site)


def _head(browser: socket.socket) -> tuple[bytes, bytes]:
    """Return a request's head, and what has come after it."""
    received = b""
    while b"\r\n\r\n" not in received:
        chunk = browser.recv(_CHUNK)
        if not chunk or len(received) > LONGEST_HEAD:
            raise OSError("no request")
        received += chunk
    head, _, rest = received.partition(b"\r\n\r\n")
    return head, rest


def _place(address: str, *, tunnel: bool) -> tuple[str, int] | None:
    """Return the host and port of an address, or None where it has none."""
    try:
        parts = urlsplit(address)
        name, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not name or "@" in parts.netloc or not (tunnel or parts.scheme == "http"):
        return None
    return name, port or 80


def _direct(head: bytes, target: str) -> bytes:
    """Return the head as a browser would have sent it without a proxy, for one request."""
    first, *lines = head.split(b"\r\n")
    path = target.split("/", 3)[3:]
    method, version = first.split(b" ")[0], first.rsplit(b" ", 1)[1]
    asked = b" ".join([method, ("/" + "".join(path)).encode("latin-1"), version])
    kept = [line for line in lines if not line.lower().startswith(_HOP)]
    return b"\r\n".join([asked, *kept, b"Connection: close", b"", b""])


def _pump(browser: socket.socket, site: socket.socket) -> None:
    """Carry bytes both ways until one side has closed."""
    for end in (browser, site):
        end.settimeout(SILENT_SECONDS)
    up = Thread(target=_carry, args=(browser, site), daemon=True)
    up.start()
    _carry(site, browser)
    # The site has said all. This also ends the other direction.
    for end in (browser, site):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
    up.join()


def _carry(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while chunk := source.recv(_CHUNK):
            sink.sendall(chunk)
        sink.shutdown(socket.SHUT_WR)
