"""Which name somebody probably meant who mistyped it.

Standard library only: both sites suggest names with this.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

# No known name is longer, and comparing takes more time the longer a text is.
_LONGEST = 63
# From 0 to 1. With difflib's own 0.6, "post" alone would be taken for "ping-post".
_ALIKE = 0.7


def closest(typed: str, known: Iterable[str]) -> str:
    """Return the known name that is most like a mistyped one, or nothing if none is."""
    if len(typed) > _LONGEST:
        return ""
    wanted = typed.lower().replace("_", "-")
    return next(iter(get_close_matches(wanted, list(known), n=1, cutoff=_ALIKE)), "")
