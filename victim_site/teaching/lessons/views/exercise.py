"""The exercise of a lesson: write the attacker's page out of given lines, and try it."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from catalogue.gaps import EXPLAINED, left_open
from catalogue.lessons import Lesson
from victim_site.teaching import expectations, versions
from victim_site.teaching.lessons import learner, progress
from victim_site.teaching.lessons.exercise import exercise_or_404, page_of, result_of
from victim_site.teaching.lessons.lesson_page import get_lesson_or_404
from victim_site.teaching.lessons.overview import browser_of
from victim_site.teaching.missing import Missing

# The number of an attempt, as a query says it.
_NUMBER = re.compile(r"[0-9]{1,15}")


@require_safe
@learner.with_name
def show(request: HttpRequest, name: str, slug: str) -> HttpResponse:
    """The page with its gaps; once they are filled, what became of it."""
    found = get_lesson_or_404(slug)
    exercise, stage = exercise_or_404(found)
    label = progress.own_lab(found.lab, name)
    context = {
        "lesson": found,
        "count": len(progress.lessons()),
        "name": name,
        "lab": label,
    }
    if "fill" in request.GET:
        if "since" not in request.GET:
            return _begin(slug, request.GET["fill"], label.text)
        numbers = _numbers(request, found)
        context |= page_of(found, label, numbers) | _live_context(request, name, found)
        return render(request, "lessons/exercise.html", context)
    open_gaps = left_open(exercise, stage)
    chosen: list[int | None] = [
        None if at in open_gaps and stage != EXPLAINED else right
        for at, right in enumerate(exercise.right)
    ]
    asked = [f"gap{at + 1}" in request.GET for at in open_gaps]
    for at in open_gaps:
        said = request.GET.get(f"gap{at + 1}", "")
        if any(asked):
            chosen[at] = int(said) if _is_choice(said, len(exercise.gaps[at].choices)) else None
    if any(asked) and None not in chosen:
        return _begin(slug, ".".join(map(str, chosen)), label.text)
    context |= page_of(found, label, chosen) | {"incomplete": any(asked)}
    return render(request, "lessons/exercise.html", context, status=400 if any(asked) else 200)


@require_safe
def live(request: HttpRequest, slug: str) -> HttpResponse:
    """What became of a learner's page, for the page of the exercise that is open."""
    found = get_lesson_or_404(slug)
    name = learner.named_in(request)
    context = _live_context(request, name, found)
    context |= learner.cookieless(request, name, context["version"])
    return render(request, "lessons/_exercise_result.html", context)


def _live_context(request: HttpRequest, name: str, found: Lesson) -> dict[str, Any]:
    label = progress.own_lab(found.lab, name)
    # The version first, so that what is shown is never older than it says.
    version = versions.current([label.text], found.slug, name)
    position = found.position(expectations.the_matrix(), browser_of(request)["profile"])
    numbers = _numbers(request, found)
    return {
        "lesson": found,
        "lab": label,
        "version": versions.as_query(version),
        **result_of(found, label, numbers, int(request.GET["since"]), position),
    }


def _numbers(request: HttpRequest, found: Lesson) -> tuple[int, ...]:
    numbers = exercise_or_404(found)[0].numbers(request.GET.get("fill", ""))
    if numbers is None or not _NUMBER.fullmatch(request.GET.get("since", "")):
        sentence = gettext(
            "This address doesn’t name a choice for each gap. Choose again in the lesson."
        )
        raise Missing(sentence, "lessons", found.slug)
    return numbers


def _begin(slug: str, fill: str, label: str) -> HttpResponse:
    """Lead to the page with these choices, from now on."""
    newest = versions.current([label])[label].partition(".")[0]
    query = urlencode({"fill": fill, "since": newest})
    return redirect(f"{reverse('exercise', args=[slug])}?{query}#mine")


def _is_choice(said: str, count: int) -> bool:
    return said in {str(at) for at in range(count)}
