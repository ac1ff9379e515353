"""Advisories: CSRF as it's reported, and the lab here that shows each."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from catalogue.advisories import Advisory, Drawn, drawn
from victim_site.teaching import descriptions
from victim_site.teaching.links import walk


@dataclass(frozen=True)
class Case:
    """Advisories of one kind with the same counterpart here, or with none."""

    kind: str
    advisories: tuple[Advisory, ...]
    walk: str
    where: str

    @property
    def first(self) -> Advisory:
        return self.advisories[0]


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Fifty advisories, those that are the same here next to each other."""
    advisories = drawn().advisories
    found = cases(drawn())
    context = {
        "population": drawn().population,
        "cases": [case for case in found if case.walk],
        "missing": drawn().missing,
        "without": [case for case in found if not case.walk],
        "count": len(advisories),
        "mapped": sum(advisory.lab is not None for advisory in advisories),
        "assumed": sum(advisory.assumed is not None for advisory in advisories),
    }
    return render(request, "reference/advisories.html", context)


def cases(said: Drawn) -> tuple[Case, ...]:
    """Return the advisories by kind and counterpart, the most first."""
    together: dict[tuple[str | None, ...], list[Advisory]] = {}
    for one in said.advisories:
        # Those without a counterpart each have a reason of their own.
        key = (one.kind, one.lab, one.attack, one.position) if one.lab else (one.id,)
        together.setdefault(key, []).append(one)
    return tuple(
        Case(said.kinds[group[0].kind], tuple(group), *_counterpart(group[0]))
        for group in sorted(together.values(), key=len, reverse=True)
    )


def _counterpart(advisory: Advisory) -> tuple[str, str]:
    """Return the address of the walk, and where the attack is launched from, as a phrase."""
    if not (advisory.lab and advisory.attack and advisory.position):
        return "", ""
    there = walk(advisory.lab, advisory.attack, advisory.position)
    return there, str(descriptions.POSITIONS[advisory.position])
