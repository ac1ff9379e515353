"""What there is: attacks, defenses and weaknesses, as their own files describe them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy

from catalogue.applications import Application, applications
from csrf_proof.arsenal import Attack, read_all
from victim_site.bank.label import Label
from victim_site.defenses.base import all_defenses, flawed_defenses
from victim_site.label import stacks
from victim_site.teaching import expectations
from victim_site.weaknesses.registry import all_weaknesses

DEFENSES_DIR = settings.CHECKOUT / "victim_site" / "defenses"
DRAWINGS = settings.CHECKOUT / "attacker_site" / "static"
WEAKNESSES_DIR = settings.CHECKOUT / "victim_site" / "weaknesses"
POSITIONS = {
    "cross-site": gettext_lazy("from another site"),
    "subdomain": gettext_lazy("from a sub-domain of the bank"),
    "lookalike": gettext_lazy("from a site whose name begins like the bank’s"),
    "same-origin": gettext_lazy("from a script in the bank’s own page"),
}


@dataclass(frozen=True)
class Launch:
    """An attack, and the position that it's launched from, or empty for all that it has."""

    attack: str
    position: str

    @classmethod
    def named(cls, name: str) -> Launch:
        """Return the launch with a name such as `form-post` or `form-post.subdomain`."""
        attack, _, position = name.partition(".")
        return cls(attack, position)

    @property
    def where(self) -> str:
        return str(POSITIONS.get(self.position, ""))


@dataclass(frozen=True)
class DefenseText:
    """One defense, as its folder describes it: what it's called, first sentence, lesson, and the
    file that runs.

    `applications` are small ones that use it. A flawed one has none; it names the attack and
    position that bypass it, and the sound defense that stops that attack.
    """

    slug: str
    title: str
    summary: str
    text: str
    source: str
    file: str
    applications: list[Application]
    stops: list[Launch]
    does_not_stop: list[Launch]
    bypassed_by: Launch | None
    fixed_by: str

    @cached_property
    def in_django(self) -> str:
        """The lines that switch it on in Django, by the file of a project that they belong to;
        nothing if there are none.
        """
        for application in self.applications:
            if application.framework == "Django":
                return application.defense_by_file
        return ""


def positions(attack: Attack) -> list[tuple[str, str]]:
    """Return where an attack is launched from, and how that is said, in the usual order."""
    return [(slug, str(where)) for slug, where in POSITIONS.items() if slug in attack.positions]


@cache
def attacks() -> dict[str, Attack]:
    """Return every attack by slug, in the order of the matrix, which tells the story."""
    found = read_all()
    order = [attack for attack, _ in expectations.the_matrix().rows if attack in found]
    return {slug: found[slug] for slug in dict.fromkeys([*order, *found])}


@dataclass(frozen=True)
class WeaknessText:
    """One weakness, as its folder describes it, and the attacks that need it."""

    slug: str
    title: str
    summary: str
    text: str
    source: str
    file: str
    attacks: tuple[Attack, ...]


@cache
def weaknesses() -> dict[str, WeaknessText]:
    """Return every weakness by slug."""
    return {slug: _weakness(slug) for slug in all_weaknesses()}


def _weakness(slug: str) -> WeaknessText:
    needing = tuple(attack for attack in attacks().values() if attack.needs == slug)
    return WeaknessText(slug, **_read(WEAKNESSES_DIR, slug, "weakness.py"), attacks=needing)


def _read(parent: Path, slug: str, file: str) -> dict[str, str]:
    """Return what a folder has: title, first sentence, lesson, the file that runs, and its path."""
    folder = parent / slug.replace("-", "_")
    heading, summary, text = (folder / "README.md").read_text(encoding="utf-8").split("\n\n", 2)
    return {
        "title": heading.removeprefix("# ").replace("`", ""),
        "summary": summary,
        "text": text,
        "source": (folder / file).read_text(encoding="utf-8"),
        "file": str((folder / file).relative_to(settings.CHECKOUT)),
    }


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
    parent = DEFENSES_DIR / "flawed" if slug in flawed_defenses() else DEFENSES_DIR
    said = _read(parent, slug, "defense.py")
    defense = all_defenses()[slug]
    return DefenseText(
        slug,
        **said,
        applications=[] if defense.bypassed_by else applications(slug),
        stops=[Launch.named(name) for name in defense.stops],
        does_not_stop=[Launch.named(name) for name in defense.does_not_stop],
        bypassed_by=Launch.named(defense.bypassed_by) if defense.bypassed_by else None,
        fixed_by=defense.fixed_by,
    )


def summaries(label: Label) -> list[tuple[str, str]]:
    """Return the lab's defenses, each with its one sentence."""
    if label.mystery:
        return []
    return [(slug, defenses()[slug].summary) for slug in label.slugs or ["no-defense"]]


def by_kind() -> dict[str, Any]:
    """Return every defense for a list: the sound ones, the flawed ones, and the stacks."""
    return {
        "defenses": sound_defenses(),
        "flawed": flawed(),
        "stacks": stacks(),
        "weaknesses": weaknesses().values(),
    }
