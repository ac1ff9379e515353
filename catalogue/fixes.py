"""The reader of `docs/fixes/`: a bank whose defenses aren't enough, and others to add.

Which attacks get through is read from the matrix: a request has to pass every defense, so an attack
that one of them stops is stopped by all together. `e2e/test_fixes.py` tries that in a browser.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from pathlib import Path

from catalogue import graded, labels
from catalogue.graded import Graded
from catalogue.matrix import CONTROL, Matrix

FOLDER = Path(__file__).parents[1] / "docs" / "fixes"
HEADINGS = ["The brief", "What it takes"]
_TYPES = {"lab": str, "positions": list, "offered": list}


@dataclass(frozen=True)
class Fix(Graded):
    """A bank to fix: the lab's label without an owner, where attackers are, and which defenses are
    `offered`. The texts are Markdown.
    """

    lab: str
    positions: list[str]
    offered: list[str]
    what_it_takes: str

    def defenses(self, added: Collection[str]) -> list[str]:
        """Return the bank's defenses with some of what's offered, in the order of asking."""
        return [*labels.split(self.lab).defenses, *(d for d in self.offered if d in added)]

    def label(self, added: Collection[str], owner: str = "") -> str:
        """Return the label of the bank with some of what's offered, or nothing if it's too long."""
        _, mark, weaknesses = self.lab.partition("--with-")
        label = "--".join(self.defenses(added)) + mark + weaknesses + (owner and f"--for-{owner}")
        return label if len(label) <= labels.LONGEST_LABEL else ""

    def attacks(self, loaded: Matrix) -> list[tuple[str, str]]:
        """Return what is launched at the bank: attacks and positions that no defense would stop."""
        return self._through(loaded, [CONTROL])

    def through(self, loaded: Matrix, added: Collection[str]) -> list[tuple[str, str]]:
        """Return the attacks and positions that get through in some browser, in spite of these."""
        return self._through(loaded, self.defenses(added))

    def needed(self, loaded: Matrix, added: Collection[str]) -> list[str]:
        """Return the defenses without which something would get through: each a single point of
        failure."""
        defenses = self.defenses(added)
        return [
            one
            for one in defenses
            if self._through(loaded, [other for other in defenses if other != one] or [CONTROL])
        ]

    def _through(self, loaded: Matrix, defenses: Sequence[str]) -> list[tuple[str, str]]:
        """Return what gets through all of these defenses in some browser."""
        weak = labels.split(self.lab).weaknesses
        return [
            (attack, position)
            for attack, position in loaded.rows
            if position in self.positions
            and loaded.lab(attack, CONTROL).partition("--with-")[2] in {"", *weak}
            and any(
                all(
                    loaded.is_forged(profile, attack, position, loaded.lab(attack, defense))
                    for defense in defenses
                )
                for profile in loaded.profiles
            )
        ]

    def solutions(self, loaded: Matrix) -> Iterator[tuple[str, ...]]:
        """Yield what may be added so that nothing gets through, the shortest first."""
        for count in range(len(self.offered) + 1):
            for added in combinations(self.offered, count):
                if not self.through(loaded, added):
                    yield added


@cache
def all_fixes() -> dict[str, Fix]:
    """Return every bank to fix by slug, the easy ones first; files with mistakes are left out."""
    return {fix.slug: fix for fix in read_all()[0]}


def read_all(folder: Path = FOLDER) -> tuple[list[Fix], list[str]]:
    """Return every bank to fix of a folder, and a sentence for each mistake."""
    return graded.read_all(folder, read)


def read(file: Path) -> Fix:
    """Return the bank to fix in a file.

    Raises:
        DocumentError: The file isn't one.
    """

    about, sections = graded.read(file, _TYPES, HEADINGS)
    return Fix(
        slug=file.stem,
        brief=sections["The brief"],
        what_it_takes=sections["What it takes"],
        **about,
    )


def problems(fix: Fix, loaded: Matrix) -> Iterator[str]:
    """Yield what is wrong with a bank to fix, one sentence each."""
    unknown = {*fix.offered, *labels.split(fix.lab).defenses} - {*loaded.columns}
    if unknown:
        yield f"{fix.slug}.md names {min(unknown)}, which isn't a column of the matrix."
    elif not fix.through(loaded, []):
        yield f"{fix.slug}.md is about a bank that nothing gets through: there's nothing to fix."
    elif not next(fix.solutions(loaded), ()):
        yield f"{fix.slug}.md offers nothing that stops everything: offer more."
