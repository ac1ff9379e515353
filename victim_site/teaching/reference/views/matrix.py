"""The matrix: attack and position by defense, and what https changes."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from victim_site.teaching import descriptions, expectations
from victim_site.teaching.links import walk
from victim_site.teaching.reference import over_https
from victim_site.teaching.reference.matrix_tables import profile_of, rows
from victim_site.wording import REASONS


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Attack and position by defense, in one profile."""
    profile = profile_of(request)
    context = {
        "profiles": expectations.the_matrix().profiles,
        "profile": profile,
        "columns": expectations.columns(),
        "tables": _tables(profile),
        "reasons": REASONS,
        "refuted": _refuted(profile),
    }
    return render(request, "reference/matrix.html", context)


def _refuted(profile: str) -> list[dict[str, str]]:
    """Return what the specifications led us to expect, and this browser does differently."""
    found = expectations.the_matrix()
    return [
        {
            "attack": one.attack,
            "where": descriptions.POSITIONS[one.position],
            "defense": one.defense,
            "expected": one.expected,
            "seen": found.outcomes[profile, one.attack, one.position, one.defense],
        }
        for one in found.refuted
        if one.profile == profile
    ]


@cache
def _tables(profile: str) -> SafeString:
    """Return the tables of one profile: a thousand squares, which change with the files alone."""
    columns = expectations.columns()
    context = {
        "columns": columns,
        "rows": rows(list(expectations.the_matrix().rows), columns, profile),
        "flawed": [_flaw(found, profile) for found in descriptions.flawed()],
        "over_https": over_https.differing(),
        "https_profiles": over_https.expected().profiles,
    }
    return render_to_string("reference/_matrix_tables.html", context)


def _flaw(found: descriptions.DefenseText, profile: str) -> dict[str, Any]:
    """Return a flawed defense against the plain form and what bypasses it, and its fix."""
    cells, lab_of = expectations.squares(profile), expectations.the_matrix().lab
    assert found.bypassed_by is not None, "tools.check sees that it is named"
    plain, bypass = descriptions.Launch("form-post", "cross-site"), found.bypassed_by
    tries = [(plain, found.slug), (bypass, found.slug), (bypass, found.fixed_by)]
    return {
        "slug": found.slug,
        "squares": [
            {
                "attack": launch.attack,
                "label": label,
                "where": launch.where,
                "cells": cells[launch.attack, launch.position, lab_of(launch.attack, label)],
                "walk": walk(label, launch.attack, launch.position),
            }
            for launch, label in tries
        ],
    }
