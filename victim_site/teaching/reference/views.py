"""Pages to look things up in: how frameworks judge a request, and where known labs are here."""

from __future__ import annotations

import inspect
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from victim_site.teaching import texts
from victim_site.teaching.reference import policies as judging
from victim_site.teaching.walks import walk

KNOWN_LABS_FILE = Path(__file__).with_name("known_labs.toml")


@require_safe
def policies(request: HttpRequest) -> HttpResponse:
    """The same request, judged by five frameworks."""
    groups = [
        (group, [(row, list(lines)) for row, lines in judging.by_row(group)])
        for group in judging.GROUPS
    ]
    source = "\n\n".join(inspect.getsource(policy.decide) for policy in judging.POLICIES)
    context = {
        "policies": judging.POLICIES,
        "groups": groups,
        "columns": len(judging.POLICIES) + 3,
        "source": texts.as_code(source, "python"),
    }
    return render(request, "reference/policies.html", context)


@require_safe
def known_labs(request: HttpRequest) -> HttpResponse:
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
            lab["where"] = texts.POSITIONS[lab["position"]]
        found.setdefault(lab["publisher"], []).append(lab)
    return found
