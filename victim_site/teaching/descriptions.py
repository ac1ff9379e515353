"""What there is: attacks, defenses and weaknesses, as their own files describe them."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import dedent
from typing import Any

from django.conf import settings

from csrf_proof.attacks import Attack, read_all
from victim_site.bank.label import Label
from victim_site.defenses.base import all_defenses, flawed_defenses
from victim_site.label import stacks
from victim_site.teaching import expectations
from victim_site.weaknesses.registry import all_weaknesses

DEFENSES_DIR = settings.CHECKOUT / "victim_site" / "defenses"
WEAKNESSES_DIR = settings.CHECKOUT / "victim_site" / "weaknesses"
POSITIONS = {
    "cross-site": "from another site",
    "subdomain": "from a sub-domain of the bank",
    "lookalike": "from a site whose name begins like the bank's",
    "same-origin": "from a script in the bank's own page",
}


@dataclass(frozen=True)
class WeaknessText:
    """One weakness, as its file describes it, and the attacks that need it."""

    slug: str
    summary: str
    text: str
    source: str
    file: str
    attacks: tuple[Attack, ...]


@dataclass(frozen=True)
class DefenseText:
    """One defense, as its file describes it: first sentence, lesson, and the file itself.

    `django` are the lines that switch it on in Django. A flawed one also names the attack and
    position that defeat it, and the sound defense that stops that attack.
    """

    slug: str
    summary: str
    text: str
    source: str
    file: str
    django: str
    falls_to: tuple[str, str] | None = None
    mended_by: str = ""


def positions(attack: Attack) -> list[tuple[str, str]]:
    """Return where an attack is launched from, and how that is said, in the usual order."""
    return [(slug, where) for slug, where in POSITIONS.items() if slug in attack.positions]


@cache
def attacks() -> dict[str, Attack]:
    """Return every attack by slug, in the order of the matrix, which tells the story."""
    found = read_all()
    order = [attack for attack, _ in expectations.the_matrix().rows if attack in found]
    return {slug: found[slug] for slug in dict.fromkeys([*order, *found])}


@cache
def weaknesses() -> dict[str, WeaknessText]:
    """Return every weakness by slug."""
    return {slug: _weakness(slug) for slug in all_weaknesses()}


def _weakness(slug: str) -> WeaknessText:
    needing = tuple(attack for attack in attacks().values() if attack.needs == slug)
    return WeaknessText(slug, **_read(WEAKNESSES_DIR, slug), attacks=needing)


def _read(folder: Path, slug: str) -> dict[str, str]:
    """Return what a file says of itself: first sentence, lesson, whole source, and where it is."""
    file = folder / f"{slug.replace('-', '_')}.py"
    source = file.read_text(encoding="utf-8")
    summary, _, text = (ast.get_docstring(ast.parse(source)) or "").partition("\n\n")
    where = str(file.relative_to(settings.CHECKOUT))
    return {"summary": summary, "text": text, "source": source, "file": where}


@cache
def defenses() -> dict[str, DefenseText]:
    """Return every defense by slug."""
    return {slug: _defense(slug) for slug in all_defenses()}


@cache
def sound_defenses() -> list[DefenseText]:
    """Return the defenses that do what they say."""
    return [found for slug, found in defenses().items() if slug not in flawed_defenses()]


@cache
def flawed() -> list[DefenseText]:
    """Return the flawed defenses."""
    return [found for slug, found in defenses().items() if slug in flawed_defenses()]


def _defense(slug: str) -> DefenseText:
    folder = DEFENSES_DIR / "flawed" if slug in flawed_defenses() else DEFENSES_DIR
    said = _read(folder, slug)
    falls = re.search(r"^## Falls to\n\n`([a-z-]+)` from `([a-z-]+)`", said["text"], re.MULTILINE)
    mended = re.search(r"^## Mended by\n\n`([a-z-]+)`", said["text"], re.MULTILINE)
    return DefenseText(
        slug,
        **said,
        django=_in_django(said["text"]),
        falls_to=(falls[1], falls[2]) if falls else None,
        mended_by=mended[1] if mended else "",
    )


def _in_django(text: str) -> str:
    """Return the indented lines under “In Django” in a lesson, or nothing."""
    own = text.partition("## In your own project")[2].partition("\n## ")[0]
    found = re.search(r"^In Django.*\n\n((?:(?:    .*)?\n)+)", own + "\n", re.MULTILINE)
    return dedent(found[1]).strip() if found else ""


def summaries(label: Label) -> list[tuple[str, str]]:
    """Return the lab's defenses, each with its one sentence."""
    return [(slug, defenses()[slug].summary) for slug in label.slugs or ["no-defense"]]


def by_kind() -> dict[str, Any]:
    """Return every defense for a list: the sound ones, the flawed ones, and the stacks."""
    return {
        "defenses": sound_defenses(),
        "flawed": flawed(),
        "stacks": stacks(),
        "weaknesses": weaknesses().values(),
    }
