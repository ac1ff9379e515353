"""Two labs side by side: the same attack, and the log of either."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from catalogue.labels import NO_DEFENSE, BadLabel
from csrf_proof.arsenal import Attack
from victim_site.bank.label import Label
from victim_site.label import parse
from victim_site.teaching import descriptions, expectations
from victim_site.teaching.labs.choices import LONGEST_QUOTE, USUAL_ATTACK, learner
from victim_site.teaching.labs.log import log_context
from victim_site.teaching.links import walk
from victim_site.teaching.missions.told import told
from victim_site.wording import REASONS

# What is compared until the visitor says what.
FIRST, SECOND = NO_DEFENSE, "rule-of-thumb"


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """The same attack at two labs."""
    attack, position, mistake = _aim(request)
    asked = _asked(request)
    first, second = (_lab(text, attack.slug) for text in asked)
    if isinstance(first, Label) and first == second:
        second = BadLabel(gettext("Both sides are the same lab. Name another one here."))
    sides = [
        {"name": name, "title": title, "text": text, "mistake": lab}
        if isinstance(lab, BadLabel)
        else {"name": name, "title": title, "text": text, "lab": lab}
        | _shown(request, lab, other, attack.slug, position)
        for name, title, text, lab, other in (
            ("a", gettext("First lab"), asked[0], first, second),
            ("b", gettext("Second lab"), asked[1], second, first),
        )
    ]
    context = {
        "sides": sides,
        "mistake": mistake,
        "attack": attack,
        "position": position,
        "where": descriptions.POSITIONS[position],
        "attacks": descriptions.attacks().values(),
        "positions": descriptions.POSITIONS,
        "known": expectations.the_matrix().labels,
    }
    return render(request, "labs/compare.html", context)


def _aim(request: HttpRequest) -> tuple[Attack, str, str]:
    """Return the attack and the position, and what was wrong with those in the query."""
    slug = request.GET.get("attack") or USUAL_ATTACK[0]
    attack = descriptions.attacks().get(slug)
    if attack is None:
        usual = descriptions.attacks()[USUAL_ATTACK[0]]
        mistake = gettext("There is no attack called “%(slug)s”. This is %(instead)s.")
        said = {"slug": slug[:LONGEST_QUOTE], "instead": usual.slug}
        return usual, USUAL_ATTACK[1], mistake % said
    position = request.GET.get("position") or attack.positions[0]
    if position in attack.positions:
        return attack, position, ""
    unknown = gettext("from “%(position)s”") % {"position": position[:LONGEST_QUOTE]}
    mistake = gettext("%(slug)s is not launched %(where)s. This is %(instead)s.") % {
        "slug": slug,
        "where": descriptions.POSITIONS.get(position, unknown),
        "instead": descriptions.POSITIONS[attack.positions[0]],
    }
    return attack, attack.positions[0], mistake


def _asked(request: HttpRequest) -> tuple[str, str]:
    """Return the two labels as given; one that is missing is the visitor's own like the other."""
    first, second = (request.GET.get(side, "").strip() for side in ("a", "b"))
    _, mark, owner = (first or second).partition("--for-")
    if not (first or second) and (owner := learner(request)):
        mark = "--for-"
    first = first or (SECOND if second.startswith(FIRST) else FIRST) + mark + owner
    second = second or (FIRST if first.startswith(SECOND) else SECOND) + mark + owner
    return first, second


def _lab(text: str, attack: str) -> Label | BadLabel:
    """Return the lab at which an attack is tried, with the weakness that it needs."""
    try:
        lab = told(parse(expectations.lab_for(text, attack)))
    except BadLabel as mistake:
        return mistake
    if lab.mystery:
        return BadLabel("What this lab does is for you to find out, so it can’t be compared.")
    return lab


def _shown(
    request: HttpRequest, lab: Label, other: Label | BadLabel, attack: str, position: str
) -> dict[str, Any]:
    """Return one side: what its lab has, and the other has not, what is expected, and its log."""
    only = set(_named(lab)) - set(_named(other)) if isinstance(other, Label) else set()
    weak = [(slug, descriptions.weaknesses()[slug].summary) for slug in lab.weakness_slugs]
    cells = expectations.expected(lab, attack, position)
    return {
        "defenses": [(s, said, s in only) for s, said in descriptions.summaries(lab)],
        "weaknesses": [(s, said, s in only) for s, said in weak],
        "expected": [(cell, REASONS.get(cell.reason or "")) for cell in cells],
        "walk": walk(lab.text, attack, position),
        "log": render_to_string("labs/_log.html", log_context(lab), request),
    }


def _named(lab: Label) -> list[str]:
    return lab.slugs + lab.weakness_slugs
