"""A prediction as a vote of the room: alone, then perhaps again after talking, then what happened.

Below 30 % right the question needs explaining first; up to 70 % people convince each other; above,
go on (Mazur, Peer Instruction, 1997).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.utils.translation import gettext, gettext_noop

from catalogue.lessons import Lesson
from victim_site.teaching import expectations
from victim_site.teaching.lessons import progress
from victim_site.teaching.lessons.models import Progress
from victim_site.teaching.room.models import Person, SecondVote, State

ALONE, COUNTED, AGAIN, REVEALED = "alone", "counted", "again", "revealed"
PHASES = (ALONE, COUNTED, AGAIN, REVEALED)
FEW, MANY = 30, 70
ADVICE = {
    "few": gettext_noop("Few are right. Explain the question again, then let them vote again."),
    "some": gettext_noop("Let neighbors convince each other for two minutes, then vote again."),
    "many": gettext_noop("Most are right. Show what happens, and go on."),
    "none": gettext_noop("Nobody has voted yet."),
}


@dataclass(frozen=True)
class Bar:
    """How many chose an answer, in the first and in the second vote."""

    code: str
    text: str
    first: int
    second: int
    right: bool


@dataclass(frozen=True)
class Tally:
    """A vote as the trainer's wall shows it."""

    lesson: Lesson
    phase: str
    people: int
    voted: int
    bars: list[Bar]
    share: int | None
    """Percent of the votes of the last round that are right."""

    @property
    def voted_again(self) -> bool:
        return any(bar.second for bar in self.bars)

    @property
    def advice(self) -> str:
        if self.share is None:
            return gettext(ADVICE["none"])
        return gettext(
            ADVICE["few" if self.share < FEW else "some" if self.share <= MANY else "many"]
        )

    @property
    def most(self) -> int:
        return max([1, *(max(bar.first, bar.second) for bar in self.bars)])


def running(state: State) -> Lesson | None:
    """Return the lesson that the room votes on, if it does."""
    return progress.lessons().get(state.vote) if state.phase else None


def tally(state: State) -> Tally | None:
    """Count the votes of those who are in the room."""
    lesson = running(state)
    if lesson is None:
        return None
    profiles = dict(Person.objects.values_list("owner", "browser"))
    right = {owner: right_answer(lesson, profile) for owner, profile in profiles.items()}
    here = {"owner__in": list(profiles), "lesson": lesson.slug}
    first = dict(Progress.objects.filter(**here).values_list("owner", "predicted"))
    first = {owner: choice for owner, choice in first.items() if choice}
    second = dict(SecondVote.objects.filter(**here).values_list("owner", "choice"))
    last = second if state.phase in {AGAIN, REVEALED} and second else first
    correct = sum(right[owner] == choice for owner, choice in last.items())
    counts = Counter(first.values()), Counter(second.values())
    shown = right_answer(lesson, "chromium")
    bars = [
        Bar(code, text, counts[0][code], counts[1][code], code == shown)
        for code, text in lesson.choices.items()
    ]
    share = round(100 * correct / len(last)) if last else None
    return Tally(lesson, state.phase, len(profiles), len(last), bars, share)


def right_answer(lesson: Lesson, profile: str) -> str:
    """Return what happens at the lesson's first lab in somebody's browser."""
    matrix = expectations.the_matrix()
    profile = profile if profile in matrix.profiles else "chromium"
    position = lesson.position(matrix, profile)
    return matrix.outcomes.get((profile, lesson.attack, position, lesson.lab), "")


def cast(state: State, owner: str, choice: str) -> bool:
    """Take a vote; return whether it counts."""
    lesson = running(state)
    if lesson is None or choice not in lesson.choices:
        return False
    if state.phase == ALONE:
        return progress.predict(owner, lesson, choice)
    if state.phase == AGAIN:
        SecondVote.objects.update_or_create(
            owner=owner, lesson=lesson.slug, defaults={"choice": choice}
        )
        return True
    return False


def mine(state: State, owner: str) -> str:
    """Return what somebody has chosen in the round that's open."""
    if state.phase == AGAIN:
        row = SecondVote.objects.filter(owner=owner, lesson=state.vote).first()
        return row.choice if row else ""
    known = progress.of(owner).get(state.vote)
    return known.predicted if known else ""
