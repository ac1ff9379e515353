"""The catalogue's linter: every attack, defense, lesson and cell is there, complete, and known.

`python -m tools.check` reads the files as text, prints a line for each problem that says what to
do about it, and ends with status 1 if there is one. There is a module for each concern.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from catalogue import advisories, fixes, missions, reviews
from catalogue import matrix as expectations
from tools.check import attacks, claims, defenses, gaps, lessons, matrix
from tools.check.files import BLANK, SLUG, blanks

__all__ = ["BLANK", "ROOT", "SLUG", "problems"]

ROOT = Path(__file__).resolve().parents[2]


def problems(root: Path = ROOT) -> Iterator[str]:
    """Yield every problem of a tree, one sentence each."""
    attacks_dir = root / "attacker_site" / "attacks"
    kinds = defenses.kinds(root)
    sound, flawed, weaknesses = (kind.slugs() for kind in kinds)
    stacks, mistakes = defenses.stacks(root, sound | flawed)
    yield from mistakes
    yield from blanks(root, [attacks_dir, *(kind.parent for kind in kinds)])
    found, mistakes = attacks.read_all(attacks_dir, sound | flawed, weaknesses)
    yield from mistakes
    yield from gaps.problems(root / "docs", found)
    claimed: dict[str, claims.Claims] = {}
    for kind in kinds:
        yield from kind.problems(claimed)
    for slug in sorted(sound & flawed):
        yield f"There are two defenses called {slug}: rename the one in flawed/."
    for slug in sorted(weaknesses - {attack.needs for attack in found.values()}):
        yield f"weaknesses/{slug}: no attack needs it, so nothing shows what it breaks."
    try:
        loaded = expectations.load(root / "catalogue" / "matrix.toml", attacks_dir)
    except expectations.MatrixError as error:
        yield f"matrix.toml: {error}"
        return
    reasons = matrix.reasons(root / "csrf_proof" / "reasons.py")
    columns = sound | set(stacks)
    yield from matrix.rows(loaded, found)
    yield from matrix.columns(loaded, columns, flawed, weaknesses, reasons)
    for name in ("matrix-https.toml", "matrix-webkit.toml"):
        yield from matrix.beside(root / "catalogue" / name, found, columns | flawed, reasons)
    yield from claims.untrue(claimed, sound, flawed, loaded)
    yield from matrix.known_labs(
        root / "victim_site" / "teaching" / "reference" / "known_labs.toml", loaded
    )
    yield from advisories.problems(root / "docs" / "advisories.toml", loaded)
    yield from lessons.problems(root / "docs", loaded)
    found_missions, mistakes = missions.read_all(root / "docs" / "missions")
    yield from mistakes
    for mission in found_missions:
        yield from missions.problems(mission, loaded)
    found_reviews, mistakes = reviews.read_all(root / "docs" / "reviews")
    yield from mistakes
    for review in found_reviews:
        yield from reviews.problems(review)
    found_fixes, mistakes = fixes.read_all(root / "docs" / "fixes")
    yield from mistakes
    for fix in found_fixes:
        yield from fixes.problems(fix, loaded)
    slugs = [
        *(mission.slug for mission in found_missions),
        *(review.slug for review in found_reviews),
        *(fix.slug for fix in found_fixes),
    ]
    if twice := {slug for slug in slugs if slugs.count(slug) > 1}:
        yield f"docs/missions, reviews and fixes: {min(twice)} is there twice: rename one."
