"""What the page of a lesson shows, as far as the learner has come."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext

from catalogue.gaps import stage_of
from catalogue.lessons import Claim, Lesson
from catalogue.matrix import FORGED
from catalogue.missions import missions_after
from catalogue.spelling import closest
from victim_site.teaching import descriptions, expectations, versions
from victim_site.teaching.browser.views import self_check
from victim_site.teaching.lessons import learner, progress
from victim_site.teaching.lessons.markdown import as_page
from victim_site.teaching.lessons.models import Progress
from victim_site.teaching.lessons.overview import browser_of
from victim_site.teaching.lessons.steps import FIXED, TRIED, step_of
from victim_site.teaching.links import get_label_or_404, walk
from victim_site.teaching.missing import Missing
from victim_site.teaching.recall.review import invitation
from victim_site.teaching.reference.see_also import see_also
from victim_site.teaching.your_app.offered import is_offered
from victim_site.wording import REASONS

# The parts of a lesson, in order; one is open, and the last three once the attack was seen.
STATIONS = ("predict", "do-it", "tried", "fix-it", "prove-it")


def get_lesson_or_404(slug: str) -> Lesson:
    found = progress.lessons().get(slug)
    if found is None:
        # A lesson that was taken out has its progress still, which nobody should worry about.
        sentence = gettext("There is no lesson called “%(slug)s”. No progress was lost.")
        raise Missing(sentence % {"slug": slug}, "lessons", closest(slug, progress.lessons()))
    return found


def lesson_context(
    request: HttpRequest, name: str, found: Lesson, presenting: bool = False
) -> dict[str, Any]:
    # The version first, so that what is shown is never older than it says. It has all of the
    # progress in it, and tells which labs there's nothing to read of.
    labels = [progress.own_lab(lab, name) for lab in found.labs]
    version = versions.current([label.text for label in labels], found.slug, name)
    row = versions.progress_in(version[versions.progress_key(found.slug, name)])
    cookieless = learner.blocks_cookies(request)
    browser = browser_of(request)
    position = found.position(expectations.the_matrix(), browser["profile"])
    others = list(progress.lessons().values())
    after = others.index(found) + 1
    is_open = bool(row.tried) or "all" in request.GET
    tried, fixed = (
        step_of(
            found,
            label,
            versions.has_attempts(version[label.text]),
            position,
            step + ".present" * presenting,
            getattr(row, step),
        )
        for label, step in zip(labels, (TRIED, FIXED), strict=True)
    )
    return {
        "lesson": found,
        # Only the whole page says it, and not its live part.
        "review": ""
        if row.tried
        else SimpleLazyObject(
            lambda: invitation(name, progress.of(name), browser["profile"], timezone.now())
        ),
        "count": len(others),
        "text": {
            title.lower().replace(" ", "_"): as_page(text) for title, text in found.sections.items()
        },
        "name": name,
        "row": row,
        "choices": [(code, as_page(text, inline=True)) for code, text in found.choices.items()],
        "presenting": presenting,
        "predicted": as_page(found.choices.get(row.predicted, ""), inline=True),
        "tried": tried,
        "fixed": fixed,
        "moved": position != found.positions[0],
        "position": position,
        "where": descriptions.POSITIONS[position],
        "attack": descriptions.attacks()[found.attack],
        "added": _added(found),
        "proof": [
            (
                profile,
                [
                    expectations.squares(profile).get((found.attack, position, lab), [])
                    for lab in found.labs
                ],
            )
            for profile in expectations.the_matrix().profiles
        ],
        "claims": [_claim(claim, name, browser["profile"]) for claim in found.further],
        # Not read before the attack was seen.
        "see_also": SimpleLazyObject(
            lambda: see_also(
                slug for label in labels for slug in [*label.slugs, *label.weakness_slugs]
            )
        ),
        "before": others[after - 2] if after > 1 else None,
        "after": others[after] if after < len(others) else None,
        "your_app": is_offered(request),
        "your_turn": bool(stage_of(found.number)),
        "missions": missions_after(found),
        "done": row.is_done,
        "open": is_open,
        "station": _station(row, request.GET.get("at", ""), is_open),
        "late": "late" in request.GET,
        "cookieless": cookieless,
        "version": versions.as_query(version) + versions.COOKIELESS * cookieless,
        "self_check": self_check.start_address(),
        **browser,
    }


def _station(row: Progress, wanted: str, is_open: bool) -> str:
    """Return the station that is open: the one that was asked for, or else the learner's next."""
    if wanted in (STATIONS if is_open else STATIONS[:2]):
        return wanted
    if row.tried:
        return "prove-it" if row.fixed else "tried"
    if row.fixed or row.predicted:
        return "do-it"
    return "tried" if is_open else "predict"


def _added(found: Lesson) -> list[descriptions.DefenseText]:
    """Return the defenses that the fix adds."""
    here, there = (get_label_or_404(lab).slugs for lab in found.labs)
    return [descriptions.defenses()[slug] for slug in there if slug not in here]


def _claim(claim: Claim, name: str, profile: str) -> dict[str, Any]:
    """Return a further claim: where to try it, and what is expected in the learner's browser."""
    cell = (claim.attack, claim.position, claim.lab)
    says = expectations.the_matrix().outcomes.get((profile, *cell), claim.says)
    label = progress.own_lab(claim.lab, name)
    return {
        "attack": descriptions.attacks()[claim.attack],
        "where": descriptions.POSITIONS[claim.position],
        "lab": claim.lab,
        "walk": walk(label.text, claim.attack, claim.position),
        "forged": says == FORGED,
        "reason": REASONS.get(says),
        "differs": says != claim.says,
    }
