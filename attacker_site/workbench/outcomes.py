"""Which version alice was shown, and what it did: a pure function of the times.

A visit opens a file, and gets the newest version of it. If another one was stored during the visit,
nobody knows which of them it got, so that visit says nothing about either.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from attacker_site.workbench.store import Listed


@dataclass(frozen=True)
class Shown:
    """The last delivery that showed a version: its id, and the visits that did, as told."""

    delivery: str
    visits: Sequence[Mapping[str, Any]]


def by_version(
    versions: Iterable[Listed], deliveries: Iterable[Mapping[str, Any]]
) -> dict[int, Shown]:
    """Return what the last delivery of each version did, by the version's number.

    The deliveries are as the queue tells of them, newest first.
    """
    kept = list(versions)
    found: dict[int, Shown] = {}
    for delivery in deliveries:
        stored = [each for each in kept if each.file == delivery["file"]]
        shown: dict[int, list[Mapping[str, Any]]] = {}
        for visit in delivery["browsers"]:
            number = _during(stored, visit["started"], visit["ended"])
            if number is not None:
                shown.setdefault(number, []).append(visit)
        for number, visits in shown.items():
            found.setdefault(number, Shown(delivery["id"], visits))
    return found


def _during(stored: Sequence[Listed], started: str | None, ended: str | None) -> int | None:
    """Return the version that was the newest from the one moment to the other."""
    if not started or not ended:
        return None
    first, last = _ms(started), _ms(ended)
    before = [each.number for each in stored if each.at < first]
    if not before or any(first <= each.at <= last for each in stored):
        return None
    return max(before)


def _ms(moment: str) -> int:
    return round(datetime.fromisoformat(moment).timestamp() * 1000)
