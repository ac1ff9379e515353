"""Which weaknesses there are."""

from __future__ import annotations

from functools import cache

from victim_site import weaknesses
from victim_site.bank.weakness import Weakness
from victim_site.discovery import members


@cache
def all_weaknesses() -> dict[str, Weakness]:
    """Return every weakness by its slug, found by listing the folder, in order of slug.

    Raises:
        TypeError: A folder doesn't have exactly one subclass of `Weakness`.
    """
    return members(Weakness, weaknesses)
