"""What is expected to be different over https, and in WebKit, from matrices of their own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.utils.translation import gettext_lazy

from catalogue import matrix
from victim_site.teaching import descriptions, expectations

# Where the same page stands when everything is served over http, and how its place is said.
COUNTERPARTS = {"insecure-subdomain": "subdomain"}
PLACES = {
    "insecure-subdomain": gettext_lazy("from a sub-domain of the bank, whose page came by http")
}


@dataclass(frozen=True)
class Line:
    """One attack on one lab: its cells in each profile, two where age matters."""

    attack: str
    position: str
    where: str
    defense: str
    squares: tuple[tuple[matrix.Cell, ...], ...]


@cache
def expected(file: Path) -> matrix.Matrix:
    return matrix.load(file)


@cache
def differing(file: Path) -> list[Line]:
    """Return the lines of a matrix of which any profile expects something else than the whole
    matrix does, of it or of the one that it's compared with."""
    cells: dict[tuple[str, str, str], dict[str, list[matrix.Cell]]] = {}
    for cell in expected(file).cells():
        line = cells.setdefault((cell.attack, cell.position, cell.defense), {})
        line.setdefault(cell.profile, []).append(cell)
    return [
        Line(
            attack,
            position,
            str(PLACES.get(position) or descriptions.POSITIONS[position]),
            defense,
            tuple(tuple(line[profile]) for profile in expected(file).profiles),
        )
        for (attack, position, defense), line in cells.items()
        if any(_differs(profile, found) for profile, found in line.items())
    ]


def _differs(profile: str, found: list[matrix.Cell]) -> bool:
    first = found[0]
    position = COUNTERPARTS.get(first.position, first.position)
    square = expectations.squares(_known(profile)).get((first.attack, position, first.defense))
    return square is not None and _said(square) != _said(found)


def _known(profile: str) -> str:
    """Return the profile of the whole matrix that one is compared with: that of which it's a
    variant, by its name, else Chrome."""
    known = [name for name in expectations.the_matrix().profiles if profile.startswith(name)]
    return max(known, key=len, default=expectations.the_matrix().profiles[0])


def _said(cells: list[matrix.Cell]) -> list[tuple[str, str, str | None]]:
    return [(cell.cookie_age, cell.outcome, cell.reason) for cell in cells]
