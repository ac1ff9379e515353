"""Code to review: four explanations of what's wrong, and what the engine saw for each."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from catalogue.reviews import Review, all_reviews, evidence
from victim_site.teaching import descriptions
from victim_site.teaching.lessons import learner
from victim_site.teaching.lessons.markdown import as_page
from victim_site.teaching.missing import no_such
from victim_site.teaching.missions import solving
from victim_site.teaching.missions.views.missions import GRADES
from victim_site.teaching.rendering import as_code


@require_http_methods(["GET", "HEAD", "POST"])
@learner.with_name
def show(request: HttpRequest, name: str, slug: str) -> HttpResponse:
    """One review. The evidence for the `answer` that was given is shown, right or wrong."""
    review = _review_or_404(slug)
    answers = list(review.answers)
    if request.method == "POST":
        answer = request.POST.get("answer", "")
        if answer not in answers:
            return redirect("review-code", slug=slug)
        if answer == review.right:
            solving.solve(name, slug)
        here = reverse("review-code", args=[slug])
        return redirect(f"{here}?answer={answers.index(answer) + 1}#evidence")
    chosen = request.GET.get("answer", "")
    given = answers[int(chosen) - 1] if chosen in {"1", "2", "3", "4"} else ""
    solved = solving.solved_by(name)
    context = {
        "review": review,
        "grade": gettext(GRADES[review.grade]),
        "brief": as_page(review.brief),
        "code": as_code(review.mutant.excerpt, "python"),
        "source": as_code(review.mutant.source, "python"),
        "framework": review.mutant.application.framework,
        "answers": [(code, as_page(says, inline=True)) for code, says in review.answers.items()],
        "given": given,
        "next": solving.next_unsolved(all_reviews(), slug, solved),
    }
    if given:
        attack, _, position = given.partition(" from ")
        context |= {
            "seen": evidence()[slug][given],
            "attack": descriptions.attacks()[attack],
            "where": descriptions.POSITIONS[position],
            "what_was_wrong": as_page(review.what_was_wrong),
            "why_blocked": as_page(review.why_blocked.get(given, ""), inline=True),
        }
    return render(request, "missions/review.html", context)


def _review_or_404(slug: str) -> Review:
    if slug not in all_reviews():
        raise no_such(slug, all_reviews(), "missions/review")
    return all_reviews()[slug]
