"""How far a learner is in a lesson: read from what arrives at the labs, never from a click.

A lab writes an attempt down; if it is one that a lesson of the lab's owner is about, the lesson's
step is done, whatever becomes of the lab and its log later.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.db.models import QuerySet
from django.db.models.signals import post_save
from django.dispatch import receiver

from catalogue.lessons import Lesson, problems, read_all
from catalogue.matrix import FORGED
from csrf_proof.positions import FETCH_SITE
from victim_site.bank.attempts import ACT, APPLIED
from victim_site.bank.label import Label
from victim_site.bank.models import Attempt
from victim_site.label import parse
from victim_site.prepared import prepared
from victim_site.teaching import descriptions, expectations
from victim_site.teaching.labs.attempt_summary import sender
from victim_site.teaching.lessons.models import Progress

# Rows beyond are removed, the oldest first: twelve lessons for some thousand learners.
MOST_ROWS = 60_000
_REMOVED_EVERY = 50


@cache
def lessons() -> dict[str, Lesson]:
    """Return the lessons by slug, in order; those that say something wrong are left out."""
    return {lesson.slug: lesson for lesson in _read()[0]}


@cache
def mistakes() -> list[str]:
    """Return a sentence for everything that is wrong with the lessons' files."""
    return _read()[1]


@cache
def _read() -> tuple[list[Lesson], list[str]]:
    found, wrong = read_all()
    sound = []
    for lesson in found:
        said = list(problems(lesson, expectations.the_matrix()))
        wrong += said
        sound += [] if said else [lesson]
    return sound, wrong


def own_lab(lab: str, owner: str) -> Label:
    """Return the learner's own copy of a lab."""
    return parse(f"{lab}--for-{owner}")


def of(owner: str) -> dict[str, Progress]:
    """Return what a learner has done, by lesson, also of lessons that are no longer here."""
    return {row.lesson: row for row in _rows(owner)}


@prepared
def _rows(owner: str) -> QuerySet[Progress]:
    return Progress.objects.filter(owner=owner)


def next_lesson(rows: Mapping[str, Progress]) -> Lesson | None:
    """Return the first lesson that isn't done, if there is one."""
    found = lessons().items()
    return next((one for slug, one in found if slug not in rows or not rows[slug].is_done), None)


def result(lesson: Lesson, attempt: Attempt, label: Label) -> str | None:
    """Return the result of the lesson's attack, `forged` or a reason, if the attempt is it."""
    relations = {FETCH_SITE[position] for position in lesson.positions}
    attack = descriptions.attacks()[lesson.attack]
    if attempt.kind != ACT or (attempt.action, attempt.method) != (attack.action, attack.method):
        return None
    if sender(attempt, label) not in relations:
        return None
    # What the bank's own page is made to send, it sends by script; a visitor uses its forms.
    if attack.by_application and attempt.sec_fetch_mode == "navigate":
        return None
    return FORGED if attempt.outcome == APPLIED else attempt.reason


def is_of_another(lesson: Lesson, result: str, lab: str) -> bool:
    """Tell whether a result at a lab is what another lesson there is about, and not this one."""
    here = [each for each in lessons().values() if lab in each.labs]
    about = [each.slug for each in here if result in each.outcomes(lab).values()]
    return bool(about) and lesson.slug not in about


@receiver(post_save, sender=Attempt)
def note(sender: Any, instance: Attempt, **kwargs: Any) -> None:
    """Note what an attempt means for the lessons of the lab's owner."""
    label = parse(instance.lab.label)
    if not label.owner:
        return
    for lesson in lessons().values():
        for lab, step in zip(lesson.labs, ("tried", "fixed"), strict=True):
            if lab != label.without_owner:
                continue
            came_of_it = result(lesson, instance, label)
            if came_of_it and came_of_it in lesson.outcomes(lab).values():
                _write(label.owner, lesson.slug, **{step: came_of_it})


def predict(owner: str, lesson: Lesson, choice: str) -> bool:
    """Keep a prediction unless its outcome has been seen; return whether it counts."""
    seen = Progress.objects.filter(owner=owner, lesson=lesson.slug).exclude(tried="").exists()
    if not seen:
        _write(owner, lesson.slug, predicted=choice)
    return not seen


def forget(owner: str, lesson: str = "") -> None:
    """Forget a learner's progress in one lesson, or in all of them."""
    rows = Progress.objects.filter(owner=owner)
    (rows.filter(lesson=lesson) if lesson else rows).delete()


def _write(owner: str, lesson: str, **values: str) -> None:
    row, new = Progress.objects.update_or_create(owner=owner, lesson=lesson, defaults=values)
    if new and row.pk % _REMOVED_EVERY == 0:
        beyond = Progress.objects.order_by("-changed").values("pk")[MOST_ROWS:]
        Progress.objects.filter(pk__in=list(beyond.values_list("pk", flat=True))).delete()
