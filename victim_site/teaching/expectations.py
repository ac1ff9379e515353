"""What the matrix expects of an attack on a lab."""

from __future__ import annotations

from functools import cache

from catalogue import matrix
from catalogue.labels import BadLabel
from victim_site.bank.label import Label
from victim_site.label import parse


@cache
def the_matrix() -> matrix.Matrix:
    return matrix.load()


@cache
def cells() -> tuple[matrix.Cell, ...]:
    """Return every cell of the matrix, expanded."""
    return tuple(the_matrix().cells())


@cache
def squares(profile: str) -> dict[tuple[str, str, str], list[matrix.Cell]]:
    """Return one profile's cells by attack, position and defense: two where age matters."""
    found: dict[tuple[str, str, str], list[matrix.Cell]] = {}
    for cell in cells():
        if cell.profile == profile:
            found.setdefault((cell.attack, cell.position, cell.defense), []).append(cell)
    return found


def columns() -> list[str]:
    """Return the matrix's columns in order: defenses, then stacks."""
    return the_matrix().columns


def lab_for(text: str, attack: str) -> str:
    """Return a lab with what an attack needs added to its label, or as it is if that is none."""
    named, mark, owner = text.partition("--for-")
    try:
        return parse(the_matrix().lab(attack, named) + mark + owner).text
    except BadLabel:
        return text


def expected(label: Label, attack: str, position: str) -> list[matrix.Cell]:
    """Return what the matrix says of an attack on a lab in the first profile, if anything."""
    lab = lab_for(label.without_owner, attack)
    square = squares(the_matrix().profiles[0]).get((attack, position, lab), [])
    return [cell for cell in square if cell.cookie_age == "fresh"]
