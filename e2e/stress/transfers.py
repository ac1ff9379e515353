"""Concurrent transfers in one lab, there and back, and how evenly they are served."""

from __future__ import annotations

import time
from statistics import median, quantiles

from e2e.stress.ledger import Crowd
from e2e.stress.report import Result, counted
from e2e.stress.stand import Stand

CLIENTS = 32
# The slowest transfers may take this many times as long as the usual one.
FAIR = 4.0


def run(stand: Stand, scale: float) -> list[Result]:
    """Let 32 clients pay at once. Who is served late must not be served very much later."""
    rounds = 50 if scale == 1 else 8
    crowd = Crowd(stand, CLIENTS, rounds)
    begin = time.monotonic()
    crowd.start()
    crowd.finish()
    seconds = time.monotonic() - begin
    lost, faults = crowd.verdict()
    ledger = crowd.ledger
    if ledger.refused:
        faults.append(f"refused: {counted(ledger.refused)}")
    if ledger.unanswered:
        faults.append(f"{ledger.unanswered.total()} were never answered")
    middle, high = median(ledger.seconds), quantiles(ledger.seconds, n=20)[-1]
    return [
        Result(
            "transfers at once",
            "victim",
            tried=ledger.tried,
            answered=ledger.answered,
            lost=lost,
            seconds=seconds,
            note=(
                f"{CLIENTS} clients, median {middle * 1000:.0f} ms, p95 {high * 1000:.0f} ms "
                f"({high / middle:.1f} times the median)"
            ),
            faults=faults,
        )
    ]
