"""The list of labs, and the page of one lab with its live log and its reset."""

from __future__ import annotations

from functools import lru_cache

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST, require_safe

from catalogue.lessons import Lesson
from victim_site.bank.label import Label
from victim_site.bank.labs import reset as reset_lab
from victim_site.teaching import descriptions, expectations
from victim_site.teaching.labs.log import log_context
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
    suggested = _suggested(label)
    context = {
        "summaries": descriptions.summaries(label),
        "weak": [descriptions.weaknesses()[slug] for slug in label.weakness_slugs],
        "tries": _tries(label),
        "suggested": descriptions.attacks()[suggested[0]],
        "suggested_walk": walk(text, *suggested),
        "lessons": _lessons_at(label),
        **log_context(label, "all" in request.GET),
    }
    return render(request, "labs/lab.html", context)


@lru_cache(maxsize=200)
def _tries(label: Label) -> SafeString:
    """Return the table of all attacks, which depends on the label alone."""
    tries = [
        (
            attack,
            [
                {
                    "where": where,
                    "walk": walk(label.text, attack.slug, position),
                    "cells": expectations.expected(label, attack.slug, position),
                }
                for position, where in descriptions.positions(attack)
            ],
        )
        for attack in descriptions.attacks().values()
    ]
    known = any(square["cells"] for _, squares in tries for square in squares)
    return render_to_string("labs/_tries.html", {"lab": label, "tries": tries, "known": known})


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
    """The live part of a lab's page, which asks for it when something is new."""
    context = log_context(get_label_or_404(text), "all" in request.GET)
    return render(request, "labs/_log.html", context)


@require_POST
def reset(request: HttpRequest, text: str) -> HttpResponse:
    """Put the lab back to its first state."""
    label = get_label_or_404(text)
    reset_lab(label.text)
    return redirect("lab", text=label.text)
