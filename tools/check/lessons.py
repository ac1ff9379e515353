"""The lessons, their claims, the trainer's notes on them, and the glossary."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from catalogue import lessons, matrix, notes

# A newcomer walks a lesson in about three minutes, one of which is reading.
MOST_WORDS = 350
# The end of a sentence of a lesson, and a link to a file next to it.
SENTENCE_END = re.compile(r"[.!?](?=\s|$)")
FILE_LINK = re.compile(r"\]\(([^):#]+\.md)(?:#([^)]+))?\)")


def problems(docs: Path, loaded: matrix.Matrix) -> Iterator[str]:
    """Yield what the matrix does not know of the lessons, and links that lead nowhere."""
    found, mistakes = lessons.read_all(docs / "lessons")
    yield from mistakes
    if [lesson.number for lesson in found] != list(range(1, len(found) + 1)):
        yield "docs/lessons: number the lessons 01, 02, 03 and so on, each number once."
    yield from notes.problems([lesson.number for lesson in found], docs / "facilitator.md")
    terms = _anchors(docs / "glossary.md")
    linked: set[str] = set()
    for lesson in found:
        yield from lessons.problems(lesson, loaded)
        if len(SENTENCE_END.findall(lesson.sections["The scene"])) != 2:
            yield f"{lesson.file}: the scene must be two sentences."
        if lesson.words > MOST_WORDS:
            yield f"{lesson.file} has {lesson.words} words to read: move some to More, or cut them."
        text = (docs / "lessons" / lesson.file).read_text(encoding="utf-8")
        for file, anchor in FILE_LINK.findall(text):
            if not (docs / "lessons" / file).resolve().exists():
                yield f"{lesson.file} links to {file}, which is not there."
            elif file == "../glossary.md":
                linked.add(anchor)
    for anchor in sorted(linked - terms):
        yield f"docs/glossary.md does not explain {anchor}, to which a lesson links."
    for anchor in sorted(terms - linked):
        yield f"docs/glossary.md explains {anchor}, to which no lesson links."


def _anchors(file: Path) -> set[str]:
    """Return the anchors of a Markdown file's headings of the second level."""
    titles = re.findall(r"^## (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return {lessons.anchor(title) for title in titles}
