"""The question of an open page, once a second: is what I show still the newest?

`/poll/?<lab>=<version>&…` names what the page shows, and which version of it. The answer is 204, or
`{"changed": [<lab>, …]}`; the page then gets the parts that show those. Half of all requests are
such questions, so they're answered before the other middleware: they need no session, no template,
no token and no form, and change nothing.

The bank's pages ask the same at their own host, `/poll/?<version>`, and get 204 or what they should
show now. Only their own origin may read that. The answer bypasses the lab's defenses and weaknesses
on purpose: it sets no cookie, and no weakness opens it to other origins.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast
from urllib.parse import parse_qsl

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from catalogue.labels import BadLabel
from victim_site.bank import now
from victim_site.bank.middleware import read_as_the_bank
from victim_site.bank.requests import BankRequest, SiteRequest
from victim_site.label import parse
from victim_site.teaching import versions
from victim_site.teaching.lessons import learner, progress
from victim_site.teaching.middleware import HEADERS
from victim_site.teaching.room import table
from victim_site.teaching.room.models import room_version, state
from victim_site.teaching.room.trainers import is_trainer

PATH = "/poll/"
# Two labs side by side, or a lesson's two, the learner's progress in it, and the room; or the parts
# of the trainer's page.
MOST_NAMES = 4
LONGEST_QUERY = 500
# What a room has beside them. Labs and lessons don't begin with a dot.
ROOM, PEOPLE = ".room", ".people"
_HEADERS = HEADERS | {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


class Mistake(Exception):
    """The question can't be answered: a status, and a sentence that says why."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class PollMiddleware:
    """Answer `/poll/`, right after the host was checked."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: SiteRequest) -> HttpResponse:
        if request.path_info != PATH:
            return self.get_response(request)
        if request.method not in {"GET", "HEAD"}:
            headers = _HEADERS | {"Allow": "GET, HEAD"}
            return JsonResponse({"detail": "A poll is a GET."}, status=405, headers=headers)
        try:
            news = _changed(request) if request.label is None else _in_the_bank(request)
        except Mistake as mistake:
            detail = {"detail": str(mistake)}
            return JsonResponse(detail, status=mistake.status, headers=_HEADERS)
        if not news:
            return HttpResponse(status=204, headers=_HEADERS)
        return JsonResponse(news, headers=_HEADERS)


def _in_the_bank(request: HttpRequest) -> dict[str, Any]:
    """Return what a page of the bank should show, unless its version is still the newest.

    Raises:
        Mistake: Another origin asks.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise Mistake(403, "Only the bank’s own pages may ask this.")
    asked = cast("BankRequest", request)
    read_as_the_bank(asked)
    lab = asked.label.text
    # The cookie is part of the version, so an open page also notices when it's replaced or gone.
    version = f"{versions.current([lab])[lab]}.{now.asker(asked)}"
    if request.META.get("QUERY_STRING") == version:
        return {}
    return {"version": version, **now.state(asked)}


def _changed(request: HttpRequest) -> dict[str, list[str]]:
    """Return the names in the query whose version isn't the one that the page has, if any.

    Raises:
        Mistake: The query is too long, or names nothing that there is.
    """
    query = request.META.get("QUERY_STRING", "")
    try:
        has = dict(parse_qsl(query, keep_blank_values=True, max_num_fields=MOST_NAMES))
    except ValueError:
        has = {}
    if not has or len(query) > LONGEST_QUERY:
        raise Mistake(400, f"A poll has one to {MOST_NAMES} names, each with a version.")
    labels = [name for name in has if "." not in name]
    lessons = [name for name in has if "." in name[1:]]
    rooms = [name for name in has if name.startswith(".")]
    if not labels + rooms or len(lessons) > 1:
        raise Mistake(400, "A poll names at least one lab, and at most one lesson.")
    for label in labels:
        try:
            parse(label)
        except BadLabel as mistake:
            raise Mistake(404, f"No such lab. {mistake}") from None
    lesson, owner = _lesson(lessons[0]) if lessons else ("", "")
    found = versions.current(labels, lesson, owner) if labels else {}
    if lessons and learner.name_in(request) != owner:
        found[lessons[0]] += versions.COOKIELESS
    found |= {name: _in_room(request, name) for name in rooms}
    changed = [name for name, version in found.items() if version != has[name]]
    return {"changed": changed} if changed else {}


def _in_room(request: HttpRequest, name: str) -> str:
    """Return the version of what the trainer says to everybody, or of what only the trainer sees.

    Raises:
        Mistake: It isn't there, or not for this browser.
    """
    if not settings.ROOM or name not in {ROOM, PEOPLE}:
        raise Mistake(404, "This playground isn’t a room, or has no such part.")
    if name == ROOM:
        return room_version()
    if not is_trainer(request):
        raise Mistake(403, "Only the trainer’s page may ask this.")
    return table.version(state())


def _lesson(name: str) -> tuple[str, str]:
    lesson, _, owner = name.partition(".")
    if lesson not in progress.lessons() or not learner.is_name(owner):
        raise Mistake(404, "There is no such lesson, or no learner can have this name.")
    return lesson, owner
