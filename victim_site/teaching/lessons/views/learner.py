"""What learners say about themselves: their name, their browser, and that they start over."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from victim_site.teaching.lessons import learner
from victim_site.teaching.lessons.lesson_page import get_lesson_or_404
from victim_site.teaching.lessons.overview import overview_of
from victim_site.teaching.lessons.start_over import start_over as forget
from victim_site.teaching.room.views.join import remember_browser


@require_POST
@learner.with_name
def rename(request: HttpRequest, name: str) -> HttpResponse:
    """Let the learner's labs be called otherwise; what was done under the old name stays there.

    Who types a name in use is told so, and may `continue` as that learner: in another browser, this
    is how to get one's progress back.
    """
    if settings.ROOM:
        return redirect("join")
    wanted = request.POST.get("name", "").strip().lower()
    if not learner.is_name(wanted):
        context = overview_of(request, name) | {"bad_name": wanted}
        return render(request, "lessons/lessons.html", context, status=400)
    free = wanted == name or learner.reserve(wanted)
    if not free and "continue" not in request.POST:
        context = overview_of(request, name) | {"name_in_use": wanted}
        return render(request, "lessons/lessons.html", context, status=409)
    response = redirect("lessons")
    learner.remember_name(response, wanted)
    return response


@require_POST
@learner.with_name
def use_browser(request: HttpRequest, name: str) -> HttpResponse:
    """Remember what the self-check has found in this browser, and go on with the lessons."""
    cookies = request.POST.get("cookies", "")
    if cookies not in {"0", "1", "2", "3"}:
        raise Http404(
            gettext("This isn’t one of the self-check’s answers. Start it again at /self-check/.")
        )
    if "HX-Request" in request.headers:
        response = HttpResponse(status=204)  # The page of the self-check, which stays.
    else:
        following = overview_of(request, name)["next"]
        response = redirect("lesson", slug=following.slug) if following else redirect("lessons")
    found = learner.profile_of(int(cookies), request.headers.get("User-Agent", ""))
    learner.remember(response, learner.BROWSER_COOKIE, found)
    if settings.ROOM:
        remember_browser(name, found)
    return response


@require_POST
@learner.with_name
def start_over(request: HttpRequest, name: str) -> HttpResponse:
    """Forget the learner's progress, in one `lesson` or in all, and reset the labs of it."""
    slug = request.POST.get("lesson", "")
    if slug:
        get_lesson_or_404(slug)
    forget(name, slug)
    return redirect("lesson", slug=slug) if slug else redirect("lessons")
