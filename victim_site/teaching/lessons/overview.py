"""All lessons, and how far the learner has come."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from victim_site.teaching.lessons import learner, progress
from victim_site.teaching.lessons.models import Progress


def overview_of(request: HttpRequest, name: str) -> dict[str, Any]:
    rows = progress.of(name)
    found = progress.lessons()
    lines = [(lesson, _how_far(rows.get(lesson.slug))) for lesson in found.values()]
    return {
        "name": name,
        "lines": lines,
        "begun": any(state for _, state in lines),
        "done": sum(state == "done" for _, state in lines),
        "next": next((lesson for lesson, state in lines if state != "done"), None),
        "minutes": sum(lesson.minutes for lesson in found.values()),
        "gone": sorted(set(rows) - set(found)),
        "mistakes": progress.mistakes(),
        **browser_of(request),
    }


def _how_far(row: Progress | None) -> str:
    if row is None:
        return ""
    return "done" if row.tried and row.fixed else "begun"


def browser_of(request: HttpRequest) -> dict[str, Any]:
    profile, measured = learner.profile(request)
    return {"profile": profile, "measured": measured}
