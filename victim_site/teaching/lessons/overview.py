"""All lessons, and how far the learner has come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import SafeString

from catalogue.lessons import Lesson
from catalogue.matrix import FORGED
from csrf_proof.arsenal import Attack
from victim_site.teaching import descriptions
from victim_site.teaching.lessons import learner, progress
from victim_site.teaching.lessons.markdown import as_page
from victim_site.teaching.lessons.models import Progress
from victim_site.teaching.recall.review import invitation
from victim_site.teaching.room.views.join import held_for
from victim_site.wording import REASONS


@dataclass(frozen=True)
class Stop:
    """A lesson on the learner's path.

    `state` is `done`, `begun` or empty; `said` is the prediction, in the words of the choice, and
    `result` what the attack has led to: `forged`, a reason, or nothing yet.
    """

    lesson: Lesson
    state: str = ""
    said: str = ""
    result: str = ""

    @property
    def attack(self) -> Attack:
        return descriptions.attacks()[self.lesson.attack]

    @property
    def was_forged(self) -> bool:
        return self.result == FORGED

    @property
    def scene(self) -> SafeString:
        return as_page(self.lesson.sections["The scene"])


def overview_of(request: HttpRequest, name: str) -> dict[str, Any]:
    rows = progress.of(name)
    found = progress.lessons()
    browser = browser_of(request)
    lines = [_stop(lesson, rows.get(lesson.slug)) for lesson in found.values()]
    ahead = [stop.lesson for stop in lines if stop.state != "done"]
    return {
        "held": held_for(request) if settings.ROOM else set(),
        "name": name,
        "remembered": learner.name_in(request) == name,
        "cookieless": learner.blocks_cookies(request),
        "lines": lines,
        "begun": any(stop.state for stop in lines),
        "done": len(lines) - len(ahead),
        "next": progress.next_lesson(rows),
        "minutes_left": sum(lesson.minutes for lesson in ahead),
        "gone": sorted(set(rows) - set(found)),
        "mistakes": progress.mistakes(),
        # Only the list of lessons says it.
        "review": SimpleLazyObject(
            lambda: invitation(name, rows, browser["profile"], timezone.now())
        ),
        **browser,
    }


def _stop(lesson: Lesson, row: Progress | None) -> Stop:
    if row is None:
        return Stop(lesson)
    said = as_page(lesson.choices.get(row.predicted, ""), inline=True)
    result = row.tried if row.tried in {FORGED, *REASONS} else ""
    return Stop(lesson, "done" if row.is_done else "begun", said, result)


def browser_of(request: HttpRequest) -> dict[str, Any]:
    profile, measured = learner.profile(request)
    return {"profile": profile, "measured": measured}
