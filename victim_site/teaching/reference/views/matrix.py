"""The matrix: attack and position by defense, and what https changes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from catalogue.matrix import FORGED, HTTPS_FILE, WEBKIT_FILE, Cell
from victim_site.teaching import descriptions, expectations
from victim_site.teaching.links import walk
from victim_site.teaching.reference import beside
from victim_site.teaching.reference.matrix_tables import profile_of, rows, square_at
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
    }
    return render(request, "reference/matrix.html", context)


def _refuted(profile: str) -> list[dict[str, str]]:
    """Return what the specifications led us to expect, and this browser does differently."""
    found = expectations.the_matrix()
    return [
        {
            "attack": one.attack,
            "where": str(descriptions.POSITIONS[one.position]),
            "defense": one.defense,
            "expected": one.expected,
            "seen": found.outcomes[profile, one.attack, one.position, one.defense],
        }
        for one in found.refuted
        if one.profile == profile
    ]


@require_safe
def square(request: HttpRequest, row: int, column: int) -> HttpResponse:
    """Lead from a square to its lab and attack.

    The matrix has 1,500 squares, and the addresses of all labs would be most of the page.
    """
    key, label = square_at(row, column)
    return redirect(walk(label, *key))


@cache
def _tables(profile: str) -> SafeString:
    """Return the tables of one profile: 1,500 squares, which change with the files alone."""
    columns = expectations.columns()
    context = {
        "columns": columns,
        "rows": [
            row | {"squares": [_cells(square["cells"]) for square in row["squares"]]}
            for row in rows(list(expectations.the_matrix().rows), columns, profile)
        ],
        "flawed": [_flaw(flawed, profile) for flawed in descriptions.flawed()],
        "over_https": _beside(HTTPS_FILE),
        "in_webkit": _beside(WEBKIT_FILE),
        "refuted": _refuted(profile),
        "profile": profile,
        "reasons": REASONS,
    }
    return render_to_string("reference/_matrix_tables.html", context)


def _beside(file: Path) -> dict[str, Any]:
    """Return what another matrix expects otherwise, and the browsers that it's about."""
    return {
        "profiles": beside.expected(file).profiles,
        "rows": [
            {"line": line, "squares": [_cells(square) for square in line.squares]}
            for line in beside.differing(file)
        ],
    }


def _cells(square: Sequence[Cell]) -> list[dict[str, Any]]:
    """Return what a square says, without what every other square says too.

    That is in the stylesheet: that a reason means “blocked”, and that the browser was first. What
    `not-sent` means is in the list of reasons.
    """
    return [
        {
            "age": cell.cookie_age if len(square) > 1 else "",
            "forged": cell.outcome == FORGED,
            "reason": cell.reason,
            "browser_first": cell.browser_first,
            "verdict": cell.verdict or "",
            "note": cell.said,
        }
        for cell in square
    ]


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
                "cells": _cells(
                    cells[launch.attack, launch.position, lab_of(launch.attack, label)]
                ),
                "walk": walk(label, launch.attack, launch.position),
            }
            for launch, label in tries
        ],
    }
