"""The trainer's pages: who is where, the vote, and what is said to everybody."""

from __future__ import annotations

import hmac
import json
from collections import Counter, defaultdict
from datetime import timedelta
from operator import itemgetter
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from victim_site.teaching import spreadsheet
from victim_site.teaching.lessons import progress
from victim_site.teaching.lessons.start_over import start_over
from victim_site.teaching.recall import quiz
from victim_site.teaching.room import names, table, trainers, votes
from victim_site.teaching.room.access import for_trainer, in_a_room
from victim_site.teaching.room.models import LONGEST_SAID, Person, SecondVote, change, state

LONGEST_TIMER = 240
COLUMNS = ("name", "browser", "lesson", "predicted", "tried", "fixed", "since")


@require_safe
@in_a_room
def enter(request: HttpRequest) -> HttpResponse:
    """Take the secret of the link for a cookie, so that it isn't in the address of what's shown."""
    said = request.GET.get("key", "")
    if not settings.ROOM_SECRET or not hmac.compare_digest(
        said.encode(), settings.ROOM_SECRET.encode()
    ):
        return render(request, "room/not_the_trainer.html", status=403)
    response = redirect("room")
    trainers.remember(response)
    return response


@require_safe
@for_trainer
def room(request: HttpRequest) -> HttpResponse:
    """The trainer's own page, with everybody's name."""
    return render(request, "room/room.html", _whole_page())


@require_safe
@for_trainer
def live(request: HttpRequest) -> HttpResponse:
    """The part of the trainer's page that changes."""
    return render(request, "room/_table.html", _with_people(_said()))


@require_safe
@for_trainer
def vote_live(request: HttpRequest) -> HttpResponse:
    """The vote on the trainer's page, which another trainer may have started."""
    return render(request, "room/_vote.html", _with_vote(_said()))


@require_safe
@for_trainer
def hold_live(request: HttpRequest) -> HttpResponse:
    """The lessons on the trainer's page, which another trainer may have held."""
    return render(request, "room/_held.html", _said())


@require_safe
@for_trainer
def wall(request: HttpRequest) -> HttpResponse:
    """What is projected: how to come in, how far the room is, the vote. No names, unless asked."""
    return render(request, "room/wall.html", _context() | {"names": "names" in request.GET})


@require_safe
@for_trainer
def wall_live(request: HttpRequest) -> HttpResponse:
    """The part of the wall that changes."""
    return render(request, "room/_wall.html", _context() | {"names": "names" in request.GET})


def _said() -> dict[str, Any]:
    """Return what the trainer has said, and what there is to choose from."""
    now = state()
    return {
        "room": now,
        "version": f".people={table.version(now)}",
        "lessons": list(progress.lessons().values()),
        "held": set(now.held),
        "most": LONGEST_SAID,
    }


def _with_vote(said: dict[str, Any]) -> dict[str, Any]:
    return said | {"tally": votes.tally(said["room"])}


def _with_people(said: dict[str, Any]) -> dict[str, Any]:
    found = table.lines()
    return said | {
        "lines": found,
        "seen_by": table.seen_by(found),
        "stuck": [line for line in found if line.stuck],
        "browsers": browsers(found),
        "way_in": way_in(),
    }


def _context() -> dict[str, Any]:
    return _with_people(_with_vote(_said()))


def _whole_page() -> dict[str, Any]:
    context = _context()
    averages = quiz.averages(line.owner for line in context["lines"])
    return context | {
        "quiz": averages,
        "quiz_length": len(quiz.pairs()),
        "idle": names.idle().count(),
    }


def browsers(found: list[table.Line]) -> list[tuple[str, int]]:
    """Return how many have which kind of browser; "" where the self-check didn't run."""
    return Counter(line.browser for line in found).most_common()


