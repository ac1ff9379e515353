"""The review: a round of questions, one a page, and what became of each."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.timesince import timeuntil
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from victim_site.teaching.lessons import learner, progress
from victim_site.teaching.links import walk
from victim_site.teaching.recall import review, store
from victim_site.teaching.recall.form import AnswerForm
from victim_site.teaching.recall.models import Asked
from victim_site.teaching.recall.questions import Question, said, sureness


@require_safe
@learner.with_name
def index(request: HttpRequest, name: str) -> HttpResponse:
    """Lead to the question that is next; else show how the last round went, and offer another."""
    newest = review.newest_round(store.of(name, store.REVIEW))
    following = next((row for row, _ in newest if row.answered is None), None)
    if following:
        return redirect("review-question", pk=following.pk)
    return _start_page(request, name)


@require_POST
@learner.with_name
def start(request: HttpRequest, name: str) -> HttpResponse:
    """Begin a round, unless one is open."""
    asked, rows, now = store.of(name, store.REVIEW), progress.of(name), timezone.now()
    if all(row.answered for row, _ in review.newest_round(asked)):
        coming = progress.next_lesson(rows)
        before = coming.slug if coming else ""
        found = review.candidates(review.seen(rows), learner.profile(request)[0])
        review.start(name, before, review.choose(found, asked, f"{name} {before}", now), asked)
    return redirect("review")


@require_http_methods(["GET", "HEAD", "POST"])
@learner.with_name
def question(request: HttpRequest, name: str, pk: int) -> HttpResponse:
    """One question: to be answered, or with its outcome. The first answer counts."""
    asked = store.of(name, store.REVIEW)
    row = next((row for row in asked if row.pk == pk), None)
    found = review.question_of(row) if row else None
    if row is None or found is None:
        return _start_page(request, name, gone=True)
    context = {"row": row, "question": found, **found.context, **_place(asked, row)}
    if request.method != "POST":
        if row.answered:
            context |= _outcome(row, found, name) | {"late": "late" in request.GET}
            return render(request, "recall/answered.html", context)
        return render(request, "recall/review.html", context | {"form": AnswerForm(found)})
    form = AnswerForm(found, request.POST)
    if not row.answered and not form.is_valid():
        return render(request, "recall/review.html", context | {"form": form}, status=400)
    counts = not row.answered and store.answer(
        row, found, form.cleaned_data["answer"], form.cleaned_data["sureness"], timezone.now()
    )
    answer = redirect("review-question", pk=pk)
    answer["Location"] += "" if counts else "?late"
    return answer


def _place(asked: list[Asked], row: Asked) -> dict[str, Any]:
    """Return where in its round a question is, and which lesson it is from."""
    others = [one for one in asked if one.round == row.round]
    return {
        "at": others.index(row) + 1,
        "count": len(others),
        "from": progress.lessons().get(row.lesson),
        "left": any(one.answered is None for one in others),
    }


def _outcome(row: Asked, found: Question, name: str) -> dict[str, Any]:
    label = progress.own_lab(row.lab, name)
    return {
        **found.outcome,
        "verdict": found.verdict(row.answer),
        "said": said(row.answer),
        "sure": sureness(row.sureness),
        "walk": walk(label.text, row.attack, row.position),
    }


def _start_page(request: HttpRequest, name: str, gone: bool = False) -> HttpResponse:
    asked, rows, now = store.of(name, store.REVIEW), progress.of(name), timezone.now()
    lessons = review.seen(rows)
    found = review.candidates(lessons, learner.profile(request)[0])
    again = [when for when in review.due(asked).values() if when and when > now]
    newest = review.newest_round(asked)
    context = {
        "gone": gone,
        "seen": lessons,
        "coming": progress.next_lesson(rows),
        "open": any(row.answered is None for row, _ in newest),
        "offered": review.choose(found, asked, name, now),
        "answered": [(row, one, one.verdict(row.answer)) for row, one in newest if row.answered],
        "right": sum(bool(row.right) for row, _ in newest),
        "again": timeuntil(min(again), now) if again else "",
    }
    return render(request, "recall/start.html", context, status=404 if gone else 200)
