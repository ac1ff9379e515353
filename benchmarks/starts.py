"""How long a start takes, and how much memory both sites take after the load."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from benchmarks.short import STARTS
from benchmarks.starting import Running, Tree, floor, playground
from benchmarks.table import Row, say

BARE = "a bare Django"


def measure(roots: Mapping[str, Path], folder: Path) -> list[Row]:
    """Start everything in turns: each playground first with an empty folder, then again."""
    bare: list[float] = []
    seconds: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for number in range(STARTS):
        say(f"starts: round {number + 1} of {STARTS}")
        with floor("django_hello", folder) as (running, _):
            bare.append(running.seconds)
        for which, root in roots.items():
            for time in ("first", "second"):
                with playground(root, folder / f"start-{which}-{number}") as tree:
                    seconds[time][which].append(tree.seconds)
    floors = dict.fromkeys(roots, bare)
    return [
        Row("start", "start, second time", "s", BARE, floors, seconds["second"]),
        Row("first-start", "start, first time", "s", BARE, floors, seconds["first"]),
    ]


def memory(hello: Running, flask: Running, trees: Mapping[str, Tree]) -> list[Row]:
    """Compare both sites with the smallest that their frameworks can do."""
    bare = [hello.mib() + flask.mib()]
    both = {which: [tree.victim.mib() + tree.attacker.mib()] for which, tree in trees.items()}
    floors = dict.fromkeys(trees, bare)
    title = "memory of both sites after load"
    return [Row("memory", title, "MiB", "a bare Django and a bare Flask", floors, both)]
