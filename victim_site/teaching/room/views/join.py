"""How somebody gets a name in the room, and what they see of it later."""

from __future__ import annotations

import math
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from victim_site.teaching.lessons import learner
from victim_site.teaching.lessons.markdown import as_page
from victim_site.teaching.lessons.progress import lessons
from victim_site.teaching.room import names, votes
from victim_site.teaching.room.access import in_a_room
from victim_site.teaching.room.models import Person, State, state
from victim_site.teaching.room.trainers import is_trainer

# How long after a timer the pages say that it has run out.
TIME_IS_UP_SECONDS = 120


def _onward(request: HttpRequest) -> str:
    """Return where somebody wanted to go, if that's a page of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or "/"
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else "/"


@require_http_methods(["GET", "HEAD", "POST"])
@in_a_room
def join(request: HttpRequest) -> HttpResponse:
    """Ask for a name, or for the code of another device."""
    context: dict[str, Any] = {"next": _onward(request)}
    if request.method != "POST":
        owner = learner.name_in(request)
        return render(request, "room/join.html", context | {"called": names.called(owner)})
    if "code" in request.POST:
        owner = names.owner_by_code(request.POST["code"])
        if not owner:
            wrong = {"wrong_code": True, "code": request.POST["code"][:20]}
            return render(request, "room/join.html", context | wrong, status=400)
    else:
        first, second = request.POST.get("name", ""), request.POST.get("second", "")
        try:
            owner = names.join(first, second)
        except names.NameRefused as refused:
            said = {"refused": str(refused), "free": refused.free, "name": first, "second": second}
            return render(request, "room/join.html", context | said, status=400)
    response = redirect(context["next"])
    learner.remember_name(response, owner)
    return response


@require_POST
@in_a_room
@learner.with_name
def device(request: HttpRequest, name: str) -> HttpResponse:
    """Show a code for another device of the same person."""
    code = names.device_code(name)
    context = {"code": f"{code[:4]}-{code[4:]}", "minutes": names.CODE_MINUTES}
    return render(request, "room/device.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@in_a_room
@learner.with_name
def vote(request: HttpRequest, name: str) -> HttpResponse:
    """Take part in the vote that runs."""
    if not names.called(name):
        return redirect("room")  # A trainer, who doesn't vote.
    if request.method != "POST":
        return render(request, "room/vote.html", _vote_context(name))
    if votes.cast(state(), name, request.POST.get("choice", "")):
        return redirect("vote")
    context = _vote_context(name) | {"not_counted": True}
    return render(request, "room/vote.html", context, status=400)


@require_safe
@in_a_room
def vote_live(request: HttpRequest) -> HttpResponse:
    """What the page of the vote shows now. What's ticked there and not sent yet stays ticked."""
    name = learner.name_in(request)
    if not names.called(name):
        return HttpResponse(headers={"HX-Refresh": "true"})
    context = _vote_context(name)
    if request.GET.get("round") == context["round"]:
        context["ticked"] = request.GET.get("choice", context["ticked"])
    return render(request, "room/_ballot.html", context)


def _vote_context(name: str) -> dict[str, Any]:
    now = state()
    lesson = votes.running(now)
    mine = votes.mine(now, name)
    context: dict[str, Any] = {
        "version": now.version,
        "lesson": lesson,
        "phase": now.phase,
        "is_open": now.phase in votes.OPEN,
        "round": f"{now.vote}.{now.phase}",
        "mine": mine,
        "ticked": mine,
    }
    if lesson:
        context |= {
            "scene": as_page(lesson.sections["The scene"]),
            "question": as_page(lesson.sections["Predict"]),
            "choices": [
                (letter, code, as_page(said, inline=True)) for letter, code, said in lesson.lettered
            ],
        }
    return context


@require_safe
@in_a_room
def strip(request: HttpRequest) -> HttpResponse:
    """What the trainer says to everybody, as a part of every page."""
    return render(request, "room/_strip.html", strip_context(request))


def strip_context(request: HttpRequest) -> dict[str, Any]:
    """Return what the strip at the top of a page says."""
    now = state()
    owner = learner.name_in(request)
    return {
        "room": now,
        "timer": _timer(now),
        "vote_lesson": votes.running(now) if now.phase in votes.OPEN else None,
        "voted": votes.mine(now, owner) if now.phase else "",
        "called": names.called(owner) if owner else "",
        "is_trainer": is_trainer(request),
    }


def _timer(now: State) -> dict[str, Any]:
    """Return how much time is left, as a page shows it first; nothing where no timer runs.

    In seconds, since an attendee's clock may be wrong or in another time zone.
    """
    if now.timer is None:
        return {}
    left = math.ceil((now.timer - timezone.now()).total_seconds())
    if left <= -TIME_IS_UP_SECONDS:
        return {}
    seconds = max(0, left)
    return {"left": seconds, "clock": f"{seconds // 60}:{seconds % 60:02}"}


def remember_browser(owner: str, profile: str) -> None:
    """Note what the self-check has found in somebody's browser."""
    Person.objects.filter(owner=owner).update(browser=profile)


def is_held(request: HttpRequest, slug: str) -> bool:
    """Tell whether a lesson isn't open yet for who asks."""
    return slug in lessons() and slug in held_for(request)


def held_for(request: HttpRequest) -> set[str]:
    """Return the lessons that aren't open yet for who asks. The trainer's always are."""
    return set() if is_trainer(request) else set(state().held)


def held(request: HttpRequest, slug: str) -> HttpResponse:
    """The page of a lesson that isn't open yet."""
    context = {"lesson": lessons()[slug], "version": state().version}
    return render(request, "room/held.html", context)


@require_safe
@in_a_room
def still_held(request: HttpRequest, slug: str) -> HttpResponse:
    """Reload the page of a held lesson as soon as it's open."""
    if slug in lessons() and is_held(request, slug):
        return HttpResponse(f'<span data-version=".room={state().version}"></span>')
    return HttpResponse(headers={"HX-Refresh": "true"})
