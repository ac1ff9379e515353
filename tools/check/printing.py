"""What a linter prints."""

from __future__ import annotations

import sys
from collections.abc import Iterable


def printed(problems: Iterable[str], what: str) -> bool:
    """Print problems, a line each, and how many there are; tell whether there's any."""
    found = list(problems)
    for problem in found:
        print(problem, file=sys.stderr)
    if found:
        print(f"{len(found)} {what}.", file=sys.stderr)
    return bool(found)
