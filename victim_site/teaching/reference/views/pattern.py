"""The matrix at a glance: a small square for each cell, and what one of them says."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from catalogue.matrix import FORGED, Cell
from victim_site.teaching import descriptions, expectations
from victim_site.teaching.links import walk
from victim_site.teaching.reference.matrix_tables import page_of, profile_of, square_at
from victim_site.wording import REASONS

# What a square can be, by its class in the stylesheet.
KINDS = {
    "f": gettext_noop("forged"),
    "b": gettext_noop("blocked by the bank"),
    "o": gettext_noop("blocked by the browser"),
    "m": gettext_noop("depends on the cookie’s age"),
    "n": gettext_noop("not applicable"),
}
# Where attacks come from, in a word.
SHORT = {
    "cross-site": gettext_noop("site"),
    "subdomain": gettext_noop("sub"),
    "lookalike": gettext_noop("look"),
    "same-origin": gettext_noop("script"),
}


@require_safe
@vary_on_headers("HX-Request")
def show(request: HttpRequest) -> HttpResponse:
    """Show the squares of one profile, all or some of them, and perhaps open one.

    A script that opens a square gets that alone.
    """
    profile, asked = profile_of(request), request.GET
    opened = _opened(asked["square"], profile) if "square" in asked else None
    context: dict[str, Any] = {"profile": profile, "opened": opened}
    if "HX-Request" in request.headers:
        return render(request, "reference/_opened.html", context)
    chosen = {name: asked.get(name, "") for name in ("attack", "position", "defense", "kind")}
    tables = _tables(profile, chosen["attack"], chosen["position"], chosen["defense"])
    if opened:
        square = f"value={opened['square']} "
        tables = SafeString(tables.replace(square, f"{square}aria-current=true "))
    context |= {
        "profiles": expectations.the_matrix().profiles,
        "kinds": [(code, gettext(said)) for code, said in KINDS.items()],
        "chosen": chosen,
        "attacks": dict.fromkeys(attack for attack, _ in expectations.the_matrix().rows),
        "defenses": expectations.columns(),
        "positions": descriptions.POSITIONS.items(),
        "shorts": [(gettext(short), descriptions.POSITIONS[code]) for code, short in SHORT.items()],
        "tables": tables,
    }
    return render(request, "reference/pattern.html", context)


@lru_cache(maxsize=100)
def _tables(profile: str, attack: str, position: str, defense: str) -> SafeString:
    """Return the squares that fit, which change with the files alone; empty filters fit all."""
    columns = [(n, lab) for n, lab in enumerate(expectations.columns(), 1) if defense in {"", lab}]
    rows = [
        {
            "attack": key[0],
            "short": gettext(SHORT[key[1]]),
            "squares": [
                (f"{row}.{column}", *_kind(_cells(profile, key, lab))) for column, lab in columns
            ],
        }
        for row, key in enumerate(expectations.the_matrix().rows, 1)
        if attack in {"", key[0]} and position in {"", key[1]}
    ]
    half = (len(rows) + 1) // 2 if len(rows) > 12 else len(rows)
    halves = [part for part in (rows[:half], rows[half:]) if part]
    context = {"columns": [lab for _, lab in columns], "halves": halves}
    return SafeString(render_to_string("reference/_pattern.html", context).strip())


def _cells(profile: str, key: tuple[str, str], lab: str) -> list[Cell]:
    return expectations.squares(profile)[*key, expectations.the_matrix().lab(key[0], lab)]


def _kind(cells: Sequence[Cell]) -> tuple[str, str]:
    """Return the class of a square, and what it means."""
    kinds = {_kind_of(cell) for cell in cells}
    kind = kinds.pop() if len(kinds) == 1 else "m"
    return kind, gettext(KINDS[kind])


def _kind_of(cell: Cell) -> str:
    if cell.outcome == FORGED:
        return "f"
    if cell.reason is None:
        return "n"
    return "o" if REASONS[cell.reason].by == "browser" else "b"


def _opened(square: str, profile: str) -> dict[str, Any]:
    """Return what one square says, by its row and column.

    Raises:
        Http404: There is no such square.
    """
    row, _, column = square[:8].partition(".")
    if not (row.isdecimal() and column.isdecimal()):
        raise Http404(gettext("A square is two numbers, such as 3.5: its row and its column."))
    key, lab = square_at(int(row), int(column))
    attack = descriptions.attacks()[key[0]]
    return {
        "square": square,
        "attack": attack,
        "where": descriptions.POSITIONS[key[1]],
        "lab": lab,
        "about_lab": page_of(lab),
        "cells": [(cell, REASONS.get(cell.reason or "")) for cell in _cells(profile, key, lab)],
        "walk": walk(lab, *key),
    }
