"""What all checks share: names, headings, and what the scaffold leaves to write."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

# What the scaffold leaves for people to write.
BLANK = "TODO"
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
CACHES = {"__pycache__", "tests"}


def blanks(root: Path, folders: list[Path]) -> Iterator[str]:
    """Yield every file with something left to write."""
    files = {file for folder in folders for file in folder.rglob("*.*")}
    for file in sorted(files):
        if file.suffix in {".py", ".toml", ".html", ".md"} and "tests" not in file.parts:
            count = file.read_text(encoding="utf-8").count(BLANK)
            if count:
                yield f"{file.relative_to(root)} has “{BLANK}” {count} times: write it."


def headings(where: str, text: str, wanted: list[str]) -> Iterator[str]:
    """Yield what is wrong with the headings of the second level."""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    if parts[1::2] != wanted:
        yield f"{where} must have the headings {', '.join(wanted)}, in this order."
    for heading, body in zip(parts[1::2], parts[2::2], strict=True):
        if not body.strip():
            yield f"{where} says nothing under “{heading}”."


def section(text: str, heading: str) -> str:
    """Return what is under a heading of the second level."""
    return f"\n{text}".partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
