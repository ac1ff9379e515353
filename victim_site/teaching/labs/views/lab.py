"""The list of labs, and the page of one lab with its live log and its reset."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from catalogue.lessons import Lesson
from victim_site.bank.label import Label
from victim_site.bank.labs import reset as reset_lab
from victim_site.teaching import descriptions, expectations
from victim_site.teaching.labs.log import current_version, log_context
from victim_site.teaching.lessons.progress import lessons
from victim_site.teaching.links import get_label_or_404, walk


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Every lab that has a name of its own."""
    return render(request, "labs/labs.html", descriptions.by_kind())


@require_safe
def show(request: HttpRequest, text: str) -> HttpResponse:
    """One lab: its defenses, the attacks to try, its state, and its log."""
    label = get_label_or_404(text)
    tries = [
        (
            attack,
            [
                {
                    "where": where,
                    "walk": walk(text, attack.slug, position),
                    "cells": expectations.expected(label, attack.slug, position),
                }
                for position, where in descriptions.positions(attack)
            ],
        )
        for attack in descriptions.attacks().values()
    ]
    suggested = _suggested(label)
    context = {
        "lab": label,
        "summaries": descriptions.summaries(label),
        "weak": [descriptions.weaknesses()[slug] for slug in label.weakness_slugs],
        "tries": tries,
        "suggested": descriptions.attacks()[suggested[0]],
        "suggested_walk": walk(text, *suggested),
        "known": any(square["cells"] for _, squares in tries for square in squares),
        "lessons": _lessons_at(label),
        **log_context(label),
    }
    return render(request, "labs/lab.html", context)


def _lessons_at(label: Label) -> list[Lesson]:
    return [lesson for lesson in lessons().values() if label.without_owner in lesson.labs]


def _suggested(label: Label) -> tuple[str, str]:
    """Return the attack and position to try first on this lab.

    It needs the lab's weakness, or the last lesson here tries it, or else it is the classic one.
    """
    for attack in descriptions.attacks().values():
        if attack.needs and attack.needs in label.weakness_slugs:
            return attack.slug, attack.positions[0]
    for lesson in reversed(_lessons_at(label)):
        return lesson.attack, lesson.positions[0]
    return "image-get", "cross-site"


@require_safe
def log(request: HttpRequest, text: str) -> HttpResponse:
    """The live part of a lab's page; 204 if nothing is new since `version`."""
    label = get_label_or_404(text)
    if request.GET.get("version") == current_version(label):
        return HttpResponse(status=204)
    return render(request, "labs/_log.html", log_context(label))


@require_POST
def reset(request: HttpRequest, text: str) -> HttpResponse:
    """Put the lab back to its first state."""
    label = get_label_or_404(text)
    reset_lab(label.text)
    return redirect("lab", text=label.text)
