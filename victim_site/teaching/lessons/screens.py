"""The screens of the presenter view: what's on each, how large its type is, and its notes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.utils.safestring import SafeString

from catalogue import notes
from catalogue.lessons import Lesson
from catalogue.notes import Note
from victim_site.teaching import expectations
from victim_site.teaching.descriptions import DefenseText
from victim_site.teaching.lessons.markdown import as_page

# Each screen's address, and the template of what it shows, in the order of `notes.SCREENS`.
_PAGES = {
    "scene": "_scene",
    "predict": "_predict",
    "do-it": "_do_it",
    "tried": "_tried",
    "why": "_text",
    "fix-it": "_fix_it",
    "prove-it": "_prove_it",
    "know": "_know",
    "more": "_text",
    "proof": "_proof",
    "further": "_further",
}
# How much text fits on a screen in which size of type: in words, where a row of a table or a line
# of code is as high as some words. The sizes are classes of `present.css`.
_SIZES = {"brief": 32, "short": 60, "medium": 110, "long": 170, "longest": 10_000}
_ROW_IN_WORDS = 7
_CODE_LINES = {"brief": 4, "short": 12, "long": 24, "longest": 10_000}


@dataclass(frozen=True)
class Screen:
    """One screen: its place among the others, its text, and what the trainer reads to it."""

    slug: str
    title: str
    template: str
    size: str
    text: SafeString
    in_every_lesson: SafeString
    notes: list[Note]
    before: str
    after: str


def context(found: Lesson, added: list[DefenseText], position: str) -> dict[str, Any]:
    """Return what the presenter view shows that a lesson's own page doesn't.

    Where many defenses are added, the code on the screen is that of the ones which stop the attack.
    """
    of_lesson = _notes().get(found.number) or notes.Notes(found.minutes, ())
    stopping = [one for one in added if _stops(one.slug, found, position)] or added
    lines = sum(one.in_django.count("\n") + 1 for one in stopping)
    return {
        "screens": _screens(found, of_lesson.notes),
        "minutes": of_lesson.minutes,
        "votes": [(letter, as_page(said, inline=True)) for letter, _, said in found.lettered],
        "stopping": [one for one in stopping if one.in_django],
        "code_size": _size(lines, _CODE_LINES),
        "shortcuts": [[as_page(said, inline=True) for said in row] for row in _shortcuts()],
    }


def _screens(found: Lesson, of_lesson: tuple[Note, ...]) -> list[Screen]:
    unneeded = {"More"} - set(found.sections)
    unneeded |= set() if found.further else {"Try these too"}
    pages = [
        (slug, title, template)
        for (slug, template), title in zip(_PAGES.items(), notes.SCREENS, strict=True)
        if title not in unneeded
    ]
    slugs = ["", *(slug for slug, _, _ in pages), ""]
    return [
        Screen(
            slug=slug,
            title=title,
            template=f"lessons/present/{template}.html",
            size=_size(_weight(found.sections.get(title, "")), _SIZES),
            text=as_page(found.sections.get(title, "")),
            in_every_lesson=as_page(_in_every_lesson()[title], inline=True),
            notes=[
                Note(note.screen, note.kind, as_page(note.text, inline=True))
                for note in of_lesson
                if note.screen == title
            ],
            before=slugs[number],
            after=slugs[number + 2],
        )
        for number, (slug, title, template) in enumerate(pages)
    ]


def _stops(defense: str, found: Lesson, position: str) -> bool:
    """Tell whether a defense alone stops the lesson's attack as the fixed bank does."""
    matrix = expectations.the_matrix()
    cell = (matrix.profiles[0], found.attack, position, matrix.lab(found.attack, defense))
    return matrix.outcomes.get(cell) == found.outcomes(found.fix)[position]


def _weight(markdown: str) -> int:
    rows = re.findall(r"^(?:    |\||\d+\.|- )", markdown, re.MULTILINE)
    return len(markdown.split()) + _ROW_IN_WORDS * len(rows)


def _size(weight: int, sizes: dict[str, int]) -> str:
    return next(size for size, most in sizes.items() if weight <= most)


@cache
def _notes() -> dict[int, notes.Notes]:
    return notes.read_all()


@cache
def _in_every_lesson() -> dict[str, str]:
    return notes.for_every_lesson()


@cache
def _shortcuts() -> list[tuple[str, str]]:
    return notes.shortcuts()
