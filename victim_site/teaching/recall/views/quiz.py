"""The quiz: its two forms, the scores of both, and the answers as a file."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from victim_site.teaching import spreadsheet
from victim_site.teaching.lessons import learner, progress
from victim_site.teaching.recall import quiz, store
from victim_site.teaching.recall.form import AnswerForm


@require_safe
@learner.with_name
def index(request: HttpRequest, name: str) -> HttpResponse:
    """What the quiz is and how far the learner is; after both forms, the scores."""
    given = quiz.answers(name)
    over = quiz.is_over(given)
    lines = [
        (
            pair,
            progress.lessons().get(pair.lesson),
            *(given[form].get(pair.number) for form in quiz.FORMS),
        )
        for pair in quiz.pairs()
    ]
    context = {
        "count": len(quiz.pairs()),
        "given": {form: len(given[form]) for form in quiz.FORMS},
        "over": over,
        "lines": lines if over else [],
        "scores": [sum(bool(row.right) for row in given[form].values()) for form in quiz.FORMS],
        "opens": quiz.is_answered(given[store.BEFORE]),
    }
    return render(request, "recall/quiz.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@learner.with_name
def form(request: HttpRequest, name: str, form: str) -> HttpResponse:
    """The next question of a form. Nothing says whether an answer was right."""
    given = quiz.answers(name)
    if form == store.AFTER and not quiz.is_answered(given[store.BEFORE]):
        return redirect("quiz")
    following = quiz.next_pair(given[form], learner.profile(request)[0], form)
    if following is None:
        return redirect("quiz")
    pair, question = following
    context = {
        "form_name": form,
        "pair": pair,
        "at": pair.number,
        "count": len(quiz.pairs()),
        **question.context,
    }
    if request.method != "POST":
        context |= {"form": AnswerForm(question), "late": "late" in request.GET}
        return render(request, "recall/quiz_form.html", context)
    # Another tab, or the way back, may have answered this one already.
    if request.POST.get("number") != str(pair.number):
        answer = redirect(f"quiz-{form}")
        answer["Location"] += "?late"
        return answer
    filled = AnswerForm(question, request.POST)
    if not filled.is_valid():
        return render(request, "recall/quiz_form.html", context | {"form": filled}, status=400)
    said = filled.cleaned_data
    quiz.answer(name, form, pair, question, said["answer"], said["sureness"], timezone.now())
    return redirect(f"quiz-{form}")


@require_safe
@learner.with_name
def as_csv(request: HttpRequest, name: str) -> HttpResponse:
    """The learner's answers, for a spreadsheet."""
    return spreadsheet.as_csv(f"quiz-{name}", quiz.COLUMNS, _own(name))


@require_safe
@learner.with_name
def as_json(request: HttpRequest, name: str) -> HttpResponse:
    """The learner's answers, for a program."""
    response = JsonResponse({"columns": quiz.COLUMNS, "answers": _own(name)})
    response["Content-Disposition"] = f'attachment; filename="quiz-{name}.json"'
    return response


def _own(name: str) -> list[dict[str, Any]]:
    """Return the learner's answers; whether they're right is told once both forms are answered."""
    over = quiz.is_over(quiz.answers(name))
    return [row if over else row | {"right": None} for row in quiz.rows([name])]
