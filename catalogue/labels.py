"""The grammar of labels. A label is the first part of a lab's host name, and says what the lab is:

    csrf-token--samesite-lax--with-open-redirect--for-otter42

Defenses and stacks come first, then weaknesses, then an owner. Standard library only: both sites
read labels with this. Which defenses, stacks and weaknesses exist is not known here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST_LABEL = 63  # The domain name system allows no more in one label (RFC 1035, 2.3.4).
LONGEST_OWNER = 12
NO_DEFENSE = "no-defense"
RESERVED = {"community", "for", "with", "www"}
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class BadLabel(ValueError):
    """Text that names no lab; the message says in one sentence why."""


@dataclass(frozen=True)
class Names:
    """What a label names, as it is written: `defenses` may contain stacks."""

    defenses: tuple[str, ...]
    weaknesses: tuple[str, ...]
    owner: str


def split(text: str) -> Names:
    """Return what a label names.

    Raises:
        BadLabel: The text is not a well-formed label.
    """
    if len(text) > LONGEST_LABEL:
        raise BadLabel(
            f"A label can have at most {LONGEST_LABEL} characters, and this one has {len(text)}. "
            "Use a stack, or a shorter owner."
        )
    defenses: list[str] = []
    weaknesses: list[str] = []
    owner = ""
    for part in text.split("--"):
        if not _NAME.fullmatch(part):
            raise BadLabel(f"“{part}” is not a valid name: names are a-z, 0-9 and single hyphens.")
        if owner:
            raise BadLabel("The owner (for-…) comes last, and only once.")
        if part.startswith("for-"):
            owner = part.removeprefix("for-")
            if len(owner) > LONGEST_OWNER:
                raise BadLabel(f"An owner can have at most {LONGEST_OWNER} characters.")
        elif part.startswith("with-"):
            weaknesses.append(part.removeprefix("with-"))
        elif part in RESERVED:
            raise BadLabel(f"“{part}” is a reserved word.")
        elif weaknesses:
            raise BadLabel("Defenses come before weaknesses.")
        else:
            defenses.append(part)
    if not defenses:
        raise BadLabel("A label begins with a defense. For a bank without any, use no-defense.")
    return Names(tuple(defenses), tuple(weaknesses), owner)


def is_label(text: str) -> bool:
    """Tell whether a text is a well-formed label. Its lab need not exist."""
    try:
        split(text)
    except BadLabel:
        return False
    return True


def without_owner(text: str) -> str:
    """Return the label of the same lab without its owner."""
    return text.partition("--for-")[0]


def with_weakness(text: str, weakness: str) -> str:
    """Return the label of the same lab with a weakness.

    If it already has that weakness, if `weakness` is empty, or if there's no room for it, the label
    is returned as it is.
    """
    named, owner_mark, owner = text.partition("--for-")
    part = f"with-{weakness}"
    if not weakness or part in named.split("--"):
        return text
    weak = f"{named}--{part}{owner_mark}{owner}"
    return weak if is_label(weak) else text
