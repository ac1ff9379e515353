"""The list of missions, and the page of one with its live part."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_safe

from catalogue.graded import Graded
from catalogue.missions import OBVIOUS, Mission, all_missions
from victim_site.teaching import descriptions, expectations
from victim_site.teaching.labs.log import log_context
from victim_site.teaching.labs.views.free_play import aims
from victim_site.teaching.lessons import learner
from victim_site.teaching.lessons.markdown import as_page
from victim_site.teaching.links import attack_page, walk
from victim_site.teaching.missing import no_such
from victim_site.teaching.missions import solving
from victim_site.teaching.missions.told import told

GRADES = {1: gettext_noop("Easy"), 2: gettext_noop("Medium"), 3: gettext_noop("Hard")}


@require_safe
@learner.with_name
def index(request: HttpRequest, name: str) -> HttpResponse:
    """Every mission by grade, and which of them the visitor has solved."""
    solved = solving.solved_by(name)
    cards = {kind: _cards(found().values(), solved) for kind, found in solving.KINDS.items()}
    known = {slug for found in solving.KINDS.values() for slug in found()}
    context = {
        "groups": [
            (gettext(grade), [card for card in cards["break"] if card[0].grade == number])
            for number, grade in GRADES.items()
        ],
        "reviews": cards["review"],
        "fixes": cards["fix"],
        "solved": len(solved & known),
        "all": len(known),
    }
    return render(request, "missions/missions.html", context)


def _cards(
    found: Iterable[Graded], solved: Collection[str]
) -> list[tuple[Graded, SafeString, str, bool]]:
    """Return missions with their briefs and grades, and whether they are solved."""
    return [
        (one, as_page(one.brief), gettext(GRADES[one.grade]), one.slug in solved) for one in found
    ]


@require_safe
@learner.with_name
def show(request: HttpRequest, name: str, slug: str) -> HttpResponse:
    """One mission: its brief, the attacks to `try`, what arrives, and hints."""
    mission = _mission_or_404(slug)
    label = solving.own_lab(mission, name)
    profile, measured = learner.profile(request)
    attack, position = _chosen(request)
    browsers = mission.browsers(expectations.the_matrix())
    context = {
        "grade": gettext(GRADES[mission.grade]),
        "brief": as_page(mission.brief),
        "hints": [as_page(hint, inline=True) for hint in mission.hints],
        "bank": label.url,
        "aims": aims(),
        "aim": f"{attack}.{position}",
        "walk": walk(label.text, attack, position),
        "attack_page": attack_page(label, attack, position),
        "browsers": browsers if len(browsers) < len(expectations.the_matrix().profiles) else [],
        "works_here": profile in browsers,
        "measured": measured,
        **_live(mission, name),
    }
    return render(request, "missions/mission.html", context)


@require_safe
def live(request: HttpRequest, slug: str) -> HttpResponse:
    """The live part of a mission's page, which asks for it when something is new."""
    context = _live(_mission_or_404(slug), learner.named_in(request))
    return render(request, "missions/_live.html", context)


def _chosen(request: HttpRequest) -> tuple[str, str]:
    """Return the attack and position that a query chooses, or what everybody tries first."""
    attack, _, position = request.GET.get("try", "").partition(".")
    known = descriptions.attacks().get(attack)
    return (attack, position) if known and position in known.positions else OBVIOUS


def _live(mission: Mission, name: str) -> dict[str, Any]:
    """Return whether the mission is solved, what it was, and the log of its lab."""
    label = told(solving.own_lab(mission, name))
    context: dict[str, Any] = {"mission": mission, "name": name, **log_context(label)}
    if label.mystery:
        return context
    solved = solving.solved_by(name)
    return context | {
        "solved": True,
        "what_it_was": as_page(mission.what_it_was),
        "attack": descriptions.attacks()[mission.attack],
        "where": descriptions.POSITIONS[mission.position],
        "has": descriptions.summaries(label),
        "weak": [descriptions.weaknesses()[one] for one in label.weakness_slugs],
        "next": solving.next_unsolved(all_missions(), mission.slug, solved),
    }


def _mission_or_404(slug: str) -> Mission:
    if slug not in all_missions():
        raise no_such(slug, all_missions(), "missions")
    return all_missions()[slug]
