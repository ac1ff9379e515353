"""A prediction as a vote of the room: alone, then perhaps again after talking, then what happened.

Below 30 % right the question needs explaining first; up to 70 % people convince each other; above,
go on (Mazur, Peer Instruction, 1997).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_noop

from catalogue.lessons import Lesson
from victim_site.teaching import expectations
from victim_site.teaching.lessons import progress
from victim_site.teaching.lessons.markdown import as_page
from victim_site.teaching.lessons.models import Progress
from victim_site.teaching.room.models import Person, SecondVote, State

ALONE, COUNTED, AGAIN, RECOUNTED = "alone", "counted", "again", "recounted"
REVEALED = "revealed"
PHASES = (ALONE, COUNTED, AGAIN, RECOUNTED, REVEALED)
OPEN = {ALONE, AGAIN}
FEW, MANY = 30, 70
ADVICE = {
    "few": gettext_noop("Few are right. Explain the question again, then let them vote again."),
    "some": gettext_noop("Let neighbors convince each other for two minutes, then vote again."),
    "many": gettext_noop("Most are right. Run the attack, then reveal the votes."),
    "none": gettext_noop("Nobody has voted."),
    "again": gettext_noop("Now run the attack, then reveal the votes."),
}


@dataclass(frozen=True)
class Bar:
    """How many chose an answer, in the first and in the second vote."""

    letter: str
    code: str
    text: SafeString
    first: int
    second: int
    right: bool


@dataclass(frozen=True)
class Tally:
    """A vote as the trainer sees it; the wall shows how it went only once it's revealed."""

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
    def is_open(self) -> bool:
        return self.phase in OPEN

    @property
    def is_revealed(self) -> bool:
        return self.phase == REVEALED

    @property
    def advice(self) -> str:
        """What the trainer should do next; nothing while people vote, and after revealing."""
        if self.phase == RECOUNTED:
            return gettext(ADVICE["again"])
        if self.phase != COUNTED:
            return ""
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
    # Who has talked and hasn't voted again yet doesn't count as having voted.
    is_second = state.phase == AGAIN or (state.phase in {RECOUNTED, REVEALED} and second)
    last = second if is_second else first
    correct = sum(right[owner] == choice for owner, choice in last.items())
    before, after = Counter(first.values()), Counter(second.values())
    shown = right_answer(lesson, "chromium")
    bars = [
        Bar(letter, code, as_page(said, inline=True), before[code], after[code], code == shown)
        for letter, code, said in lesson.lettered
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
    """Return what somebody has chosen in the newest round."""
    if state.phase in {AGAIN, RECOUNTED, REVEALED}:
        row = SecondVote.objects.filter(owner=owner, lesson=state.vote).first()
        if row or state.phase == AGAIN:
            return row.choice if row else ""
    known = progress.of(owner).get(state.vote)
    return known.predicted if known else ""
