"""Measure the playground against floors: what it costs beyond what it's built on.

`python -m benchmarks` asserts nothing and prints a table. Each floor is measured in the same run,
in turns with what is compared with it, so a machine whose speed drifts does so for both. A ratio of
1 is as good as the floor, 0.5 half as good. Figures are medians of rounds.

With `--against TREE`, another checkout is measured in turns with this one, in the column “before”.
With `--write`, the ratios go to `benchmarks/last-release.toml`: those of that other checkout, or
without one those of this.

It takes about five minutes, with `--against` eight.

Limits: the client and the sites share the processor, so rates are lower than the sites could have,
and ratios are valid for this machine alone.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks import attendees, cells, requests, room, starts, visits
from benchmarks.pressing import GENERATOR
from benchmarks.short import SESSIONS
from benchmarks.starting import floor, playground
from benchmarks.table import BEFORE, NOW, Table, machine
from tools.run import ROOT

PARTS = ("requests", "attendees", "memory", "cells", "visits", "starts")
# Only when asked for: it compares this checkout with itself.
ROOM = "room"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument(
        "parts",
        nargs="*",
        metavar="part",
        help=f"of {', '.join(PARTS)}; else all of these; or {ROOM}",
    )
    parser.add_argument("--source-root", type=Path, default=ROOT, help="measure that checkout")
    parser.add_argument("--against", type=Path, help="measure that checkout as well, as “before”")
    parser.add_argument(
        "--write", action="store_true", help="keep the ratios as the last release's"
    )
    given = parser.parse_args(arguments)
    if wrong := set(given.parts) - {*PARTS, ROOM}:
        parser.error(f"there is no part {wrong.pop()}")
    parts = given.parts or PARTS
    if ROOM in parts and given.against:
        parser.error(f"{ROOM} compares this checkout with itself; leave out --against")
    roots = {BEFORE: given.against.resolve()} if given.against else {}
    roots[NOW] = given.source_root.resolve()
    begin, load = time.monotonic(), os.getloadavg()[0]
    table = Table(list(roots))
    table.head()
    with tempfile.TemporaryDirectory(prefix="csrf-playground-") as name:
        folder = Path(name)
        if ROOM in parts:
            table.add(room.measure(roots[NOW], folder))
        if set(parts) - {ROOM}:
            _measure(parts, roots, folder, table)
    if given.write:
        table.write(*next(iter(roots.items())))
    seconds = time.monotonic() - begin
    print(f"{machine()}, load {load:.1f} before; requests by {GENERATOR}; {seconds:.0f} s in all")
    return 0


def _measure(parts: Sequence[str], roots: Mapping[str, Path], folder: Path, table: Table) -> None:
    """Measure checkouts next to the floors, and add rows to the table."""
    with ExitStack() as stack:
        trees = {
            which: stack.enter_context(playground(root, folder / which))
            for which, root in roots.items()
        }
        hello, _ = stack.enter_context(floor("django_hello", folder, filled=SESSIONS))
        page, sessions = stack.enter_context(floor("django_page", folder, filled=SESSIONS))
        flask, _ = stack.enter_context(floor("flask_hello", folder))
        if "requests" in parts:
            floors = requests.floor_loads(hello, page, sessions.split())
            table.add(requests.measure(floors, trees, folder))
        if "attendees" in parts:
            table.add(attendees.measure(hello, trees))
        if "memory" in parts and sys.platform == "linux":
            table.add(starts.memory(hello, flask, trees))
        if "cells" in parts:
            table.add(cells.measure(flask, roots, folder))
        if "visits" in parts:
            table.add(visits.measure(flask, roots, folder))
        if "starts" in parts:
            stack.close()
            table.add(starts.measure(roots, folder))


if __name__ == "__main__":
    sys.exit(main())
