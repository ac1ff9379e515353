"""Where the labs of other publishers are here."""

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
    """Where the labs of others are here, by publisher."""
    return render(request, "reference/known_labs.html", {"publishers": _publishers()})


@cache
def _publishers() -> dict[str, list[dict[str, Any]]]:
    """Return the known labs by publisher, each with its walk; tools.check sees that they are so."""
    found: dict[str, list[dict[str, Any]]] = {}
    lists = tomllib.loads(KNOWN_LABS_FILE.read_text(encoding="utf-8")).values()
    for lab in (lab for labs in lists for lab in labs):
        if "page" not in lab:
            lab["walk"] = walk(lab["lab"], lab["attack"], lab["position"])
            lab["where"] = descriptions.POSITIONS[lab["position"]]
        found.setdefault(lab["publisher"], []).append(lab)
    return found
