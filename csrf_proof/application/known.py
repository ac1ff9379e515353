"""What the owner of an application says of an action that is to be found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path


@dataclass(frozen=True)
class Accepted:
    """An attack that gets through and may do so for now: its slug, why, and the last day."""

    attack: str
    reason: str
    until: date

    def __str__(self) -> str:
        return f"accepted until {self.until}: {self.reason}"


@dataclass(frozen=True)
class Source:
    """A line of a file that says what an action is. Its name is relative, and has slashes."""

    file: str
    line: int

    @classmethod
    def of(cls, file: Path, line: int) -> Source:
        there = file.resolve()
        here = Path.cwd()
        return cls(
            (there.relative_to(here) if there.is_relative_to(here) else there).as_posix(), line
        )


@dataclass(frozen=True)
class Known:
    """Only the address has to be known; the rest is found. These are the keys of csrf-proof.toml.

    `changes` is the field that gets another value, `fields` are what others are to hold, `method`
    is that of a request without a form. `sign_in` and `state` are the paths of the form to sign in
    with, and of a page that shows what was saved. `as_` is who signs in, `attacker` another user,
    whose token and cookies an attack may use. `storage_state` is a file in which Playwright saved a
    signed-in browser. `signs_out`: the address signs out, or leads to a page with a button or link
    that does. `signs_in`: its form signs in. `known` are the attacks that don't count as long as
    they're accepted. `i_own` are hosts other than this machine that may be attacked.
    """

    url: str
    changes: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    method: str | None = None
    sign_in: str | None = None
    as_: str = ""
    attacker: str = ""
    storage_state: str | None = None
    state: str | None = None
    signs_out: bool = False
    signs_in: bool = False
    known: Sequence[Accepted] = ()
    i_own: Sequence[str] = ()
