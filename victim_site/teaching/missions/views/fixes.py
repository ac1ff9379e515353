"""Banks to fix: what may be added, and what still gets through."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from catalogue.fixes import Fix, all_fixes
from victim_site.label import parse
from victim_site.teaching import descriptions, expectations
from victim_site.teaching.lessons import learner
from victim_site.teaching.lessons.markdown import as_page
from victim_site.teaching.links import walk
from victim_site.teaching.missing import no_such
from victim_site.teaching.missions import solving
from victim_site.teaching.missions.views.missions import GRADES


@require_http_methods(["GET", "HEAD", "POST"])
@learner.with_name
def show(request: HttpRequest, name: str, slug: str) -> HttpResponse:
    """One bank: what may be added, and what gets through in spite of each `defense` that was."""
    fix = _fix_or_404(slug)
    loaded = expectations.the_matrix()
    if request.method == "POST":
        added = _added(request.POST, fix)
        if not fix.through(loaded, added):
            solving.solve(name, slug)
        here, query = reverse("fix", args=[slug]), urlencode({"defense": added}, doseq=True)
        return redirect(f"{here}?{query or 'defense='}#result")
    added = _added(request.GET, fix)
    solved, label = solving.solved_by(name), parse(fix.lab)
    context = {
        "fix": fix,
        "grade": gettext(GRADES[fix.grade]),
        "brief": as_page(fix.brief),
        "has": descriptions.summaries(label),
        "weak": [descriptions.weaknesses()[one] for one in label.weakness_slugs],
        "from": gettext(" and ").join(str(descriptions.POSITIONS[one]) for one in fix.positions),
        "offered": [(descriptions.defenses()[one], one in added) for one in fix.offered],
        "all": len(fix.attacks(loaded)),
        **(_result(fix, added, name) if "defense" in request.GET else {}),
        "next": solving.next_unsolved(all_fixes(), slug, solved),
    }
    return render(request, "missions/fix.html", context)


def _added(query: QueryDict, fix: Fix) -> list[str]:
    chosen = query.getlist("defense")
    return [one for one in fix.offered if one in chosen]


def _result(fix: Fix, added: list[str], name: str) -> dict[str, Any]:
    """Return what gets through, each with the walk that shows it, and what else there's to say."""
    loaded = expectations.the_matrix()
    own = fix.label(added, name)
    label = own or fix.label(added)
    through = fix.through(loaded, added)
    needed = [] if through else fix.needed(loaded, added)
    shortest = len(next(fix.solutions(loaded))) if needed else len(added)
    return {
        "shown": True,
        "label": label,
        "owned": bool(own),
        "fewer": shortest if len(added) > shortest else 0,
        "through": [
            (
                descriptions.attacks()[attack],
                descriptions.POSITIONS[position],
                walk(label, attack, position) if label else "",
            )
            for attack, position in through
        ],
        "needed": [one for one in needed if one in fix.offered],
        "needs_own": any(one not in fix.offered for one in needed),
        "what_it_takes": as_page(fix.what_it_takes),
    }


def _fix_or_404(slug: str) -> Fix:
    if slug not in all_fixes():
        raise no_such(slug, all_fixes(), "missions/fix")
    return all_fixes()[slug]
