"""Which lab a label names: looks up its defenses, stacks and weaknesses.

What a label does not say, its lab does not do; and a label with a mistake in it is refused, never
read as a lab with fewer defenses. The grammar is in `catalogue.labels`, and what the bank knows of
a lab in `bank.label`: the bank and the weaknesses must not import this file, since it imports them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from catalogue import labels
from catalogue.labels import LONGEST_LABEL, NO_DEFENSE, BadLabel
from catalogue.missions import MYSTERY, all_missions
from catalogue.spelling import closest
from victim_site.bank.label import Label
from victim_site.bank.weakness import Weakness
from victim_site.defenses.base import Defense, all_defenses
from victim_site.weaknesses.registry import all_weaknesses

STACKS_FILE = Path(__file__).parent / "defenses" / "stacks.toml"


@cache
def stacks() -> dict[str, dict[str, Any]]:
    """Return the stacks by slug, each with `title`, `summary` and `members`."""
    return tomllib.loads(STACKS_FILE.read_text(encoding="utf-8"))


@lru_cache(maxsize=1024)
def parse(text: str) -> Label:
    """Return the label that a text spells.

    Raises:
        BadLabel: The text is malformed, or names something unknown, repeated or contradictory.
    """
    named = labels.split(text)
    if any(name.startswith(MYSTERY) for name in named.defenses):
        return _mystery(text, named)
    return Label(text, _expand(named.defenses), _weaknesses(named.weaknesses), named.owner)


def _mystery(text: str, named: labels.Names) -> Label:
    """Return the label of a mission's lab, which does what the mission's file says."""
    slug = named.defenses[0].removeprefix(MYSTERY)
    if len(named.defenses) > 1 or named.weaknesses or slug not in all_missions():
        raise BadLabel("A label with “mystery-” names one mission, and after it only an owner.")
    if not named.owner:
        raise BadLabel("A mission’s lab belongs to somebody: open it from the mission’s page.")
    hidden = parse(all_missions()[slug].lab)
    return Label(text, hidden.defenses, hidden.weaknesses, named.owner, slug)


def closest_label(text: str) -> str:
    """Return the label that a mistyped one is most like, or nothing if that names no lab."""
    if len(text) > LONGEST_LABEL:
        return ""
    known = [*all_defenses(), *stacks(), *(f"with-{slug}" for slug in all_weaknesses())]
    label = "--".join(
        part if part.startswith("for-") else closest(part, known)
        for part in text.lower().split("--")
    )
    try:
        return parse(label).text
    except BadLabel:
        return ""


def _weaknesses(named: Sequence[str]) -> tuple[Weakness, ...]:
    found: list[Weakness] = []
    for name in named:
        weakness = all_weaknesses().get(name)
        if weakness is None:
            raise BadLabel(f"There is no weakness called “{name}”.")
        if weakness in found:
            raise BadLabel(f"“with-{name}” is named twice.")
        _refuse_contradiction(weakness, found)
        found.append(weakness)
    return tuple(found)


def _refuse_contradiction(new: Defense | Weakness, others: Sequence[Defense | Weakness]) -> None:
    for other in others:
        if new.settles and new.settles == other.settles:
            raise BadLabel(
                f"“{other.slug}” and “{new.slug}” contradict each other: "
                f"both determine {new.settles}."
            )


def _expand(named: Sequence[str]) -> tuple[Defense, ...]:
    expanded: list[Defense] = []
    for name in named:
        if name in stacks():
            members = stacks()[name]["members"]
        elif name in all_defenses():
            members = [name]
        else:
            raise BadLabel(f"There is no defense called “{name}”.")
        for member in members:
            defense = all_defenses()[member]
            if defense in expanded:
                raise BadLabel(f"“{member}” is named twice, perhaps as part of a stack.")
            _refuse_contradiction(defense, expanded)
            expanded.append(defense)
    if len(expanded) > 1 and all_defenses()[NO_DEFENSE] in expanded:
        raise BadLabel("“no-defense” can’t be combined with other defenses.")
    return tuple(expanded)
