"""Heads without end: more header lines, and longer ones, than anybody needs."""

from __future__ import annotations

import random
import socket
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from e2e.stress.honest import Honest
from e2e.stress.report import Result, counted
from e2e.stress.stand import SITES, Exchange, Stand, answer_of

_AT_ONCE = 16
_MOST_BYTES = 4_000_000


def run(stand: Stand, scale: float, seed: int = 0) -> list[Result]:
    """Send each site heads of megabytes, on many connections at once."""
    count = 400 if scale == 1 else 32
    results = []
    for site in SITES:
        begin = time.monotonic()
        exchange = stand.exchange(site)
        with Honest(stand, site) as honest, ThreadPoolExecutor(_AT_ONCE) as pool:
            seeds = [f"{seed} {site} {number}" for number in range(count)]
            outcomes = Counter(pool.map(partial(_flood, exchange), seeds))
        faults = honest.faults(site)
        if outcomes["nothing"]:
            faults.append(f"hung: {outcomes['nothing']} floods got neither an answer nor an end")
        if bad := [outcome for outcome in outcomes if outcome.startswith("5")]:
            faults.append(f"floods were answered {', '.join(bad)}")
        results.append(
            Result(
                "header floods",
                site,
                tried=count,
                answered=count - outcomes["nothing"],
                seconds=time.monotonic() - begin,
                note=f"{counted(outcomes)}; {honest.note(site)}",
                faults=faults,
            )
        )
    return results


def _flood(exchange: Exchange, seed: str) -> str:
    """Send one endless head; return the status of the answer, or what came instead."""
    random_ = random.Random(seed)
    line = random_.choice(
        [b"X-Flood: " + b"a" * 50_000 + b"\r\n", b"X: y\r\n" * 500, b"Cookie: a=" + b"b" * 9000]
    )
    with exchange.connect() as connection:
        sent = 0
        try:
            connection.sendall(f"GET / HTTP/1.1\r\nHost: {exchange.host}\r\n".encode())
            while sent < _MOST_BYTES:
                connection.sendall(line)
                sent += len(line)
            connection.shutdown(socket.SHUT_WR)
        except TimeoutError:
            return "nothing"
        except OSError:
            pass  # Refused in the middle, and the answer may be there already.
        return answer_of(connection)
