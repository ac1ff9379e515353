"""Where everybody is: people and lessons, who is stuck, and what to say to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_noop

from catalogue.lessons import Lesson
from csrf_proof.reasons import COOKIE_THIRD_PARTY
from victim_site.bank.models import Attempt, Lab
from victim_site.teaching.lessons import progress
from victim_site.teaching.lessons.models import Progress
from victim_site.teaching.missions import solving
from victim_site.teaching.missions.models import Solved
from victim_site.teaching.room.models import Person, SecondVote, State

NOT_STARTED, PREDICTED = gettext_noop("not started"), gettext_noop("predicted")
TRIED, FIXED = gettext_noop("tried"), gettext_noop("fixed")
# So long without anything at the bank, after a prediction, and somebody needs help.
QUIET = timedelta(minutes=3)


@dataclass(frozen=True)
class Cell:
    """One lesson of one person."""

    lesson: str
    state: str
    row: Progress | None


@dataclass(frozen=True)
class Stuck:
    """Why somebody doesn't get on, as far as the labs tell, and what to say to them.

    Templates translate both, as they do the states above.
    """

    on: str
    say: str


NOTHING_ARRIVED = Stuck(
    gettext_noop("nothing has arrived for three minutes"),
    gettext_noop(
        "Press “Show me, step by step” in the lesson, sign in at the bank, and follow the colored "
        "bar."
    ),
)
ELSEWHERE = Stuck(
    gettext_noop("signed in at another lab"),
    gettext_noop(
        "Each lab has its own sign-in. Start again with “Show me, step by step” in this lesson."
    ),
)
NOT_SIGNED_IN = Stuck(
    gettext_noop("not signed in"),
    gettext_noop(
        "The attack arrived, but you weren’t signed in at the bank. Sign in there and try again."
    ),
)
BLOCKED_COOKIES = Stuck(
    gettext_noop("third-party cookies blocked"),
    gettext_noop(
        "Your browser doesn’t send this cookie from other sites. Run the self-check again: the "
        "lessons then use an attack that works in your browser."
    ),
)


@dataclass(frozen=True)
class Line:
    """One person, or a pair at one laptop."""

    owner: str
    people: list[Person]
    browser: str
    cells: list[Cell]
    lesson: Lesson | None
    since: datetime | None
    stuck: Stuck | None
    missions: int

    @property
    def name(self) -> str:
        return " & ".join(person.name for person in self.people)


def version(state: State) -> str:
    """Return what changes whenever the trainer's pages do: the table, the vote, and the way in.
    `stuck` also comes with time alone."""
    newest = Progress.objects.aggregate(Max("changed"))["changed__max"]
    people = Person.objects.aggregate(Max("pk"))["pk__max"]
    solved = Solved.objects.aggregate(Max("pk"))["pk__max"]
    minute = int(timezone.now().timestamp()) // 20
    voted = SecondVote.objects.count() if state.phase else 0
    try:
        way_in = Path(settings.ROOM_WAYS).stat().st_mtime_ns
    except OSError:
        way_in = 0
    changed = newest.timestamp() if newest else 0
    return f"{state.version}.{people}.{solved}.{changed}.{voted}.{way_in}.{minute}"


def lines(now: datetime | None = None) -> list[Line]:
    """Return everybody, by name. Five queries, however many there are."""
    now = now or timezone.now()
    people: dict[str, list[Person]] = {}
    for person in Person.objects.order_by("key"):
        people.setdefault(person.owner, []).append(person)
    rows: dict[str, dict[str, Progress]] = {owner: {} for owner in people}
    for row in Progress.objects.filter(owner__in=list(people)):
        rows[row.owner][row.lesson] = row
    newest = _newest_attempts(people)
    solved = solving.how_many(people)
    return [
        _line(owner, here, rows[owner], newest, now, solved[owner])
        for owner, here in people.items()
    ]


def _newest_attempts(owners: dict[str, list[Person]]) -> dict[str, Attempt]:
    """Return the newest attempt of each lab that somebody here has a lesson in, by label."""
    labels = [
        progress.own_lab(lesson.lab, owner).text
        for owner in owners
        for lesson in progress.lessons().values()
    ]
    labs = Lab.objects.filter(label__in=labels).annotate(newest=Max("attempts__pk"))
    found = {newest: label for label, newest in labs.values_list("label", "newest") if newest}
    return {found[a.pk]: a for a in Attempt.objects.filter(pk__in=list(found))}


def _line(
    owner: str,
    people: list[Person],
    rows: dict[str, Progress],
    newest: dict[str, Attempt],
    now: datetime,
    missions: int,
) -> Line:
    cells = [Cell(slug, how_far(rows.get(slug)), rows.get(slug)) for slug in progress.lessons()]
    last = max(rows.values(), key=lambda row: row.changed, default=None)
    return Line(
        owner,
        people,
        people[0].browser,
        cells,
        progress.lessons().get(last.lesson) if last else None,
        last.changed if last else None,
        _stuck(owner, last, newest, now) if last else None,
        missions,
    )


def how_far(row: Progress | None) -> str:
    """Return how far somebody is in a lesson."""
    if row is None:
        return NOT_STARTED
    if row.is_done:
        return FIXED
    return TRIED if row.tried or row.fixed else PREDICTED


def _stuck(owner: str, row: Progress, newest: dict[str, Attempt], now: datetime) -> Stuck | None:
    """Return why somebody who has predicted doesn't see the attack, as far as can be known."""
    lesson = progress.lessons().get(row.lesson)
    if lesson is None or row.tried:
        return None
    here = newest.get(progress.own_lab(lesson.lab, owner).text)
    if here and here.at > row.changed:
        if here.reason == COOKIE_THIRD_PARTY.code:
            return BLOCKED_COOKIES
        if here.outcome == "anonymous":
            return NOT_SIGNED_IN
    if now - row.changed < QUIET:
        return None
    others = [
        a
        for label, a in newest.items()
        if label.endswith(f"--for-{owner}") and a.action == "login" and a.at > row.changed
    ]
    return ELSEWHERE if others and not here else NOTHING_ARRIVED


def seen_by(found: list[Line]) -> list[int]:
    """Return how many have seen each lesson's attack, in the order of the lessons."""
    return [
        sum(cell.state in {TRIED, FIXED} for cell in column)
        for column in zip(*(line.cells for line in found), strict=True)
    ] or [0 for _ in progress.lessons()]
