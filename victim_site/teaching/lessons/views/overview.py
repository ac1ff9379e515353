"""The start page, and the list of lessons."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from victim_site.teaching.browser.views import self_check
from victim_site.teaching.labs.views.scene import short_walk
from victim_site.teaching.lessons import learner
from victim_site.teaching.lessons.overview import overview_of
from victim_site.teaching.your_app.offered import is_offered


@require_safe
@learner.with_name
def home(request: HttpRequest, name: str) -> HttpResponse:
    """The whole thing in three sentences, and the lessons."""
    found = overview_of(request, name)
    context = {
        "three_clicks": short_walk(found["profile"]),
        "self_check": self_check.start_address(),
        "your_app": is_offered(request),
        **found,
    }
    return render(request, "lessons/home.html", context)


@require_safe
@learner.with_name
def index(request: HttpRequest, name: str) -> HttpResponse:
    """Every lesson, how far the learner is, and what belongs to the learner."""
    return render(request, "lessons/lessons.html", overview_of(request, name))
