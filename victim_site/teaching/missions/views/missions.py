"""The list of missions, and the page of one with its live part."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_safe

from catalogue.fixes import all_fixes
from catalogue.missions import OBVIOUS, Mission, all_missions
from catalogue.reviews import all_reviews
from catalogue.spelling import closest
from victim_site.teaching import descriptions, expectations
from victim_site.teaching.labs.log import log_context
from victim_site.teaching.labs.views.free_play import aims
from victim_site.teaching.lessons import learner
from victim_site.teaching.lessons.markdown import as_page
from victim_site.teaching.links import attack_page, walk
from victim_site.teaching.missing import Missing
from victim_site.teaching.missions import solving
from victim_site.teaching.missions.told import told

GRADES = {1: gettext_noop("Easy"), 2: gettext_noop("Medium"), 3: gettext_noop("Hard")}


@require_safe
@learner.with_name
def index(request: HttpRequest, name: str) -> HttpResponse:
    """Every mission by grade, and which of them the visitor has solved."""
    solved = solving.solved_by(name)
    missions = all_missions().values()
    groups = [
        (
            gettext(grade),
            [(one, as_page(one.brief), one.slug in solved) for one in missions if one.grade == n],
        )
        for n, grade in GRADES.items()
    ]
    reviews = [(one, as_page(one.brief), one.slug in solved) for one in all_reviews().values()]
    fixes = [(one, as_page(one.brief), one.slug in solved) for one in all_fixes().values()]
    known = {*all_missions(), *all_reviews(), *all_fixes()}
    context = {
        "groups": groups,
        "reviews": reviews,
        "fixes": fixes,
        "solved": len(solved & known),
        "all": len(known),
    }
    return render(request, "missions/missions.html", context)


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
    missions = list(all_missions().values())
    context: dict[str, Any] = {"mission": mission, "name": name, **log_context(label)}
    if label.mystery:
        return context
    solved = solving.solved_by(name)
    return context | {
        "solved": True,
        "what_it_was": as_page(mission.what_it_was),
        "attack": descriptions.attacks()[mission.attack],
        "where": descriptions.POSITIONS[mission.position],
        "summaries": descriptions.summaries(label),
        "next": next((one for one in missions if one.slug not in solved), None),
    }


def _mission_or_404(slug: str) -> Mission:
    if slug not in all_missions():
        sentence = gettext("There is no mission called “%(slug)s”.") % {"slug": slug}
        raise Missing(sentence, "missions", closest(slug, all_missions()))
    return all_missions()[slug]
