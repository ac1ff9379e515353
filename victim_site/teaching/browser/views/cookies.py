"""The cookie page: the offer, and what a run has shown as a page and as JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import groupby

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from victim_site.label import parse
from victim_site.teaching.api import iso
from victim_site.teaching.browser import cookie_facts, cookie_runs
from victim_site.teaching.browser.cookie_facts import COLUMNS, WAYS, WHERE, Arrivals
from victim_site.teaching.browser.cookie_runs import (
    BANK,
    REQUESTS,
    Run,
)


def _start() -> str:
    return f"{parse(cookie_runs.LAB).url}/cookies/start"


@require_safe
def offer(request: HttpRequest) -> HttpResponse:
    """What there is to learn, and the one button."""
    return render(request, "browser/cookies.html", {"start": _start()})


@require_safe
def results(request: HttpRequest, run: str) -> HttpResponse:
    """One run: the table, and what it means for the lessons."""
    found = _known(run)
    alike, differences = cookie_facts.alike(found)
    context = {
        "start": _start(),
        "run": found,
        "columns": COLUMNS.values(),
        "rows": [row for position in WHERE for row in cookie_facts.rows(found, position)],
        "missing": found.missing,
        "missing_lists": [
            f"{gettext(WHERE[position]).capitalize()}: "
            f"{', '.join(gettext(WAYS[way]) for _, way in requests)}."
            for position, requests in groupby(found.missing, key=lambda request: request[0])
        ],
        "requests": len(REQUESTS),
        "young": "old" not in found.kept,
        "stores": found.arrived.get((BANK, "link")) != [],
        "alike": alike,
        "differences": differences,
        "facts": cookie_facts.facts(found),
    }
    return render(request, "browser/cookies.html", context)


@require_safe
def export(request: HttpRequest, run: str) -> HttpResponse:
    """One run as JSON.

        {"run": "0123456789abcdef", "at": "2026-01-31T12:00:00.000Z", "user_agent": "…",
         "old_from": "2026-01-31T12:02:02.000Z", "finished": true,
         "arrived": {"bank": {"link": ["fresh", "lax", …]}, "cross-site": {"link": […], …}, …},
         "profiles": {"chromium": {"bank": {"link": […]}, …}, …}}

    A request that never arrived is missing from `arrived`. The kind `old` is in it only where the
    run began after `old_from`; the profiles always have it.
    """
    found = _known(run)
    answer = {
        "run": found.id,
        "at": _moment(found.at),
        "user_agent": found.user_agent,
        "old_from": _moment(found.old_from),
        "finished": not found.missing,
        "arrived": _nested(found.arrived),
        "profiles": {
            profile: _nested(arrived) for profile, arrived in cookie_facts.profiles().items()
        },
    }
    response = JsonResponse(answer, json_dumps_params={"indent": 1})
    response["Content-Disposition"] = f'attachment; filename="cookies-{found.id}.json"'
    return response


def _known(run: str) -> Run:
    found = cookie_runs.read(run)
    if found is None:
        raise Http404(
            gettext(
                "Nothing is known of this run of the cookie page; what arrives is kept for an "
                "hour. Start again at /cookies/."
            )
        )
    return found


def _moment(seconds: int) -> str:
    return iso(datetime.fromtimestamp(seconds, UTC))


def _nested(arrived: Arrivals) -> dict[str, dict[str, list[str]]]:
    nested: dict[str, dict[str, list[str]]] = {}
    for (position, way), kinds in arrived.items():
        nested.setdefault(position, {})[way] = kinds
    return nested
