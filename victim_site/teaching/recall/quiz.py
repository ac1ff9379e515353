"""The quiz: twelve ideas, each asked twice, before and after, so that the difference shows."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from statistics import mean
from typing import Any

from django.db.models import Count, Q

from victim_site.teaching.api import iso
from victim_site.teaching.recall import store
from victim_site.teaching.recall.models import Asked
from victim_site.teaching.recall.questions import Question, find

FILE = Path(__file__).with_name("quiz.toml")
FORMS = (store.BEFORE, store.AFTER)
COLUMNS = (
    "name",
    "form",
    "number",
    "lesson",
    "attack",
    "position",
    "lab",
    "profile",
    "answer",
    "sureness",
    "right",
    "time",
)


@dataclass(frozen=True)
class Pair:
    """An idea of a lesson, and the cells that ask about it: attack, position and lab."""

    number: int
    idea: str
    lesson: str
    before: tuple[str, str, str]
    after: tuple[str, str, str]

    def question(self, form: str, profile: str) -> Question | None:
        return find(*(self.before if form == store.BEFORE else self.after), profile)


@cache
def pairs() -> tuple[Pair, ...]:
    """Return the quiz's pairs, in order."""
    with FILE.open("rb") as file:
        listed = tomllib.load(file)["pairs"]
    return tuple(
        Pair(number, one["idea"], one["lesson"], _cell(one["before"]), _cell(one["after"]))
        for number, one in enumerate(listed, 1)
    )


def _cell(text: str) -> tuple[str, str, str]:
    attack, position, lab = text.split()
    return attack, position, lab


def answers(owner: str) -> dict[str, dict[int, Asked]]:
    """Return what a learner has answered, by form and number."""
    found: dict[str, dict[int, Asked]] = {form: {} for form in FORMS}
    for row in store.of(owner, *FORMS):
        if row.answered:
            found[row.form][row.number] = row
    return found


def next_pair(given: dict[int, Asked], profile: str, form: str) -> tuple[Pair, Question] | None:
    """Return the first pair of a form that isn't answered, and its question."""
    for pair in pairs():
        if pair.number not in given and (question := pair.question(form, profile)):
            return pair, question
    return None


def is_answered(given: dict[int, Asked]) -> bool:
    """Tell whether all of a form is answered."""
    return len(given) >= len(pairs())


def is_over(given: dict[str, dict[int, Asked]]) -> bool:
    """Tell whether both forms are answered, so that nothing is given away any more."""
    return all(is_answered(given[form]) for form in FORMS)


def answer(
    owner: str, form: str, pair: Pair, question: Question, said: str, sureness: str, now: datetime
) -> None:
    """Note an answer. The first one to a question counts."""
    row = Asked.about(question.cell, owner=owner, form=form, number=pair.number)
    row.lesson, row.answered = pair.lesson, now
    row.answer, row.sureness, row.right = said, sureness, said == question.right
    store.ask([row])


def averages(owners: Iterable[str]) -> list[tuple[str, int, float]]:
    """Return for each form how many of some learners have answered all of it, and how many answers
    of theirs are right on average; nothing for a form that nobody has."""
    found = (
        Asked.objects.filter(owner__in=list(owners), form__in=FORMS)
        .exclude(answered=None)
        .values("form", "owner")
        .annotate(given=Count("pk"), correct=Count("pk", filter=Q(right=True)))
        .filter(given__gte=len(pairs()))
    )
    scores: dict[str, list[int]] = {form: [] for form in FORMS}
    for each in found:
        scores[each["form"]].append(each["correct"])
    return [(form, len(each), mean(each)) for form, each in scores.items() if each]


def rows(owners: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield every answer of some learners to the quiz, for a table."""
    found = Asked.objects.filter(owner__in=list(owners), form__in=FORMS).exclude(answered=None)
    for row in found.order_by("owner", "round", "pk"):
        said = {"name": row.owner, "time": iso(row.answered) if row.answered else ""}
        yield {one: said[one] if one in said else getattr(row, one) for one in COLUMNS}
