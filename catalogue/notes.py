"""The reader of the trainer's notes in `docs/facilitator.md`, screen by screen.

The presenter view of a lesson shows them, `tools.check` sees that no lesson is without.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).parents[1] / "docs" / "facilitator.md"
# The screens of a lesson in the presenter view, in order.
SCREENS = (
    "The scene",
    "Predict",
    "Do it",
    "What happened",
    "Why",
    "Fix it",
    "Prove it",
    "What you know now",
    "More",
    "In every browser",
    "Try these too",
)
# What a trainer needs in every lesson; other notes may be added.
NEEDED = ("Ask", "Answer", "You’ll hear", "Say", "Show")
_LESSON = re.compile(r"^### (\d+)\. .+: (\d+) minutes\n", re.MULTILINE)
_ROW = re.compile(r"^\| (?:([^|]+) )?\| ([^|]+) \| (.+) \|$", re.MULTILINE)
_GENERAL = re.compile(r"^\| ([^|]+) \| (.+) \|$", re.MULTILINE)
_KEYS = "| Key | What it does |\n|---|---|\n"
_SCREENS = "| Screen | Text |\n|---|---|\n"
_HEADER = ("Screen", "Note", "Text")


@dataclass(frozen=True)
class Note:
    """One thing to ask, to say or to show, on one screen."""

    screen: str
    kind: str
    text: str


@dataclass(frozen=True)
class Notes:
    """A lesson's notes, and how many minutes it takes in a room."""

    minutes: int
    notes: tuple[Note, ...]


def read_all(file: Path = FILE) -> dict[int, Notes]:
    """Return each lesson's notes by its number."""
    section = _section(file, "Lesson by lesson")
    parts = _LESSON.split(section)[1:]
    return {
        int(number): Notes(int(minutes), tuple(_notes(text)))
        for number, minutes, text in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    }


def for_every_lesson(file: Path = FILE) -> dict[str, str]:
    """Return what is to be done on each screen, whatever the lesson."""
    _, _, table = _section(file, "The presenter view").partition(_SCREENS)
    return dict(_GENERAL.findall(table))


def shortcuts(file: Path = FILE) -> list[tuple[str, str]]:
    """Return the keys of the presenter view, and what each does."""
    _, _, table = _section(file, "The presenter view").partition(_KEYS)
    return [(keys, does) for keys, does in _GENERAL.findall(table.partition("\n\n")[0])]


def problems(numbers: Iterable[int], file: Path = FILE) -> Iterator[str]:
    """Yield what the notes lack for the lessons with these numbers, one sentence each."""
    found, wanted = read_all(file), set(numbers)
    name = f"docs/{file.name}"
    for number in sorted(wanted - set(found)):
        yield (
            f"{name} has no notes for lesson {number}: write “### {number}. Title: 5 minutes” "
            "and a table under it, as for the others."
        )
    for number in sorted(set(found) - wanted):
        yield f"{name} has notes for lesson {number}, which doesn’t exist: remove them."
    for number, lesson in found.items():
        kinds = {note.kind for note in lesson.notes}
        for kind in NEEDED:
            if kind not in kinds:
                yield f"{name}, lesson {number}, has no row “{kind}”: add one."
        for screen in sorted({note.screen for note in lesson.notes} - set(SCREENS)):
            yield f"{name}, lesson {number}: there is no screen “{screen}”."
    if not shortcuts(file):
        yield f"{name} doesn’t say which keys the presenter view has: bring their table back."
    general = for_every_lesson(file)
    if tuple(general) != SCREENS:
        yield f"{name} must have a note for every lesson on each of {', '.join(SCREENS)}, in order."


def _notes(text: str) -> Iterator[Note]:
    """Yield the rows of a table; one that names no screen is for the screen above it."""
    here = ""
    for screen, kind, said in _ROW.findall(text):
        if (screen, kind, said) != _HEADER and set(kind) != {"-"}:
            here = screen or here
            yield Note(here, kind, said)


def _section(file: Path, title: str) -> str:
    """Return what is under a heading of the second level."""
    text = file.read_text(encoding="utf-8")
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
