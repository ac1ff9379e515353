"""Applications with a small change, and what the change means: reads `mutants.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from catalogue.applications import Application, applications
from csrf_proof.marked import marked

FILE = Path(__file__).with_name("mutants.toml")
BY_FORM, BY_SCRIPT = "form", "script"
_KEYS = {"name", "of", "in", "after", "change", "meaning", "forged", "blocked", "by", "profile"}


class WrongEntry(ValueError):
    """An entry of the list that makes no application; the message says which, and why."""


@dataclass(frozen=True)
class Mutant:
    """A changed application: how it began, what it is now, and what's known of it.

    `forged` get through, `blocked` don't: each is an attack and a position, such as `form-post from
    subdomain`, in a browser of that `profile`. `by` says which of its actions is attacked.
    """

    name: str
    application: Application
    source: str
    meaning: str
    forged: tuple[str, ...]
    blocked: tuple[str, ...]
    by: str
    profile: str

    @property
    def is_sound(self) -> bool:
        return not self.forged

    @property
    def excerpt(self) -> str:
        """The marked parts, those that should be the defense, in which something was changed."""
        blocks = [block for block, _ in marked(self.source, self.application.file.name) if block]
        return "\n\n\n".join(b.text for b in blocks if b not in self.application.defense)

    @property
    def id(self) -> str:
        return f"{self.name}-{self.application.framework.lower()}"


@cache
def read(file: Path = FILE) -> tuple[Mutant, ...]:
    """Return all changed applications, in the order of the file.

    Raises:
        WrongEntry: A change doesn't fit its application, or something is misspelt.
    """
    entries: dict[str, Mapping[str, Any]] = {}
    found: list[Mutant] = []
    for entry in tomllib.loads(file.read_text(encoding="utf-8"))["mutant"]:
        name = entry["name"]
        if name in entries or not set(entry) <= _KEYS:
            raise WrongEntry(f"{name} is there twice, or one of its keys is unknown.")
        entries[name] = entry
        found += _mutants(entry, entries)
    return tuple(found)


def _mutants(entry: Mapping[str, Any], before: Mapping[str, Mapping[str, Any]]) -> Iterator[Mutant]:
    framework = entry.get("in")
    fitting = [a for a in applications(entry["of"]) if framework in {None, a.framework}]
    if not fitting:
        raise WrongEntry(f"{entry['name']}: there is no such application.")
    for application in fitting:
        yield Mutant(
            entry["name"],
            application,
            _changed(application.source, entry, before),
            entry["meaning"],
            tuple(entry.get("forged", ())),
            tuple(entry.get("blocked", ())),
            entry.get("by", BY_FORM),
            entry.get("profile", "chromium"),
        )


def _changed(source: str, entry: Mapping[str, Any], before: Mapping[str, Mapping[str, Any]]) -> str:
    if "after" in entry:
        source = _changed(source, before[entry["after"]], before)
    for old, new in entry["change"]:
        if source.count(old) != 1:
            raise WrongEntry(f"{entry['name']}: {old!r} is there {source.count(old)} times.")
        source = source.replace(old, new)
    return source
