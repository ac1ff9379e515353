"""The question of an open page, once a second: is what I show still the newest?

`/poll/?<lab>=<version>&…` names what the page shows, and which version of it. The answer is 204, or
`{"changed": [<lab>, …]}`; the page then gets the parts that show those. Half of all requests are
such questions, so they're answered before the other middleware: they need no session, no template,
no token and no form, and change nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl

from django.http import HttpRequest, HttpResponse, JsonResponse

from catalogue.labels import BadLabel
from victim_site.bank.requests import SiteRequest
from victim_site.label import parse
from victim_site.teaching import versions
from victim_site.teaching.lessons import learner, progress
from victim_site.teaching.middleware import HEADERS

PATH = "/poll/"
# Two labs side by side, or a lesson's two and the learner's progress in it.
MOST_NAMES = 3
LONGEST_QUERY = 500
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
    """Answer `/poll/` on the playground's host, right after the host was checked."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: SiteRequest) -> HttpResponse:
        if request.path_info != PATH or request.label is not None:
            return self.get_response(request)
        if request.method not in {"GET", "HEAD"}:
            headers = _HEADERS | {"Allow": "GET, HEAD"}
            return JsonResponse({"detail": "A poll is a GET."}, status=405, headers=headers)
        try:
            changed = _changed(request)
        except Mistake as mistake:
            detail = {"detail": str(mistake)}
            return JsonResponse(detail, status=mistake.status, headers=_HEADERS)
        if not changed:
            return HttpResponse(status=204, headers=_HEADERS)
        return JsonResponse({"changed": changed}, headers=_HEADERS)


def _changed(request: HttpRequest) -> list[str]:
    """Return the names in the query whose version isn't the one that the page has.

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
    lessons = [name for name in has if "." in name]
    if not labels or len(lessons) > 1:
        raise Mistake(400, "A poll names at least one lab, and at most one lesson.")
    for label in labels:
        try:
            parse(label)
        except BadLabel as mistake:
            raise Mistake(404, f"No such lab. {mistake}") from None
    lesson, owner = _lesson(lessons[0]) if lessons else ("", "")
    found = versions.current(labels, lesson, owner)
    if lessons and request.COOKIES.get(learner.NAME_COOKIE) != owner:
        found[lessons[0]] += versions.COOKIELESS
    return [name for name, version in found.items() if version != has[name]]


def _lesson(name: str) -> tuple[str, str]:
    lesson, _, owner = name.partition(".")
    if lesson not in progress.lessons() or not learner.is_name(owner):
        raise Mistake(404, "There is no such lesson, or no learner can have this name.")
    return lesson, owner
