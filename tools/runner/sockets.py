"""Addresses and ports of this machine: which there are, and who may listen on them."""

from __future__ import annotations

import socket
import sys
from contextlib import closing

# Chromium asks ::1 first when a name ends in .localhost, Firefox 127.0.0.1.
LOOPBACK = ("127.0.0.1", "::1")


def listener(address: str, port: int) -> socket.socket:
    """Return a socket that listens there and shares its port with nobody.

    gunicorn's own sockets do share theirs (SO_REUSEPORT): two playgrounds on one port would each
    get half of the requests. So the port must be free when a playground starts.
    """
    server = socket.socket(
        socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM
    )
    try:
        if sys.platform == "win32":
            # On Windows SO_REUSEADDR would take the port from a program that listens.
            server.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            # Elsewhere it only ignores connections that an earlier run left behind.
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((address, port))
        server.listen(1024)
    except OSError:
        server.close()
        raise
    return server


def refusal(address: str, port: int) -> OSError | None:
    """Return why nobody can listen there now, or None."""
    try:
        listener(address, port).close()
    except OSError as error:
        return error
    return None


def loopback_addresses() -> tuple[str, ...]:
    """Return the loopback addresses of this machine; some have IPv6 switched off."""
    return tuple(address for address in LOOPBACK if refusal(address, 0) is None)


def free_port() -> int:
    """Return a port that nobody uses on any loopback address right now."""
    while True:
        with closing(listener("127.0.0.1", 0)) as probe:
            port: int = probe.getsockname()[1]
            others = [address for address in loopback_addresses() if address != "127.0.0.1"]
            if all(refusal(address, port) is None for address in others):
                return port


def authority(address: str, port: int) -> str:
    """Return an address and a port as they are written in a URL."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
