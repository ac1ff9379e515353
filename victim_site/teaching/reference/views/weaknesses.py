"""The list of weaknesses, and a page for each."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from catalogue.labels import NO_DEFENSE
from victim_site.teaching import descriptions
from victim_site.teaching.links import get_label_or_404, walk
from victim_site.teaching.missing import no_such
from victim_site.teaching.reference.see_also import see_also
from victim_site.teaching.rendering import as_code, as_html


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Every weakness."""
    context = {"weaknesses": descriptions.weaknesses().values()}
    return render(request, "reference/weaknesses.html", context)


@require_safe
def show(request: HttpRequest, slug: str) -> HttpResponse:
    """One weakness: the lesson, the attacks that need it, and the whole file."""
    found = descriptions.weaknesses().get(slug)
    if found is None:
        raise no_such(slug, descriptions.weaknesses(), "weaknesses")
    context = {
        "weakness": found,
        "bank": get_label_or_404(f"{NO_DEFENSE}--with-{slug}").url,
        "text": as_html(found.text),
        "see_also": see_also([slug]),
        "source": as_code(found.source, "python"),
        "walks": [
            (attack, where, walk(NO_DEFENSE, attack.slug, position))
            for attack in found.attacks
            for position, where in descriptions.positions(attack)
        ],
    }
    return render(request, "reference/weakness.html", context)
