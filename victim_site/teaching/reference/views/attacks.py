"""The list of attacks, and a page for each."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from victim_site.teaching import descriptions, expectations
from victim_site.teaching.links import walk
from victim_site.teaching.missing import no_such
from victim_site.teaching.reference.matrix_tables import page_of, profile_of
from victim_site.teaching.rendering import as_code, as_html


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Every attack."""
    return render(request, "reference/attacks.html", {"attacks": descriptions.attacks().values()})


@require_safe
def show(request: HttpRequest, slug: str) -> HttpResponse:
    """One attack: what it does, its source, and its row of the matrix."""
    found = descriptions.attacks().get(slug)
    if found is None:
        raise no_such(slug, descriptions.attacks(), "attacks")
    positions = dict(descriptions.positions(found))
    context = {
        "attack": found,
        "text": as_html(found.text),
        "source": as_code(found.source, "html+jinja"),
        "server": as_code(found.server_source, "python") if found.server_source else "",
        "uses": as_code(found.caught_source, "html+jinja") if found.caught_source else "",
        "positions": positions,
        "walks": [(where, walk("no-defense", slug, at)) for at, where in positions.items()],
        **_against_each_defense(slug, list(positions), profile_of(request)),
    }
    return render(request, "reference/attack.html", context)


@require_safe
@cache_control(max_age=3600)
def bait(request: HttpRequest, slug: str) -> HttpResponse:
    """The drawing on an attack's page, from the same file, so the attacker's site may be down."""
    found = descriptions.attacks().get(slug)
    if found is None or not found.picture:
        raise no_such(slug, descriptions.attacks(), "attacks")
    drawing = (descriptions.DRAWINGS / found.picture).read_bytes()
    return HttpResponse(drawing, content_type="image/svg+xml")


def _against_each_defense(attack: str, positions: list[str], profile: str) -> dict[str, Any]:
    """Return an attack's rows, a label to a line: the columns, then what only these rows state."""
    cells = expectations.squares(profile)
    lab_of = partial(expectations.the_matrix().lab, attack)

    def line(label: str) -> dict[str, Any]:
        squares = [
            {
                "cells": cells.get((attack, position, label), []),
                "walk": walk(label, attack, position),
            }
            for position in positions
        ]
        return {"label": label, "page": page_of(label), "squares": squares}

    here = [lab_of(column) for column in expectations.columns()]
    others = [
        label
        for label in expectations.the_matrix().labels
        if label not in here and any((attack, p, label) in cells for p in positions)
    ]
    return {
        "profile": profile,
        "profiles": expectations.the_matrix().profiles,
        "lines": [line(label) for label in here],
        "other_lines": [line(label) for label in others],
    }
