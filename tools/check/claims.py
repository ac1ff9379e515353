"""What defenses say about attacks: it must be what the matrix says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from catalogue import matrix
from tools.check.files import section

# What every flawed defense must state besides: people ship it for what it does against these.
PLAIN = [
    f"{attack}.{place}"
    for attack in ("form-post", "link-get")
    for place in ("cross-site", "subdomain")
]


@dataclass(frozen=True)
class Claims:
    """What a defense says about itself, as in its class."""

    where: str
    readme: str
    stops: tuple[str, ...] = ()
    does_not_stop: tuple[str, ...] = ()
    bypassed_by: str = ""
    fixed_by: str = ""


def untrue(
    claims: dict[str, Claims], sound: set[str], flawed: set[str], loaded: matrix.Matrix
) -> Iterator[str]:
    """Yield every claim of a defense that the matrix does not know, or contradicts."""
    expected = Expected(loaded)
    for slug in sorted(sound & set(claims)):
        said = claims[slug]
        yield from expected.contradictions(slug, said)
        if said.bypassed_by or said.fixed_by:
            yield f"{said.where}: only a flawed defense has bypassed_by and fixed_by: move it."
    for slug in sorted(flawed & set(claims)):
        yield from expected.contradictions(slug, claims[slug])
        yield from _flaw(slug, claims[slug], sound, expected)


class Expected:
    """What the matrix says, by the names that claims use: `form-post`, `form-post.subdomain`."""

    def __init__(self, loaded: matrix.Matrix) -> None:
        self.loaded = loaded
        self.rows: dict[str, list[tuple[str, str]]] = {}
        for attack, place in loaded.rows:
            self.rows.setdefault(attack, []).append((attack, place))
            self.rows[f"{attack}.{place}"] = [(attack, place)]
        self._squares: dict[tuple[str, str, str], list[matrix.Cell]] = {}
        for cell in loaded.cells():
            self._squares.setdefault((cell.attack, cell.position, cell.defense), []).append(cell)

    def cells(self, name: str, slug: str) -> list[matrix.Cell]:
        """Return all cells of one defense alone in the rows of that name."""
        return [
            cell
            for attack, place in self.rows[name]
            for cell in self._squares.get((attack, place, self.loaded.lab(attack, slug)), [])
        ]

    def contradictions(self, slug: str, said: Claims) -> Iterator[str]:
        """Yield what is wrong with the attacks that a defense says it stops, or does not."""
        for key in ("stops", "does_not_stop"):
            for name in getattr(said, key):
                where = f"{said.where}: {key} names {name}"
                if name not in self.rows:
                    yield f"{where}, which is not an attack or row of the matrix."
                elif not (cells := self.cells(name, slug)):
                    yield f"{where}, but no row of it in matrix.toml states {slug}: add the line."
                elif key == "does_not_stop" and not any(map(is_forged, cells)):
                    yield f"{where}, but the matrix expects it to be blocked."
                elif key == "stops" and any(map(is_forged, cells)):
                    forged = next(filter(is_forged, cells))
                    yield f"{where}, but the matrix expects it to be forged: {forged.name}."
                elif key == "stops" and not any(map(is_forged, self.cells(name, matrix.CONTROL))):
                    yield f"{where}, but browsers block that without any defense: name another."


def is_forged(cell: matrix.Cell) -> bool:
    return cell.outcome == matrix.FORGED


def _flaw(slug: str, said: Claims, sound: set[str], expected: Expected) -> Iterator[str]:
    """Yield what is not true of a flawed defense: what people try first, its bypass, its fix."""
    where, bypass = said.where, said.bypassed_by
    for key, heading in (("bypassed_by", "Bypassed by"), ("fixed_by", "Fixed by")):
        value = getattr(said, key)
        if not value:
            example = "form-post.subdomain" if key == "bypassed_by" else "origin-check"
            yield f'{where} does not say {key}: add a line such as {key} = "{example}".'
        elif f"`{value.partition('.')[0]}`" not in section(said.readme, heading):
            yield f"{where}: {key} is {value}; explain that under “{heading}” in its README."
    if bypass and ("." not in bypass or bypass not in expected.rows):
        yield f"{where}: bypassed_by is {bypass}, which is not a row of the matrix."
        bypass = ""
    for name in dict.fromkeys([*PLAIN, bypass] if bypass else PLAIN):
        attack = name.partition(".")[0]
        if name in expected.rows and not expected.cells(name, slug):
            label = expected.loaded.lab(attack, slug)
            yield f"matrix.toml: [{name}.also] does not state {label}."
    if not bypass:
        return
    cells = expected.cells(bypass, slug)
    if cells and not any(map(is_forged, cells)):
        yield f"{where} is bypassed by {bypass}, but the matrix expects that to be blocked."
    if said.fixed_by and said.fixed_by not in sound:
        yield f"{where} is fixed by {said.fixed_by}, which is not a sound defense."
    elif said.fixed_by and any(map(is_forged, expected.cells(bypass, said.fixed_by))):
        yield f"{where} is fixed by {said.fixed_by}, but in the matrix {bypass} bypasses that too."
