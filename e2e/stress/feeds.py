"""WebSockets that are opened and then left alone, some of them dropped without a word."""

from __future__ import annotations

import base64
import socket
import time
from collections import Counter

from e2e.stress.honest import Honest
from e2e.stress.ledger import Customer
from e2e.stress.report import Result, counted
from e2e.stress.stand import Stand, answer_of


def run(stand: Stand, scale: float) -> list[Result]:
    """Open more feeds than there are places, again and again; they never answer a ping."""
    count, rounds = (60, 5) if scale == 1 else (40, 1)
    begin = time.monotonic()
    statuses: Counter[str] = Counter()
    alice = Customer(stand.lab(), "alice")
    with Honest(stand, "victim") as honest:
        for _ in range(rounds):
            held = [_open(stand, alice) for _ in range(count)]
            time.sleep(2)
            for connection in held:
                statuses[answer_of(connection)] += 1
                # Dropped: the other end learns it from a reset, at the next byte that it sends.
                connection.close()
    faults = honest.faults("victim")
    if strange := [s for s in statuses if s not in {"101", "503"}]:
        faults.append(f"handshakes were answered {', '.join(strange)}")
    return [
        Result(
            "half-open feeds",
            "victim",
            tried=count * rounds,
            answered=statuses.total() - statuses["nothing"],
            seconds=time.monotonic() - begin,
            note=f"{counted(statuses)}; {honest.note('victim')}",
            faults=faults,
        )
    ]


def _open(stand: Stand, alice: Customer) -> socket.socket:
    exchange = stand.exchange("victim")
    connection = exchange.connect()
    key = base64.b64encode(b"sixteen bytes ok").decode()
    head = (
        f"GET /statement/feed HTTP/1.1\r\nHost: {alice.lab.host}:{exchange.port}\r\n"
        f"Cookie: {alice.cookie}\r\nOrigin: {alice.lab.url}\r\nConnection: Upgrade\r\n"
        f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
    )
    connection.sendall(head.encode())
    return connection
