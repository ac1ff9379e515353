"""Files in which some lines are marked as a defense: those lines, and the file without them.

Marks are on lines of their own, as comments of Python, of a template or of a script:

    --- the defense ---
    --- until here ---      or      --- instead of: what would be here without it ---
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from textwrap import dedent

_MARK = re.compile(r"\s*(#|\{#|//) --- (the defense|until here|instead of: (.*)) ---(?: #\})?")
# What a mark of each kind is a comment in, by the names of Pygments' lexers.
_LANGUAGES = {"#": "python", "{#": "html+django", "//": "javascript"}


class Unmarked(ValueError):
    """The marks of a file don't fit together; the message says where."""


@dataclass(frozen=True)
class Block:
    """Lines that stand together, and their language (`python`, `html+django`, `javascript`)."""

    text: str
    language: str


@dataclass(frozen=True)
class Marked:
    """A file as it is."""

    file: Path

    @cached_property
    def source(self) -> str:
        return self.file.read_text(encoding="utf-8")

    @cached_property
    def defense(self) -> list[Block]:
        """The lines that are the defense, in the order of the file, and none of them twice."""
        return list(
            dict.fromkeys(block for block, _ in marked(self.source, self.file.name) if block)
        )

    @property
    def without(self) -> str:
        """The whole file without the defense."""
        return "".join(rest for _, rest in marked(self.source, self.file.name))


def marked(source: str, name: str) -> Iterator[tuple[Block | None, str]]:
    """Yield each line outside the marks, and each block with what replaces it.

    Raises:
        Unmarked: The marks don't fit together; `name` is what the message calls the text.
    """
    block: list[str] | None = None
    for number, line in enumerate(source.splitlines(keepends=True), 1):
        mark = _MARK.fullmatch(line.rstrip("\n"))
        if mark is None:
            if block is None:
                yield None, line
            else:
                block.append(line)
        elif (mark[2] == "the defense") == (block is not None):
            raise Unmarked(f"{name}, line {number}: this mark isn't expected here.")
        elif block is None:
            block = []
        else:
            indent = line[: len(line) - len(line.lstrip())]
            text = dedent("".join(block)).strip("\n")
            yield Block(text, _LANGUAGES[mark[1]]), f"{indent}{mark[3]}\n" if mark[3] else ""
            block = None
    if block is not None:
        raise Unmarked(f"{name}: the last mark is never closed.")