def way_in() -> dict[str, Any]:
    """Return how people come in, as `room/arrivals.py` writes it; empty where nothing does."""
    try:
        found: dict[str, Any] = json.loads(Path(settings.ROOM_WAYS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


@require_POST
@for_trainer
def say(request: HttpRequest) -> HttpResponse:
    """Announce something, ask for attention, or set a timer."""
    values: dict[str, object] = {}
    if "said" in request.POST:
        values["said"] = names.cleaned(request.POST["said"])[:LONGEST_SAID]
    if "look_here" in request.POST:
        values["look_here"] = request.POST["look_here"] == "1"
    if "minutes" in request.POST:
        minutes = request.POST["minutes"]
        if not (minutes.isascii() and minutes.isdecimal() and int(minutes) <= LONGEST_TIMER):
            return _mistake(
                request,
                gettext("A timer runs for 0 to %(most)d minutes.") % {"most": LONGEST_TIMER},
            )
        whole = int(minutes)
        values["timer"] = timezone.now() + timedelta(minutes=whole) if whole else None
    change(**values)
    return redirect("room")


@require_POST
@for_trainer
def hold(request: HttpRequest) -> HttpResponse:
    """Hold the lessons that aren't ticked.

    What the form didn't change stays: another trainer may have held it meanwhile. With scripts,
    each tick is sent as it's made, and `only` says which it is.
    """
    opened, was_held = set(request.POST.getlist("open")), set(request.POST.getlist("was_held"))
    lessons = progress.lessons()
    only = request.GET.get("only", "")
    with transaction.atomic():
        before = set(state().held)
        if only:
            held = before - {only} if only in opened else before | {only}
        else:
            held = before - (opened & was_held) | (lessons.keys() - opened - was_held)
        change(held=[slug for slug in lessons if slug in held])
    return HttpResponse(status=204) if only else redirect("room")


@require_POST
@for_trainer
def vote(request: HttpRequest) -> HttpResponse:
    """Begin a vote, go on to its next part, or end it; unless another trainer was faster."""
    now = state()
    phase, lesson = request.POST.get("phase", ""), request.POST.get("lesson", "")
    if phase and phase not in votes.PHASES:
        return _mistake(request, gettext("A vote has no such part."))
    if phase == votes.ALONE and lesson not in progress.lessons():
        return _mistake(request, gettext("There is no such lesson to vote on."))
    if request.POST.get("was", now.phase) != now.phase:
        return redirect("room")
    if phase == votes.ALONE:
        SecondVote.objects.filter(lesson=lesson).delete()
        change(vote=lesson, phase=phase)
    else:
        change(phase=phase)
    return redirect("room")


@require_http_methods(["GET", "HEAD", "POST"])
@for_trainer
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody's labs. Rename or remove them, or let them start over, in one lesson or in all."""
    found = get_object_or_404(Person, pk=pk)
    if request.method != "POST":
        return _person(request, found)
    if "rename" in request.POST:
        try:
            names.rename(found, request.POST.get("name", ""))
        except names.NameRefused as refused:
            return _person(request, found, str(refused))
    elif "remove" in request.POST:
        if not _is_sure(request):
            return _ask_about_removing(request, found)
        found.delete()
    elif "reset" in request.POST:
        slug = _lesson_or_404(request)
        if not _is_sure(request):
            who = names.called(found.owner)
            return _ask_about_starting_over(request, who, slug, request.path)
        start_over(found.owner, slug)
    change()
    return redirect("room")


def _person(request: HttpRequest, found: Person, mistake: str = "") -> HttpResponse:
    here = progress.lessons().values()
    context = {
        "person": found,
        "partners": Person.objects.filter(owner=found.owner)
        .exclude(pk=found.pk)
        .values_list("name", flat=True),
        "lessons": list(here),
        "labs": [
            (lesson, [progress.own_lab(lab, found.owner).text for lab in lesson.labs])
            for lesson in here
        ],
        "mistake": mistake,
    }
    return render(request, "room/person.html", context, status=400 if mistake else 200)


@require_POST
@for_trainer
def door(request: HttpRequest) -> HttpResponse:
    """Let nobody else take a name, or let people in again."""
    change(lets_in=request.POST.get("lets_in") == "1")
    return redirect("room")


@require_POST
@for_trainer
def remove_idle(request: HttpRequest) -> HttpResponse:
    """Remove all names with which nothing was done; many of them may be one person's."""
    if not _is_sure(request):
        return _ask_about_idle(request)
    names.idle().delete()
    change()
    return redirect("room")


@require_POST
@for_trainer
def reset(request: HttpRequest) -> HttpResponse:
    """Let everybody start over, in one lesson or in all; names stay."""
    slug = _lesson_or_404(request)
    if not _is_sure(request):
        return _ask_about_starting_over(request, gettext("everybody"), slug, reverse("room"))
    for owner in set(Person.objects.values_list("owner", flat=True)):
        start_over(owner, slug)
    change()
    return redirect("room")


def _lesson_or_404(request: HttpRequest) -> str:
    """Return which lesson a form is about; nothing if it's about all of them."""
    slug = request.POST.get("lesson", "")
    if slug and slug not in progress.lessons():
        raise Http404(gettext("There is no such lesson."))
    return slug


def _is_sure(request: HttpRequest) -> bool:
    """Tell whether the trainer has read what will be lost, and pressed the button there."""
    return "sure" in request.POST


def _ask(request: HttpRequest, title: str, lost: list[str], yes: str, back: str) -> HttpResponse:
    """Say what will be lost, with a button that sends the same form again."""
    said = [pair for pair in request.POST.items() if pair[0] != "csrfmiddlewaretoken"]
    context = {"title": title, "lost": lost, "yes": yes, "back": back, "said": said}
    return render(request, "room/sure.html", context)


def _ask_about_starting_over(request: HttpRequest, who: str, slug: str, back: str) -> HttpResponse:
    lesson = progress.lessons().get(slug)
    about = {"who": who, "title": lesson.title if lesson else ""}
    if lesson:
        title = gettext("Let %(who)s start over in “%(title)s”?") % about
    else:
        title = gettext("Let %(who)s start over in all lessons?") % about
    lost = gettext(
        "Predictions, votes, steps and answers are forgotten, and the labs are reset. "
        "That can’t be undone. Names stay."
    )
    return _ask(request, title, [lost], gettext("Start over"), back)


def _ask_about_removing(request: HttpRequest, found: Person) -> HttpResponse:
    about = {"name": found.name}
    if Person.objects.filter(owner=found.owner).count() > 1:
        lost = gettext("Their neighbor keeps the labs and the progress that they shared.")
    else:
        lost = gettext(
            "Their progress is no longer in the table or the export. If they join again, they "
            "start from nothing."
        )
    title, yes = gettext("Remove %(name)s from the room?"), gettext("Remove %(name)s")
    return _ask(request, title % about, [lost], yes % about, request.path)


def _ask_about_idle(request: HttpRequest) -> HttpResponse:
    idle = list(names.idle().order_by("key").values_list("name", flat=True))
    count = len(idle)
    title = ngettext("Remove %(count)d name?", "Remove %(count)d names?", count)
    lost = [
        ", ".join(idle),
        gettext("Nothing was done with them. Whoever is behind one can take it again."),
    ]
    yes = ngettext("Remove %(count)d name", "Remove %(count)d names", count)
    about = {"count": count}
    return _ask(request, title % about, lost, yes % about, reverse("room"))


def _mistake(request: HttpRequest, sentence: str) -> HttpResponse:
    return render(request, "room/room.html", _whole_page() | {"mistake": sentence}, status=400)


@require_safe
@for_trainer
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """Who did what, as a table for a spreadsheet or as JSON, which also has the quiz."""
    people = people_as_json()
    if kind == "json":
        answers: defaultdict[str, dict[str, list[dict[str, Any]]]] = defaultdict(
            lambda: {form: [] for form in quiz.FORMS}
        )
        for row in _quiz_answers():
            answers[row.pop("name")][row.pop("form")].append(row)
        people = [each | {"quiz": answers[each["name"]]} for each in people]
        response = JsonResponse({"people": people})
        response["Content-Disposition"] = 'attachment; filename="room.json"'
        return response
    rows = (
        {"name": each["name"], "browser": each["browser"], "lesson": slug, **row}
        for each in people
        for slug, row in each["lessons"].items()
    )
    return spreadsheet.as_csv("room", COLUMNS, rows)


@require_safe
@for_trainer
def export_quiz(request: HttpRequest) -> HttpResponse:
    """What everybody answered in the quiz, before and after, as a table for a spreadsheet."""
    return spreadsheet.as_csv("room-quiz", quiz.COLUMNS, _quiz_answers())


def _quiz_answers() -> list[dict[str, Any]]:
    """Return all answers to the quiz, by the names of those who gave them."""
    called = names.everybody()
    rows = (row | {"name": called[row["name"]]} for row in quiz.rows(called))
    return sorted(rows, key=itemgetter("name"))


def people_as_json() -> list[dict[str, Any]]:
    """Return everybody as the API says it."""
    return [
        {
            "name": line.name,
            "browser": line.browser,
            "lessons": {
                cell.lesson: {
                    "predicted": cell.row.predicted,
                    "tried": cell.row.tried,
                    "fixed": cell.row.fixed,
                    "since": cell.row.changed.isoformat(),
                }
                for cell in line.cells
                if cell.row
            },
            "stuck": {"on": line.stuck.on, "say": line.stuck.say} if line.stuck else None,
        }
        for line in table.lines()
    ]
