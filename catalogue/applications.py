"""The applications in the folders of sound defenses: where they are, and which of their lines are
the defense.

Marks stand on lines of their own, as comments of Python, of a template or of a script:

    --- the defense ---
    --- until here ---      or      --- instead of: what would stand here without it ---
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from textwrap import dedent

FOLDER = Path(__file__).parents[1] / "victim_site" / "defenses"
FILES = {"Django": "in_django.py", "Flask": "in_flask.py"}
# The port in every application's own instructions.
PORT = "5055"

_MARK = re.compile(r"\s*(#|\{#|//) --- (the defense|until here|instead of: (.*)) ---(?: #\})?")
# What a mark of each kind is a comment in, by the names of Pygments' lexers.
_LANGUAGES = {"#": "python", "{#": "html+django", "//": "javascript"}


class Unmarked(ValueError):
    """The marks of an application don't fit together; the message says where."""


@dataclass(frozen=True)
class Block:
    """Lines that stand together, and their language (`python`, `html+django`, `javascript`)."""

    text: str
    language: str


@dataclass(frozen=True)
class Application:
    """One application: the defense's slug, the framework, and the file as it is."""

    slug: str
    framework: str
    file: Path

    @cached_property
    def source(self) -> str:
        return self.file.read_text(encoding="utf-8")

    @property
    def instructions(self) -> list[str]:
        """The commands in its docstring: how to install what it needs, and how to start it."""
        return [line.strip() for line in self.source.splitlines()[:6] if line.startswith("    ")]

    @property
    def host(self) -> str:
        """The name under which its docstring says that it runs."""
        found = re.search(rf"http://([^:/]+):{PORT}/", self.source)
        assert found, f"{self.file} doesn't say where it runs"
        return found[1]

    @cached_property
    def defense(self) -> list[Block]:
        """The lines that are the defense, in the order of the file, and none of them twice."""
        return list(dict.fromkeys(block for block, _ in self._parts() if block))

    @property
    def without(self) -> str:
        """The whole file without the defense."""
        return "".join(rest for _, rest in self._parts())

    def _parts(self) -> Iterator[tuple[Block | None, str]]:
        """Yield each line outside the marks, and each block with what stands there without it."""
        block: list[str] | None = None
        for number, line in enumerate(self.source.splitlines(keepends=True), 1):
            mark = _MARK.fullmatch(line.rstrip("\n"))
            if mark is None:
                if block is None:
                    yield None, line
                else:
                    block.append(line)
            elif (mark[2] == "the defense") == (block is not None):
                raise Unmarked(f"{self.file.name}, line {number}: this mark isn't expected here.")
            elif block is None:
                block = []
            else:
                indent = line[: len(line) - len(line.lstrip())]
                text = dedent("".join(block)).strip("\n")
                yield Block(text, _LANGUAGES[mark[1]]), f"{indent}{mark[3]}\n" if mark[3] else ""
                block = None
        if block is not None:
            raise Unmarked(f"{self.file.name}: the last mark is never closed.")


def applications(slug: str, folder: Path = FOLDER) -> list[Application]:
    """Return the applications in a defense's folder, Django's first."""
    home = folder / slug.replace("-", "_")
    found = [Application(slug, framework, home / name) for framework, name in FILES.items()]
    return [application for application in found if application.file.exists()]


def every_application() -> list[Application]:
    """Return all applications, by slug."""
    slugs = sorted(folder.name.replace("_", "-") for folder in FOLDER.iterdir() if folder.is_dir())
    return [one for slug in slugs for one in applications(slug)]
