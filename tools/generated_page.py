"""Pages of `docs/` that are made from data: written, or told to be stale."""

from __future__ import annotations

import sys
from pathlib import Path


def write_or_check(file: Path, text: str, stale: str) -> int:
    """Write a page or, with `--check`, say that it's stale if its text is another; return the exit
    status."""
    if "--check" not in sys.argv:
        file.write_text(text, encoding="utf-8")
        return 0
    if file.exists() and file.read_text(encoding="utf-8") == text:
        return 0
    print(stale, file=sys.stderr)
    return 1
