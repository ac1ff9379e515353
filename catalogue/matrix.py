"""The reader of `matrix.toml`: expands rows and lines to cells.

It belongs to neither site: the teaching side shows these cells, the tests in `e2e` prove them, and
`tools.check` sees that none is missing. So what is shown is what is proven.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from csrf_proof import arsenal

FILE = Path(__file__).with_name("matrix.toml")
HTTPS_FILE = Path(__file__).with_name("matrix-https.toml")
WEBKIT_FILE = Path(__file__).with_name("matrix-webkit.toml")
CONTROL = "no-defense"
ALSO, REFUTED = "also", "refuted"
NOT_SENT = "not-sent"
# What a browser does after the request, or instead of it, and so no verdict of the bank's on it.
UNSEEN = ("csp-refused", "preflight-refused", "press-ignored", "response-unreadable")
# What a browser does with the answer to a sign-in. By then the bank has judged the request.
NOT_KEPT = "cookie-not-kept"
FORGED, BLOCKED, NOT_APPLICABLE = "forged", "blocked", "n/a"
AGES = ("fresh", "old")


class MatrixError(ValueError):
    """`matrix.toml` says something that cannot be read; the message names the row."""


@dataclass(frozen=True)
class Cell:
    """One expectation.

    `reason` is a reason code where the outcome is `blocked`. `verdict` is what a defense says of
    the request itself, which differs from `reason` where the browser was first. `note` is a
    sentence, or empty; `said` is the part of it that is in the file.
    """

    attack: str
    position: str
    defense: str
    profile: str
    cookie_age: str
    outcome: str
    reason: str | None
    verdict: str | None
    note: str
    said: str
    browser_first: bool

    @property
    def name(self) -> str:
        """A name for people and test reports, unique in the matrix."""
        parts = [self.profile, self.attack, self.position, self.defense]
        return "/".join(parts + [self.cookie_age] * (self.cookie_age != "fresh"))


@dataclass(frozen=True)
class Refuted:
    """An expectation that a browser refuted: `expected` is what the specifications say."""

    attack: str
    position: str
    defense: str
    profile: str
    expected: str


@dataclass(frozen=True)
class Matrix:
    """The profiles, and every row by (attack, position), `like` resolved, lines as written.

    `also` holds, by the same keys, the labs that only some rows state. `needs` names, for some
    attacks, the weakness of the bank that they need. `refuted` is what was expected otherwise.
    """

    profiles: tuple[str, ...]
    rows: dict[tuple[str, str], dict[str, Any]]
    also: dict[tuple[str, str], dict[str, Any]]
    needs: dict[str, str]
    refuted: tuple[Refuted, ...] = ()

    def lab(self, attack: str, column: str) -> str:
        """Return the label of the lab in which a row's line about a column is measured."""
        weakness = self.needs.get(attack)
        if weakness is None or f"with-{weakness}" in column.split("--"):
            return column
        return f"{column}--with-{weakness}"

    def is_forged(self, profile: str, attack: str, position: str, label: str) -> bool:
        """Tell whether an attack on a lab is expected to work in a browser of that profile."""
        return self.outcomes.get((profile, attack, position, label)) == FORGED

    def works_from(self, profile: str, attack: str, positions: Sequence[str]) -> str:
        """Return the first position from which an attack works in a browser of that profile where
        nothing else stops it; the first one if there's none."""
        control = self.lab(attack, CONTROL)
        works = (p for p in positions if self.is_forged(profile, attack, p, control))
        return next(works, positions[0])

    @property
    def columns(self) -> list[str]:
        """Every defense and stack that each row states, in the order of the first row."""
        return list(next(iter(self.rows.values())))

    @property
    def labels(self) -> list[str]:
        """Every label that any row states: the columns, then what only some rows have."""
        return list(dict.fromkeys([*self.columns, *(d for row in self.also.values() for d in row)]))

    @cached_property
    def outcomes(self) -> dict[tuple[str, str, str, str], str]:
        """What is expected of a fresh cookie, by profile, attack, position and label.

        It is `forged`, the reason of a refusal, or `n/a`.
        """
        return {
            (cell.profile, cell.attack, cell.position, cell.defense): cell.reason or cell.outcome
            for cell in self.cells()
            if cell.cookie_age == "fresh"
        }

    def cells(self) -> Iterator[Cell]:
        """Yield every cell, profile by profile."""
        for profile in self.profiles:
            for (attack, position), lines in self.rows.items():
                control = _by_age(lines[CONTROL], profile)["fresh"]
                stated = {self.lab(attack, column): line for column, line in lines.items()}
                for defense, line in (stated | self.also[attack, position]).items():
                    for age, value in _by_age(line, profile).items():
                        yield _cell(attack, position, defense, profile, age, value, control)


