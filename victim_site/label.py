"""The label of a lab, which is the first part of its host name and says what the lab is.

    csrf-token--samesite-lax--with-open-redirect--for-otter42

names defenses and stacks, then weaknesses, then an owner. What a label does not say, its lab does
not do; and a label with a mistake in it is no lab, never one with fewer defenses.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from http.cookies import Morsel
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from victim_site.defenses.base import Defense, all_defenses
from victim_site.weaknesses.base import Weakness, all_weaknesses

STACKS_FILE = Path(__file__).parent / "defenses" / "stacks.toml"
LONGEST_LABEL = 63  # A label of the domain name system holds no more (RFC 1035, 2.3.4).
LONGEST_OWNER = 12
NO_DEFENSE = "no-defense"
RESERVED = {"community", "for", "with", "www"}
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class BadLabel(ValueError):
    """Text that names no lab; the message says in one sentence why."""


@dataclass(frozen=True)
class Label:
    """A well-formed label: its text, and what it stands for with all stacks expanded."""

    text: str
    defenses: tuple[Defense, ...]
    weaknesses: tuple[Weakness, ...]
    owner: str

    @property
    def host(self) -> str:
        return settings.ADDRESSES.domains.lab(self.text)

    @property
    def url(self) -> str:
        return settings.ADDRESSES.bank(self.text)

    @property
    def community(self) -> str:
        """The attacker's origin on a subdomain of this lab."""
        return settings.ADDRESSES.community(self.text)

    @property
    def lookalike(self) -> str:
        """The attacker's origin whose name begins with this lab's."""
        return settings.ADDRESSES.lookalike(self.text)

    @property
    def slugs(self) -> list[str]:
        """The expanded defenses; empty for `no-defense`."""
        return [defense.slug for defense in self.defenses if defense.slug != NO_DEFENSE]

    @property
    def weakness_slugs(self) -> list[str]:
        return [weakness.slug for weakness in self.weaknesses]

    @property
    def without_owner(self) -> str:
        return self.text.partition("--for-")[0]

    @cached_property
    def samesite(self) -> str:
        """What the session cookie of this lab says: `None`, `Lax`, `Strict`, or nothing."""
        cookie: Morsel[str] = Morsel()
        cookie["samesite"] = settings.SESSION_COOKIE_SAMESITE
        for defense in self.defenses:
            defense.session_cookie(cookie)
        samesite: str = cookie["samesite"]
        return samesite

    @cached_property
    def cookie_prefix(self) -> str:
        """What stands before the names of all cookies of this lab's bank."""
        return "".join(defense.cookie_prefix for defense in self.defenses)

    @cached_property
    def needs_script(self) -> bool:
        """Whether the bank's own forms must be sent by its script."""
        return any(defense.needs_script for defense in self.defenses)

    @cached_property
    def policy(self) -> dict[str, list[str]]:
        """The content security policy of this lab's pages, by directive."""
        policy: dict[str, list[str]] = {}
        for defense in self.defenses:
            policy |= defense.policy
        return policy

    def script_headers(self, request: HttpRequest) -> dict[str, str]:
        """Return the headers that the bank's own scripts must send."""
        headers: dict[str, str] = {}
        for defense in self.defenses:
            headers |= defense.script_headers(request)
        return headers


class SiteRequest(HttpRequest):
    """A request whose host is known; `label` is None on the teaching side."""

    label: Label | None


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
    if len(text) > LONGEST_LABEL:
        raise BadLabel(
            f"A label holds at most {LONGEST_LABEL} characters, and this one has {len(text)}. "
            "Use a stack, or a shorter owner."
        )
    named: list[str] = []
    owner = ""
    weaknesses: list[str] = []
    for part in text.split("--"):
        if not _NAME.fullmatch(part):
            raise BadLabel(f"“{part}” is no name: names are a-z, 0-9 and single hyphens.")
        if owner:
            raise BadLabel("The owner, for-…, comes last and once.")
        if part.startswith("for-"):
            owner = part.removeprefix("for-")
            if len(owner) > LONGEST_OWNER:
                raise BadLabel(f"An owner holds at most {LONGEST_OWNER} characters.")
        elif part.startswith("with-"):
            weaknesses.append(part.removeprefix("with-"))
        elif part in RESERVED:
            raise BadLabel(f"“{part}” is a reserved word.")
        elif weaknesses:
            raise BadLabel("Defenses come before weaknesses.")
        else:
            named.append(part)
    if not named:
        raise BadLabel("A label begins with a defense; the bank without any is no-defense.")
    return Label(text, _expand(named), _weaknesses(weaknesses), owner)


def _weaknesses(named: list[str]) -> tuple[Weakness, ...]:
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
                f"“{other.slug}” and “{new.slug}” contradict each other: both settle {new.settles}."
            )


def _expand(named: list[str]) -> tuple[Defense, ...]:
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
                raise BadLabel(f"“{member}” is named twice, perhaps by way of a stack.")
            _refuse_contradiction(defense, expanded)
            expanded.append(defense)
    if len(expanded) > 1 and all_defenses()[NO_DEFENSE] in expanded:
        raise BadLabel("“no-defense” stands alone.")
    return tuple(expanded)
