"""What is expected to change when both sites speak https, from `matrix-https.toml`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

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
def expected() -> matrix.Matrix:
    return matrix.load(matrix.HTTPS_FILE)


@cache
def differing() -> list[Line]:
    """Return the lines of which any profile expects something else than over http."""
    cells: dict[tuple[str, str, str], dict[str, list[matrix.Cell]]] = {}
    for cell in expected().cells():
        line = cells.setdefault((cell.attack, cell.position, cell.defense), {})
        line.setdefault(cell.profile, []).append(cell)
    return [
        Line(
            attack,
            position,
            str(PLACES.get(position) or descriptions.POSITIONS[position]),
            defense,
            tuple(tuple(line[profile]) for profile in expected().profiles),
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
    """Return the profile of the whole matrix that one is a variant of, by its name."""
    known = [name for name in expectations.the_matrix().profiles if profile.startswith(name)]
    return max(known, key=len)


def _said(cells: list[matrix.Cell]) -> list[tuple[str, str, str | None]]:
    return [(cell.cookie_age, cell.outcome, cell.reason) for cell in cells]
