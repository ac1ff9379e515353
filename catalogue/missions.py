"""The reader of `docs/missions/`: banks to break, without instructions.

A mission's lab has defenses and weaknesses like any other, but its label is `mystery-<mission>`, so
that nobody reads from the address what it does. Its solution is an attack of the catalogue, and a
cell of the matrix says that it works.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from catalogue import graded
from catalogue.documents import wrong
from catalogue.graded import Graded
from catalogue.lessons import Lesson
from catalogue.matrix import FORGED, Matrix

FOLDER = Path(__file__).parents[1] / "docs" / "missions"
MYSTERY = "mystery-"
HEADINGS = ["The brief", "Hints", "What it was"]
# What everybody tries first. No mission is solved by it.
OBVIOUS = ("form-post", "cross-site")
_TYPES = {"lab": str, "solution": str}
_NAME = re.compile(r"([a-z0-9]+)\.md")
_HINT = re.compile(r"^\d\. (.+(?:\n   .+)*)", re.MULTILINE)


@dataclass(frozen=True)
class Mission(Graded):
    """One mission: its lab's label without an owner, the attack and position that solve it, and
    its texts in Markdown. The first hint tells the least.
    """

    lab: str
    attack: str
    position: str
    hints: tuple[str, ...]
    what_it_was: str

    @property
    def label(self) -> str:
        """The label that the mission's lab is known by, without an owner."""
        return f"{MYSTERY}{self.slug}"

    def browsers(self, loaded: Matrix) -> list[str]:
        """Return the profiles in which the solution works."""
        cell = (self.attack, self.position, self.lab)
        return [name for name in loaded.profiles if loaded.is_forged(name, *cell)]


@cache
def all_missions() -> dict[str, Mission]:
    """Return every mission by slug, the easy ones first; files with mistakes are left out."""
    return {mission.slug: mission for mission in read_all()[0]}


def missions_after(lesson: Lesson) -> list[Mission]:
    """Return the missions at labs that a lesson has shown."""
    shown = {*lesson.labs, *(claim.lab for claim in lesson.claims)}
    return [mission for mission in all_missions().values() if mission.lab in shown]


def read_all(folder: Path = FOLDER) -> tuple[list[Mission], list[str]]:
    """Return every mission of a folder, the easy ones first, and a sentence for each mistake."""
    return graded.read_all(folder, read)


def read(file: Path) -> Mission:
    """Return the mission in a file.

    Raises:
        DocumentError: The file isn't a mission.
    """

    named = _NAME.fullmatch(file.name)
    if not named:
        raise wrong(file, "isn't a mission: name it with one word of a-z and 0-9, or move it.")
    about, sections = graded.read(file, _TYPES, HEADINGS)
    attack, _, position = about["solution"].partition(" ")
    hints = tuple(" ".join(hint.split()) for hint in _HINT.findall(sections["Hints"]))
    if len(hints) < 2:
        raise wrong(
            file, "has fewer than two hints: write each as a number, a period and a sentence."
        )
    return Mission(
        slug=named[1],
        title=about["title"],
        grade=about["grade"],
        lab=about["lab"],
        attack=attack,
        position=position,
        brief=sections["The brief"],
        hints=hints,
        what_it_was=sections["What it was"],
    )


def problems(mission: Mission, loaded: Matrix) -> Iterator[str]:
    """Yield what a mission says that the matrix does not, one sentence each."""
    cell = (mission.attack, mission.position, mission.lab)
    if not mission.browsers(loaded):
        yield f"{mission.slug}.md is solved by {' '.join(cell)}, which isn't forged in any browser."
    for profile in loaded.profiles:
        if loaded.outcomes.get((profile, *OBVIOUS, mission.lab), FORGED) == FORGED:
            yield f"{mission.slug}.md is solved by {' '.join(OBVIOUS)} in {profile}, too: too easy."
