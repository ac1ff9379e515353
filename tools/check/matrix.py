"""The rows and columns of `matrix.toml`, and what else names its cells."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from catalogue import matrix
from csrf_proof.arsenal import Attack


def reasons(file: Path) -> set[str]:
    """Return the codes of all reasons, from the calls of `Reason` in the file."""
    return {
        ast.literal_eval(node.args[0])
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Reason"
    }


def rows(loaded: matrix.Matrix, attacks: dict[str, Attack]) -> Iterator[str]:
    """Yield every row that is missing, or that there should not be."""
    expected = {(slug, place) for slug, attack in attacks.items() for place in attack.positions}
    for slug, place in sorted(expected - set(loaded.rows)):
        yield f"matrix.toml has no row [{slug}.{place}]: state what is expected, or why not."
    for slug, place in sorted(set(loaded.rows) - expected):
        yield f"matrix.toml has a row [{slug}.{place}], but there is no such attack or position."


def columns(
    loaded: matrix.Matrix,
    columns: set[str],
    flawed: set[str],
    weaknesses: set[str],
    reasons: set[str],
) -> Iterator[str]:
    """Yield every column that a row lacks or invents, and every value that is not an outcome."""
    names = columns | flawed | {f"with-{weakness}" for weakness in weaknesses}
    for (slug, place), row in loaded.rows.items():
        where = f"matrix.toml: [{slug}.{place}]"
        for column in sorted(columns - set(row)):
            yield f"{where} does not state {column}."
        for column in sorted(set(row) - columns):
            yield f"{where} states {column}, which is not a defense or stack; is it for .also?"
        also = loaded.also[slug, place]
        for label in sorted(set(also) & {loaded.lab(slug, column) for column in columns}):
            yield f"{where} states {label} twice: it is a column, and needs no line in .also."
        for label in sorted(also):
            if unknown := set(label.split("--")) - names:
                yield (
                    f"{where} also states {label}, but {min(unknown)} is not a defense, stack or "
                    "weakness."
                )
        yield from _outcomes(where, {**row, **also}, reasons)


def beside(
    file: Path, attacks: dict[str, Attack], labels: set[str], reasons: set[str]
) -> Iterator[str]:
    """Yield the problems of a matrix besides the whole one, about https or another browser, which
    has the rows and columns that it likes."""
    try:
        loaded = matrix.load(file, file.parents[1] / "attacker_site" / "attacks")
    except matrix.MatrixError as error:
        yield f"{file.name}: {error}"
        return
    for (slug, place), row in loaded.rows.items():
        where = f"{file.name}: [{slug}.{place}]"
        # A sub-domain's page that came by http still is an attack from the sub-domain.
        if slug not in attacks or place.removeprefix("insecure-") not in attacks[slug].positions:
            yield f"{where}: there is no such attack or position."
        if list(row) != loaded.columns:
            yield f"{where} states other columns than the first row."
        also = loaded.also[slug, place]
        for label in sorted({*row, *also} - labels):
            yield f"{where} states {label}, which is not a defense or stack."
        yield from _outcomes(where, {**row, **also}, reasons)


def _outcomes(where: str, row: dict[str, Any], reasons: set[str]) -> Iterator[str]:
    for column, line in row.items():
        for value in _values(line):
            outcome = value.partition(": ")[0]
            if outcome == matrix.NOT_APPLICABLE:
                if not re.fullmatch(r"n/a: \S.+", value):
                    yield f"{where} {column} does not say why it is n/a."
            elif outcome != matrix.FORGED and outcome not in reasons:
                yield f"{where} {column}: {outcome} is not a known reason."


def _values(line: Any) -> Iterator[str]:
    """Yield every value that a line states."""
    if isinstance(line, str):
        yield line
        return
    for part in line.values():
        yield from _values(part)


def known_labs(file: Path, loaded: matrix.Matrix) -> Iterator[str]:
    """Yield every lab of others whose solution the matrix does not know, or does not expect."""
    outcomes = {
        (cell.attack, cell.position, cell.defense, cell.cookie_age): cell.outcome
        for cell in loaded.cells()
        if cell.profile == loaded.profiles[0]
    }
    lists = tomllib.loads(file.read_text(encoding="utf-8")).values()
    for lab in (lab for labs in lists for lab in labs if "page" not in lab):
        cell = (lab["attack"], lab["position"], lab["lab"], lab.get("age", "fresh"))
        said = f"{file.name}: “{lab['name']}”: {cell[0]}.{cell[1]} against {cell[2]} ({cell[3]})"
        wanted = matrix.BLOCKED if lab.get("holds") else matrix.FORGED
        if cell not in outcomes:
            yield f"{said} is not a cell of the matrix."
        elif outcomes[cell] != wanted:
            yield f"{said} is {outcomes[cell]} in the matrix, and should be {wanted}."
