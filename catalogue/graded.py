"""What missions of all kinds have in common: a file each, and a grade."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from catalogue import documents

# Easy, medium, hard.
GRADES = (1, 2, 3)


@dataclass(frozen=True)
class Graded:
    """A mission of any kind. The brief is Markdown."""

    slug: str
    title: str
    grade: int
    brief: str


G = TypeVar("G", bound=Graded)


def read_all(
    folder: Path, read_one: Callable[[Path], G], pattern: str = "*"
) -> tuple[list[G], list[str]]:
    """Return what is in each file of a folder, the easy ones first, and a sentence for each
    mistake."""
    found, mistakes = documents.read_all(folder, read_one, pattern)
    return sorted(found, key=lambda one: one.grade), mistakes


def read(
    file: Path, types: Mapping[str, type], headings: Sequence[str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the front matter of a file that has a title, a grade and more, and its texts.

    Raises:
        DocumentError: Something is missing, or there that nothing reads.
    """
    about, sections = documents.read(file, {"title": str, "grade": int, **types}, headings)
    if about["grade"] not in GRADES:
        grades = ", ".join(map(str, GRADES))
        raise documents.wrong(file, f"has the grade {about['grade']}: write one of {grades}.")
    return about, sections
