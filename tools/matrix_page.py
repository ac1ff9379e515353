"""Write `docs/matrix.md`, the matrix for people who read the repository, from `matrix.toml`.

`python -m tools.matrix_page` writes it; with `--check` it only tells whether it is fresh.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from catalogue import matrix
from tools.check import ROOT
from tools.generated_page import write_or_check

FILE = ROOT / "docs" / "matrix.md"
TITLES = {
    "cross-site": "From another site",
    "lookalike": "From another site whose name begins like the bank's",
    "subdomain": "From a sub-domain of the bank",
    "same-origin": "From a script in the bank's own page",
}
HEAD = """# The matrix

Every attack against every defense and stack, in three kinds of browser. **forged** means that the
bank did what the attacker wanted; anything else is the reason why it did not. `chromium` sends
third-party cookies, `chromium-no-3pc` does not, and neither does `firefox`, which has no Lax
default either. *fresh* and *old*: the session cookie is younger or older than two minutes.

Written from [`catalogue/matrix.toml`](../catalogue/matrix.toml) by `make docs`; edit
that file, not this one. `make matrix-full` tries each of these cells in a real browser.
"""

Key = tuple[str, str, str]


def page() -> str:
    """Return the whole page."""
    loaded = matrix.load()
    found: dict[tuple[str, Key], list[matrix.Cell]] = {}
    for cell in loaded.cells():
        key = (cell.attack, cell.position, cell.defense)
        found.setdefault((cell.profile, key), []).append(cell)
    parts = [HEAD]
    for position, title in TITLES.items():
        attacks = [attack for attack, place in loaded.rows if place == position]
        for profile in loaded.profiles:
            parts.append(f"## {title}, {profile}\n")
            parts.append("\n".join(_table(loaded, attacks, profile, position, found)))
    parts.append("## Flawed defenses and labs of several\n")
    parts.append("Only the rows that state them, in `chromium`.\n")
    parts.append("\n".join(_also(loaded, found)))
    notes = sorted(
        {
            f"- `{cell.attack}` {cell.position}, `{cell.defense}`, {cell.profile}: {cell.note}"
            for cells in found.values()
            for cell in cells
            if cell.said and cell.said == cell.note
        }
    )
    if notes:
        parts += ["## Notes\n", "\n".join(notes)]
    if loaded.refuted:
        parts += ["## Where a browser refuted what the specifications say\n", _refuted(loaded)]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def _refuted(loaded: matrix.Matrix) -> str:
    return "\n".join(
        f"- `{one.attack}` {one.position}, `{one.defense}`: `{one.expected}` was expected, and "
        f"{one.profile} does otherwise: "
        f"`{loaded.outcomes[one.profile, one.attack, one.position, one.defense]}`"
        for one in loaded.refuted
    )


def _table(
    loaded: matrix.Matrix,
    attacks: list[str],
    profile: str,
    position: str,
    found: dict[tuple[str, Key], list[matrix.Cell]],
) -> Iterator[str]:
    columns = loaded.columns
    yield f"| attack | {' | '.join(columns)} |"
    yield "|---" * (len(columns) + 1) + "|"
    for attack in attacks:
        labs = (loaded.lab(attack, column) for column in columns)
        squares = (_square(found[profile, (attack, position, lab)]) for lab in labs)
        needs = f" with `{loaded.needs[attack]}`" if attack in loaded.needs else ""
        yield f"| `{attack}`{needs} | {' | '.join(squares)} |"


def _also(loaded: matrix.Matrix, found: dict[tuple[str, Key], list[matrix.Cell]]) -> Iterator[str]:
    yield "| lab | attack | from | outcome |"
    yield "|---|---|---|---|"
    profile = loaded.profiles[0]
    for label in loaded.labels:
        for (attack, position), lines in loaded.also.items():
            if label in lines:
                square = _square(found[profile, (attack, position, label)])
                yield f"| `{label}` | `{attack}` | {position} | {square} |"


def _square(cells: list[matrix.Cell]) -> str:
    texts = ["**forged**" if cell.outcome == matrix.FORGED else _blocked(cell) for cell in cells]
    if len(texts) == 1:
        return texts[0]
    return ", ".join(f"*{cell.cookie_age}* {text}" for cell, text in zip(cells, texts, strict=True))


def _blocked(cell: matrix.Cell) -> str:
    return cell.reason or f"n/a: {cell.note}"


def main() -> int:
    """Write the page, or tell that it is stale."""
    stale = "docs/matrix.md is older than matrix.toml: run make docs."
    return write_or_check(FILE, page(), stale)


if __name__ == "__main__":
    sys.exit(main())
