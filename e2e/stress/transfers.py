"""Concurrent transfers in one lab, there and back, and how evenly they are served."""

from __future__ import annotations

from statistics import median, quantiles

from e2e.stress.ledger import Crowd
from e2e.stress.report import Result
from e2e.stress.stand import Stand

CLIENTS = 32


def run(stand: Stand, scale: float) -> list[Result]:
    """Let 32 clients pay at once, and say how much longer those wait who are served late."""
    rounds = 50 if scale == 1 else 8
    crowd = Crowd(stand, CLIENTS, rounds)
    crowd.start()
    crowd.finish()
    ledger = crowd.ledger
    middle, high = median(ledger.seconds), quantiles(ledger.seconds, n=20)[-1]
    note = (
        f"{CLIENTS} clients, median {middle * 1000:.0f} ms, p95 {high * 1000:.0f} ms "
        f"({high / middle:.1f} times the median)"
    )
    return [crowd.result("transfers at once", note, ledger.unserved)]
