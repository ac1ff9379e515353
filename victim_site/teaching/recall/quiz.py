"""The quiz: twelve ideas, each asked twice, before and after, so that the difference shows."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

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
# What a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


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


def is_over(given: dict[str, dict[int, Asked]]) -> bool:
    """Tell whether both forms are answered, so that nothing is given away any more."""
    return all(len(given[form]) >= len(pairs()) for form in FORMS)


def answer(
    owner: str, form: str, pair: Pair, question: Question, said: str, sureness: str, now: datetime
) -> None:
    """Note an answer. The first one to a question counts."""
    cell = question.cell
    store.ask(
        [
            Asked(
                owner=owner,
                form=form,
                number=pair.number,
                lesson=pair.lesson,
                attack=cell.attack,
                position=cell.position,
                lab=cell.defense,
                profile=cell.profile,
                answer=said,
                sureness=sureness,
                right=said == question.right,
                answered=now,
            )
        ]
    )


def rows(owners: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield every answer of some learners to the quiz, for a table."""
    found = Asked.objects.filter(owner__in=list(owners), form__in=FORMS).exclude(answered=None)
    for row in found.order_by("owner", "round", "pk"):
        yield {
            "name": row.owner,
            "form": row.form,
            "number": row.number,
            "lesson": row.lesson,
            "attack": row.attack,
            "position": row.position,
            "lab": row.lab,
            "profile": row.profile,
            "answer": row.answer,
            "sureness": row.sureness,
            "right": row.right,
            "time": iso(row.answered) if row.answered else "",
        }


def for_spreadsheet(row: dict[str, Any]) -> Sequence[str]:
    """Return a row's values as text, none of which a spreadsheet takes for a formula."""
    texts = ["" if row[column] is None else str(row[column]) for column in COLUMNS]
    return [f"'{text}" if text.startswith(_FORMULA) else text for text in texts]
