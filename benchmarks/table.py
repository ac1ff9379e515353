"""The table: for each figure its floor, the ratio of the two, and the last release's ratio."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

LAST_RELEASE = Path(__file__).with_name("last-release.toml")
NOW, BEFORE = "now", "before"


@dataclass(frozen=True)
class Row:
    """A figure of each tree, and the floor that was measured in turns with it."""

    slug: str
    title: str
    unit: str
    floor_title: str
    floor: Mapping[str, Sequence[float]]
    measured: Mapping[str, Sequence[float]]
    """Both by the name of the tree; most floors are the same for all trees."""
    more_is_better: bool = False

    def ratio(self, tree: str) -> float:
        """Return how close a tree is to the floor: 1 is as good, 0.5 half as good."""
        low, mine = median(self.floor[tree]), median(self.measured[tree])
        return mine / low if self.more_is_better else low / mine


def say(text: str) -> None:
    """Say how far it is, on standard error, so that the table can go to a file."""
    print(text, file=sys.stderr, flush=True)


def last_ratios() -> dict[str, float]:
    if not LAST_RELEASE.exists():
        return {}
    ratios: dict[str, float] = tomllib.loads(LAST_RELEASE.read_text(encoding="utf-8"))["ratios"]
    return ratios


class Table:
    """Prints rows as they come, and keeps them for the file of ratios."""

    def __init__(self, trees: Sequence[str]) -> None:
        self.trees = trees
        self.rows: list[Row] = []
        self._last = last_ratios()

    def head(self) -> None:
        figures = "".join(f" {tree:>11}" for tree in self.trees)
        ratios = "".join(
            f" {'ratio ' + tree if len(self.trees) > 1 else 'ratio':>12}" for tree in self.trees
        )
        print(f"{'':<38} {'floor':>11}{figures}{ratios} {'last':>6}  the floor", flush=True)

    def add(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self.rows.append(row)
            floor = _with_unit(median(row.floor[self.trees[-1]]), row.unit)
            figures = "".join(
                f" {_with_unit(median(row.measured[tree]), row.unit):>11}" for tree in self.trees
            )
            ratios = "".join(f" {row.ratio(tree):>12.2f}" for tree in self.trees)
            last = f"{self._last[row.slug]:.2f}" if row.slug in self._last else "–"
            line = f"{row.title:<38} {floor:>11}{figures}{ratios} {last:>6}  {row.floor_title}"
            print(line, flush=True)

    def write(self, tree: str, root: Path) -> None:
        """Write a tree's ratios as those of the last release."""
        lines = [
            "# The last release's ratios, as `make bench WRITE=1` writes them.",
            f"# Measured on {datetime.now(UTC):%d %B %Y} at commit {_commit(root)},",
            f"# on {machine()}.",
            "",
            "[ratios]",
            *(f"{row.slug} = {row.ratio(tree):.3f}" for row in self.rows),
        ]
        LAST_RELEASE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _with_unit(figure: float, unit: str) -> str:
    digits = 0 if figure >= 100 else 1 if figure >= 10 else 2
    return f"{figure:,.{digits}f}{'' if unit == '/s' else ' '}{unit}".rstrip()


def _commit(root: Path) -> str:
    command = ["git", "-C", str(root), "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip() or "unknown"


def machine() -> str:
    return f"{os.cpu_count()} cores of {_processor()}, Python {platform.python_version()}"


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.machine()
