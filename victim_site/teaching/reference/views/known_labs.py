"""Known labs: other publishers' exercises, and the lab here that is the counterpart of each."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from victim_site.teaching import descriptions
from victim_site.teaching.links import walk

KNOWN_LABS_FILE = Path(__file__).parents[1] / "known_labs.toml"


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Other publishers' exercises, by publisher."""
    return render(request, "reference/known_labs.html", {"publishers": publishers()})


@cache
def publishers() -> dict[str, list[dict[str, Any]]]:
    """Return other publishers' exercises, each with the walkthrough of its counterpart here.

    `tools.check` makes sure that they exist in the matrix.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    lists = tomllib.loads(KNOWN_LABS_FILE.read_text(encoding="utf-8")).values()
    for exercise in (exercise for exercises in lists for exercise in exercises):
        if "page" not in exercise:
            exercise["walk"] = walk(exercise["lab"], exercise["attack"], exercise["position"])
            exercise["where"] = descriptions.POSITIONS[exercise["position"]]
        found.setdefault(exercise["publisher"], []).append(exercise)
    return found
