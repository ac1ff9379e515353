"""The reader of `docs/lessons/`: what a lesson says, and which cells of the matrix it stands on.

A lesson is a Markdown file: front matter in YAML, then the headings in `HEADINGS`. The teaching
side shows these lessons, `tools.check` sees that they say nothing that the matrix does not, and
`e2e/test_lessons.py` walks them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from catalogue import documents
from catalogue.documents import wrong
from catalogue.matrix import Matrix

FOLDER = Path(__file__).parents[1] / "docs" / "lessons"
HEADINGS = [
    "The scene",
    "Predict",
    "Do it",
    "Why",
    "Fix it",
    "Prove it",
    "What you know now",
    "More",
    "Hint",
    "Solution",
]
OPTIONAL = "More"
# What has to be read to walk a lesson; the rest is folded.
FOLDED = {"More", "Hint", "Solution"}
MOST_FURTHER = 5
_NAME = re.compile(r"(\d\d)-([a-z0-9]+(?:-[a-z0-9]+)*)\.md")
_TYPES = {
    "title": str,
    "minutes": int,
    "attack": str,
    "positions": list,
    "lab": str,
    "fix": str,
    "claims": dict,
}
_CHOICE = re.compile(r"^- `([a-z-]+)`: (.+(?:\n  .+)*)", re.MULTILINE)


@dataclass(frozen=True)
class Claim:
    """A cell of the matrix, and what a lesson says of it: `forged`, or the reason of a refusal."""

    attack: str
    position: str
    lab: str
    says: str


@dataclass(frozen=True)
class Lesson:
    """One lesson.

    Its attack is launched from the first of `positions` that the visitor's browser does not stop
    by itself, first at `lab` and then at `fix`. `choices` are what may be predicted: `forged` or a
    reason, each with a sentence. `sections` holds the text under each heading.
    """

    number: int
    slug: str
    file: str
    title: str
    minutes: int
    attack: str
    positions: tuple[str, ...]
    lab: str
    fix: str
    claims: tuple[Claim, ...]
    choices: dict[str, str]
    sections: dict[str, str]

    @property
    def further(self) -> list[Claim]:
        """The claims beyond the lesson's own attack and its two labs."""
        own = {(self.attack, position, lab) for position in self.positions for lab in self.labs}
        return [
            claim for claim in self.claims if (claim.attack, claim.position, claim.lab) not in own
        ]

    @property
    def lettered(self) -> list[tuple[str, str, str]]:
        """The choices as a room calls them: a letter, then the code and its sentence."""
        return [
            (letter, code, said)
            for letter, (code, said) in zip(ascii_uppercase, self.choices.items(), strict=False)
        ]

    @property
    def labs(self) -> tuple[str, str]:
        return self.lab, self.fix

    @property
    def words(self) -> int:
        """How many words are visible before a reader unfolds anything."""
        shown = [text for title, text in self.sections.items() if title not in FOLDED]
        return sum(len(text.split()) for text in [*shown, *self.choices.values()])

    def outcomes(self, lab: str) -> dict[str, str]:
        """Return what the lesson claims of its own attack on a lab, by position."""
        return {
            claim.position: claim.says
            for claim in self.claims
            if (claim.attack, claim.lab) == (self.attack, lab) and claim.position in self.positions
        }

    def position(self, loaded: Matrix, profile: str) -> str:
        """Return where to launch the attack from in a browser of that profile."""
        return loaded.works_from(profile, self.attack, self.positions)


def read_all(folder: Path = FOLDER) -> tuple[list[Lesson], list[str]]:
    """Return every lesson of a folder in order, and a sentence for each file that is none."""
    return documents.read_all(folder, read)


def read(file: Path) -> Lesson:
    """Return the lesson in a file.

    Raises:
        DocumentError: The file isn't a lesson.
    """

    named = _NAME.fullmatch(file.name)
    if not named:
        raise wrong(file, "isn't a lesson: name it NN-slug.md, or move it.")
    about, sections = documents.read(file, _TYPES, HEADINGS, {OPTIONAL})
    choices = {code: " ".join(text.split()) for code, text in _CHOICE.findall(sections["Predict"])}
    if len(choices) < 2:
        raise wrong(
            file, "offers fewer than two predictions: write each as - `reason`: and a sentence."
        )
    sections["Predict"] = _CHOICE.split(sections["Predict"])[0].strip()
    return Lesson(
        number=int(named[1]),
        slug=named[2],
        file=file.name,
        positions=tuple(map(str, about.pop("positions"))),
        claims=tuple(_claims(file, about.pop("claims"))),
        choices=choices,
        sections=sections,
        **about,
    )


def _claims(file: Path, said: dict[Any, Any]) -> Iterator[Claim]:
    for cell, says in said.items():
        words = str(cell).split()
        if len(words) != 3:
            raise wrong(
                file, f"claims “{cell}”: write attack, position and lab, then forged or a reason."
            )
        attack, position, lab = words
        yield Claim(attack, position, lab, str(says))


def anchor(title: str) -> str:
    """Return the anchor of a heading, as GitHub makes it."""
    return re.sub(r"[^\w -]", "", title).lower().replace(" ", "-")


def problems(lesson: Lesson, loaded: Matrix) -> Iterator[str]:
    """Yield what a lesson says that the matrix does not, one sentence each."""
    for claim in lesson.claims:
        cell = (claim.attack, claim.position, claim.lab)
        outcome = loaded.outcomes.get((loaded.profiles[0], *cell))
        if outcome is None:
            yield f"{lesson.file} claims {' '.join(cell)}, which isn't a cell of the matrix."
        elif outcome != claim.says:
            yield f"{lesson.file} claims {' '.join(cell)}: {claim.says}, but it is {outcome}."
    for lab in lesson.labs:
        for position in lesson.positions:
            if position not in lesson.outcomes(lab):
                unsaid = f"{lesson.attack} {position} {lab}"
                yield f"{lesson.file} does not claim {unsaid}: say what happens."
    for profile in loaded.profiles:
        where = lesson.position(loaded, profile)
        answer = loaded.outcomes.get((profile, lesson.attack, where, lesson.lab))
        if answer is not None and answer not in lesson.choices:
            yield f"{lesson.file} lets nobody predict {answer}, which is what {profile} does."
    if len(lesson.further) > MOST_FURTHER:
        yield f"{lesson.file} has more than {MOST_FURTHER} further claims: keep the best."