def load(path: Path = FILE, folder: Path = arsenal.FOLDER) -> Matrix:
    """Read a matrix; what an attack needs is said in the folder of the attacks.

    Raises:
        MatrixError: A row has no control, or is like a row that does not exist; a line names no
            profile that there is, or forgets one.
    """
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    profiles = tuple(data.pop("profiles"))
    written = {
        (attack, position): row for attack, rows in data.items() for position, row in rows.items()
    }
    also = {key: row.pop(ALSO, {}) for key, row in written.items()}
    wrong = {key: row.pop(REFUTED, {}) for key, row in written.items()}
    rows = {key: _resolve(key, written) for key in written}
    refuted = tuple(
        Refuted(*key, defense, profile, expected)
        for key, lines in wrong.items()
        for defense, line in lines.items()
        for profile, expected in line.items()
    )
    matrix = Matrix(profiles, rows, also, _needs(folder), refuted)
    for (attack, position), row in matrix.rows.items():
        if CONTROL not in row:
            raise MatrixError(f"{attack}.{position} has no line for its control, {CONTROL}.")
        for defense, line in (row | also[attack, position]).items():
            if mistake := _mistake(line, profiles):
                raise MatrixError(f"{attack}.{position}: {defense} {mistake}.")
    for one in refuted:
        _check_refuted(matrix, one)
    return matrix


def _check_refuted(matrix: Matrix, one: Refuted) -> None:
    where = f"{one.attack}.{one.position}.{REFUTED}: {one.defense}"
    key = (one.attack, one.position)
    line = (matrix.rows[key] | matrix.also[key]).get(one.defense)
    if line is None:
        raise MatrixError(f"{where} is not a line of the row.")
    if one.profile not in matrix.profiles:
        raise MatrixError(f"{where} names {one.profile}, which is not a profile.")
    if one.expected in _by_age(line, one.profile).values():
        raise MatrixError(f"{where} says that {one.expected} was refuted, and still expects it.")


def _needs(folder: Path) -> dict[str, str]:
    return {slug: attack.needs for slug, attack in arsenal.read_all(folder).items() if attack.needs}


def _resolve(
    key: tuple[str, str],
    written: dict[tuple[str, str], dict[str, Any]],
    seen: tuple[tuple[str, str], ...] = (),
) -> dict[str, Any]:
    if key not in written:
        raise MatrixError(f"{'.'.join(seen[-1])} is like {'.'.join(key)}, which has no row.")
    if key in seen:
        raise MatrixError(f"{'.'.join(key)} is like itself.")
    row = dict(written[key])
    if other := row.pop("like", None):
        attack, _, position = other.partition(".")
        return _resolve((attack, position or key[1]), written, (*seen, key)) | row
    return row


def _mistake(line: Any, profiles: tuple[str, ...]) -> str:
    """Return what is wrong with how a line is divided, or nothing."""
    if not isinstance(line, dict):
        return ""
    if keys := set(line) & set(AGES):
        return "" if keys == set(line) == set(AGES) else f"must state {' and '.join(AGES)}, alone"
    if unknown := set(line) - {*profiles, "else"}:
        return f"names {min(unknown)}, which isn't a profile"
    if "else" not in line and set(line) != set(profiles):
        return "does not state every profile"
    return next(filter(None, (_mistake(part, profiles) for part in line.values())), "")


def _by_age(line: Any, profile: str) -> dict[str, str]:
    """Return the value of a line in one profile: always `fresh`, and `old` where it is stated."""
    while isinstance(line, dict):
        if "fresh" in line:
            return {age: line[age] for age in AGES}
        line = line[profile] if profile in line else line["else"]
    return {"fresh": line}


def _cell(
    attack: str, position: str, defense: str, profile: str, age: str, value: str, control: str
) -> Cell:
    value, _, said = value.partition(": ")
    control, _, why = control.partition(": ")
    outcome, note, first = BLOCKED, "", False
    reason: str | None = value
    verdict: str | None = value
    if value == NOT_APPLICABLE:
        outcome, reason, verdict = NOT_APPLICABLE, None, None
    elif control == NOT_SENT:
        reason, verdict = NOT_SENT, None
        note = "" if said else why or "This browser makes no such request."
    elif NOT_KEPT in (value, control) and value in (NOT_KEPT, FORGED):
        reason, verdict = NOT_KEPT, None
    elif value.startswith("cookie-"):
        verdict = None
        first = defense.startswith(CONTROL)
        note = "The browser was first." if first else ""
    elif value in UNSEEN:
        verdict = None
    elif control not in (FORGED, NOT_KEPT):
        # The browser withheld the cookie before the defense ran.
        first, reason, verdict = True, control, None if value == FORGED else value
        itself = f"; the defense itself says {verdict}" if verdict else ""
        note = f"The browser was first{itself}."
    elif value == FORGED:
        outcome, reason, verdict = FORGED, None, None
    note = " ".join(filter(None, (note, said)))
    return Cell(
        attack, position, defense, profile, age, outcome, reason, verdict, note, said, first
    )
