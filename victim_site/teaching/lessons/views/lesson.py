"""One lesson: its page, the presenter view, the live part of both, and the prediction."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from victim_site.teaching.lessons import learner, progress, screens
from victim_site.teaching.lessons.lesson_page import get_lesson_or_404, lesson_context
from victim_site.teaching.missing import Missing
from victim_site.teaching.room.views.join import held, is_held


@require_safe
@learner.with_name
def show(request: HttpRequest, name: str, slug: str) -> HttpResponse:
    """One lesson, as far as the learner has come."""
    if settings.ROOM and is_held(request, slug):
        return held(request, slug)
    return render(
        request, "lessons/lesson.html", lesson_context(request, name, get_lesson_or_404(slug))
    )


@require_safe
def by_number(request: HttpRequest, number: int, page: str) -> HttpResponse:
    """Lead whoever types a lesson's number to that page of it."""
    for found in progress.lessons().values():
        if found.number == number:
            return redirect(page, slug=found.slug)
    raise Missing(gettext("There is no lesson %(number)d.") % {"number": number}, "lessons")


@require_safe
@learner.with_name
def present(request: HttpRequest, name: str, slug: str) -> HttpResponse:
    """One lesson for a room: one step a screen, in large type, with notes for the trainer.

    With `?notes` it's for the trainer alone: a window with nothing but the notes.
    """
    found = get_lesson_or_404(slug)
    context = lesson_context(request, name, found, presenting=True)
    context |= screens.context(found, context["added"], context["position"])
    context["only_notes"] = "notes" in request.GET
    return render(request, "lessons/present.html", context)


@require_safe
def live(request: HttpRequest, slug: str) -> HttpResponse:
    """The live parts of a lesson's page, which asks for them when something is new.

    The query says `for` whom the page is, and what it shows as the result of the step that is
    `tried`, if anything.
    """
    found = get_lesson_or_404(slug)
    name = learner.named_in(request)
    presenting = "present" in request.GET
    context = lesson_context(request, name, found, presenting)
    tried = context["row"].tried
    context |= learner.cookieless(request, name, context["version"])
    # The rest is sent once, so that nothing moves under a reader later.
    context["unfolds"] = tried and not request.GET.get("tried")
    context["sends_fixed"] = tried
    template = "lessons/present/_live.html" if presenting else "lessons/_lesson_live.html"
    return render(request, template, context)


@require_POST
@learner.with_name
def predict(request: HttpRequest, name: str, slug: str) -> HttpResponse:
    """Keep what the learner expects. After the outcome it is too late, and nothing changes."""
    found = get_lesson_or_404(slug)
    choice = request.POST.get("choice", "")
    if choice not in found.choices:
        context = lesson_context(request, name, found) | {"no_choice": True}
        return render(request, "lessons/lesson.html", context, status=400)
    counts = progress.predict(name, found, choice)
    return redirect(reverse("lesson", args=[slug]) + ("#do-it" if counts else "?late#predict"))
