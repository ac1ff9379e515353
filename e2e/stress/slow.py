"""Clients that send slowly, stop half-way or never read.

A deadline counts from the first byte: a byte now and then must not extend it.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import psutil

from e2e.stress.honest import Honest
from e2e.stress.ledger import Customer
from e2e.stress.report import Result, counted
from e2e.stress.stand import SITES, Exchange, Stand

# How long a site may keep a client that doesn't finish its request, or doesn't read. The sites' own
# deadlines are shorter; on a busy machine it takes longer until they begin.
DEADLINE_SECONDS = 120.0
STILL_OPEN = "still open"
_DRIP_SECONDS = 0.5


@dataclass
class Client:
    """A connection that begins like this and goes on like that, a byte at a time."""

    connection: socket.socket
    begin: bytes
    drip: bytes = b""
    outcome: str = STILL_OPEN


def heads(stand: Stand, scale: float) -> list[Result]:
    """Heads that end in the middle, or never end."""

    def begin(exchange: Exchange, number: int) -> tuple[bytes, bytes]:
        head = f"GET / HTTP/1.1\r\nHost: {exchange.host}\r\nX-Slow: ".encode()
        # A third begins the head, a third a line of it, and a third goes on, a byte at a time.
        return [(head[:5], b""), (head, b""), (head, b"a")][number % 3]

    return _hold(stand, "slow heads", begin, scale)


def bodies(stand: Stand, scale: float) -> list[Result]:
    """Bodies that end in the middle, or come a byte at a time, at addresses that read them."""
    alice = Customer(stand.lab(), "alice")
    half = b"to=mallory&amount=1"

    def begin(exchange: Exchange, number: int) -> tuple[bytes, bytes]:
        at_bank = exchange.port == stand.site.victim_port
        path = "/transfer" if at_bank else "/redirect-307-post/caught/"
        host = f"{alice.lab.host}:{exchange.port}" if at_bank else exchange.host
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {alice.cookie}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 400\r\n\r\n"
        ).encode()
        return [(head, b""), (head + half, b""), (head + half, b"x")][number % 3]

    return _hold(stand, "slow bodies", begin, scale)


def readers(stand: Stand, scale: float) -> list[Result]:
    """Clients that ask for many pages and read none."""

    def begin(exchange: Exchange, number: int) -> tuple[bytes, bytes]:
        host, path = exchange.host, "/"
        if exchange.port == stand.site.victim_port:
            host, path = f"{stand.site.domains.playground}:{exchange.port}", "/matrix/"
        return f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode() * 40, b""

    return _hold(stand, "never reading", begin, scale, read=False)


def _hold(
    stand: Stand,
    kind: str,
    begin: Callable[[Exchange, int], tuple[bytes, bytes]],
    scale: float,
    *,
    read: bool = True,
) -> list[Result]:
    """Open many such connections to both sites, and see what becomes of them.

    A short run doesn't wait for the deadline, only long enough that honest visitors would notice.
    """
    count, seconds = (96, DEADLINE_SECONDS) if scale == 1 else (32, 3.0)
    if not read:
        count //= 4  # Each costs many pages.
    started = time.monotonic()
    clients: dict[str, list[Client]] = {site: [] for site in SITES}
    with Honest(stand) as honest:
        for site in SITES:
            exchange = stand.exchange(site)
            for number in range(count):
                connection = exchange.connect(receive_buffer=0 if read else 4096)
                connection.setblocking(False)
                clients[site].append(Client(connection, *begin(exchange, number)))
        everybody = [client for site in SITES for client in clients[site]]
        _go_on(everybody, seconds, read=read)
    results = []
    for site in SITES:
        counts = Counter(client.outcome for client in clients[site])
        open_now = counts[STILL_OPEN]
        faults = honest.faults(site)
        if open_now and scale == 1:
            faults.append(f"hung: {open_now} are still held after {seconds:.0f} s")
        results.append(
            Result(
                kind,
                site,
                tried=count,
                answered=count - open_now,
                seconds=time.monotonic() - started,
                note=f"{counted(counts)}; {honest.note(site)}",
                faults=faults,
            )
        )
    for client in everybody:
        client.connection.close()
    return results


def _go_on(clients: list[Client], seconds: float, *, read: bool) -> None:
    """Let every client begin, and drip, until all have an outcome or the time is over."""
    deadline = time.monotonic() + seconds
    with selectors.DefaultSelector() as selector:
        for client in clients:
            _send(client, client.begin)
            selector.register(client.connection, selectors.EVENT_READ, client)
        while time.monotonic() < deadline:
            pause = time.monotonic() + _DRIP_SECONDS
            while (left := pause - time.monotonic()) > 0:
                if not read:
                    time.sleep(left)
                    continue
                for key, _ in selector.select(left):
                    _receive(key.data)
                    selector.unregister(key.fileobj)
            if not read:
                _see_who_is_gone(clients)
            waiting = [client for client in clients if client.outcome == STILL_OPEN]
            if not waiting:
                return
            for client in waiting:
                _send(client, client.drip)


def _see_who_is_gone(clients: list[Client]) -> None:
    """Look at the sites' ends of connections, since these clients would have to read to notice."""
    open_there = {
        end.raddr.port
        for end in psutil.net_connections("tcp4")
        if end.raddr and end.status == psutil.CONN_ESTABLISHED
    }
    for client in clients:
        if client.connection.getsockname()[1] not in open_there:
            client.outcome = "closed"


def _send(client: Client, data: bytes) -> None:
    try:
        if data:
            client.connection.send(data)
    except BlockingIOError:
        pass
    except OSError:
        client.outcome = "closed"


def _receive(client: Client) -> None:
    """Note the status of an answer, or that the connection was closed without one."""
    try:
        data = client.connection.recv(4096)
    except OSError:
        data = b""
    client.outcome = data.split(b" ")[1].decode() if data.startswith(b"HTTP/") else "closed"
    with suppress(OSError):
        client.connection.shutdown(socket.SHUT_WR)
