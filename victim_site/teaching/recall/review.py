"""The questions before a lesson: about earlier ones, and again about those that were missed."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext, gettext_noop, ngettext

from catalogue.lessons import Lesson
from victim_site.teaching.lessons import progress
from victim_site.teaching.lessons.models import Progress
from victim_site.teaching.recall import schedule, store
from victim_site.teaching.recall.models import Asked
from victim_site.teaching.recall.questions import Question, find

IN_A_ROUND = 5
_NUMBERS = (
    gettext_noop("one"),
    gettext_noop("two"),
    gettext_noop("three"),
    gettext_noop("four"),
    gettext_noop("five"),
)
Place = tuple[str, str, str]


@dataclass(frozen=True)
class Candidate:
    """A question that may be asked, and the lesson that it's from."""

    lesson: str
    question: Question

    @property
    def place(self) -> Place:
        cell = self.question.cell
        return cell.attack, cell.position, cell.defense


def seen(rows: Mapping[str, Progress]) -> list[Lesson]:
    """Return the lessons whose attack a learner has seen, in order."""
    return [
        lesson
        for slug, lesson in progress.lessons().items()
        if (row := rows.get(slug)) is not None and row.tried
    ]


def candidates(lessons: Sequence[Lesson], profile: str) -> list[Candidate]:
    """Return every question about what some lessons claim, each once; but none about an attack that
    none of them has shown."""
    shown = {lesson.attack for lesson in lessons}
    found: dict[Place, Candidate] = {}
    for lesson in lessons:
        for claim in lesson.claims:
            place = (claim.attack, claim.position, claim.lab)
            if claim.attack in shown and place not in found and (question := find(*place, profile)):
                found[place] = Candidate(lesson.slug, question)
    return list(found.values())


def choose(
    among: Sequence[Candidate], asked: Sequence[Asked], seed: str, now: datetime
) -> list[Candidate]:
    """Return the questions of the next round, the same ones for the same seed.

    Those that are due come first, then those that were never asked, then those that were right.
    Those that were missed and aren't due yet wait.
    """
    again = due(asked)
    mixed = list(among)
    random.Random(seed).shuffle(mixed)  # noqa: S311  Nothing is secret here.
    ranked: list[tuple[int, int, int, Candidate]] = []
    of_lesson: Counter[str] = Counter()
    for one in mixed:
        when = again.get(one.place)
        if when and when > now:
            continue
        rank = 0 if when else 2 if one.place in again else 1
        of_lesson[one.lesson] += 1
        # From as many lessons as there are.
        ranked.append((rank, of_lesson[one.lesson], len(ranked), one))
    return [one for *_, one in sorted(ranked, key=lambda entry: entry[:3])[:IN_A_ROUND]]


def start(owner: str, before: str, chosen: Sequence[Candidate], asked: Sequence[Asked]) -> None:
    """Begin a round, unless another tab has just begun it."""
    following = max((row.round for row in asked), default=0) + 1
    store.ask(
        Asked.about(
            one.question.cell,
            owner=owner,
            form=store.REVIEW,
            round=following,
            number=number,
            before=before,
            lesson=one.lesson,
        )
        for number, one in enumerate(chosen, 1)
    )


def newest_round(asked: Sequence[Asked]) -> list[tuple[Asked, Question]]:
    """Return the newest round's questions, without those that the matrix no longer has."""
    newest = max((row.round for row in asked), default=0)
    return [
        (row, question)
        for row in asked
        if row.round == newest and (question := question_of(row)) is not None
    ]


def question_of(row: Asked) -> Question | None:
    return find(*row.cell, row.profile)


def due(asked: Sequence[Asked]) -> dict[Place, datetime | None]:
    """Return when each question that was asked is due again, if it is at all."""
    history: dict[Place, list[Asked]] = {}
    for row in asked:
        history.setdefault(row.cell, []).append(row)
    return {place: schedule.due(rows) for place, rows in history.items()}


def invitation(owner: str, rows: Mapping[str, Progress], profile: str, now: datetime) -> str:
    """Return the sentence that leads to the questions before a lesson, if there are any to ask."""
    lessons = seen(rows)
    if not lessons:
        return ""
    asked = store.of(owner, store.REVIEW)
    newest = newest_round(asked)
    if any(row.answered is None for row, _ in newest):
        return gettext("Go on with the questions from earlier lessons")
    coming = progress.next_lesson(rows)
    before = coming.slug if coming else ""
    chosen = choose(candidates(lessons, profile), asked, before, now)
    again = due(asked)
    missed = any(again.get(one.place) for one in chosen)
    if not chosen or (newest and newest[0][0].before == before and not missed):
        return ""
    number = gettext(_NUMBERS[len(chosen) - 1])
    if coming is None:
        sentence = ngettext(
            "%(number)s quick question from the lessons",
            "%(number)s quick questions from the lessons",
            len(chosen),
        )
        return sentence % {"number": number.capitalize()}
    sentence = ngettext(
        "Before you start: %(number)s quick question from earlier lessons",
        "Before you start: %(number)s quick questions from earlier lessons",
        len(chosen),
    )
    return sentence % {"number": number}
