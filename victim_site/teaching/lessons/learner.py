"""Who learns here: a name, which owns the labs of the lessons, and a browser of some profile.

Both are cookies of the teaching side, so that closing the browser loses nothing. The name is made
up at the first visit. It isn't a secret: it is in the address of every lab, and a learner may type
it in another browser to go on there. What belongs to it is stored on the server (`models`).

No two learners get the same name. One that's made up has 28 random bits beside the animal, and
nothing may belong to it yet, so that reading a page still writes nothing. One that's typed is
reserved by a row, since two people may well think of the same.

In a room (`teaching/room`) people have names of another kind, and this one is theirs alone: its
cookie is signed, and without it they are asked for their name first. A trainer isn't asked, and
doesn't count as one of the people.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext

from catalogue.labels import LONGEST_OWNER
from victim_site.bank.models import Lab
from victim_site.teaching import expectations, versions
from victim_site.teaching.browser.views.self_check import NONE_ARRIVED, UNSET_ARRIVED
from victim_site.teaching.lessons import progress
from victim_site.teaching.lessons.models import ChosenName, Progress
from victim_site.teaching.missions.models import Solved
from victim_site.teaching.recall.models import Asked
from victim_site.teaching.room.models import Person
from victim_site.teaching.room.trainers import is_trainer

NAME_COOKIE, BROWSER_COOKIE = "learner", "browser"
_A_YEAR = 365 * 24 * 3600
# Typed names beyond are forgotten, the oldest first; progress and labs still show who has one.
MOST_NAMES = 20_000
_REMOVED_EVERY = 50
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_ANIMALS = """
bison crane dingo eagle egret finch gecko hare heron ibis koala lemur llama lynx moose newt okapi
otter owl panda quail raven robin seal shrew skunk snail stork tapir toad vole yak zebra
""".split()  # noqa: SIM905
# No vowels, so no words; and nothing that looks like something else.
_SIGNS = "23456789bcdfghjkmnpqrstvwxz"
P = ParamSpec("P")


def is_name(text: str) -> bool:
    """Tell whether a text can own labs."""
    return len(text) <= LONGEST_OWNER and bool(_NAME.fullmatch(text))


def with_name(
    view: Callable[Concatenate[HttpRequest, str, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Tell a view the learner's name, in its second argument, making one up if needed."""

    @wraps(view)
    def named(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        known = name_in(request)
        if settings.ROOM and not (_is_here(known) or is_trainer(request)):
            here = request.get_full_path() if request.method in {"GET", "HEAD"} else "/"
            return redirect(f"{reverse('join')}?{urlencode({'next': here})}")
        name = known or new_name()
        response = view(request, name, *args, **kwargs)
        if not known and NAME_COOKIE not in response.cookies:
            remember_name(response, name)
        return response

    return named


def _is_here(name: str) -> bool:
    """Tell whether somebody in the room has this name; the trainer may have removed them."""
    return bool(name) and Person.objects.filter(owner=name).exists()


def name_in(request: HttpRequest) -> str:
    """Return the name that a browser has sent back, or nothing."""
    said = request.COOKIES.get(NAME_COOKIE, "")
    if settings.ROOM:
        try:
            said = _signer().unsign(said)
        except BadSignature:
            return ""
    return said if is_name(said) else ""


def remember_name(response: HttpResponse, name: str) -> None:
    remember(response, NAME_COOKIE, _signer().sign(name) if settings.ROOM else name)


def _signer() -> Signer:
    return Signer(salt="lessons.learner")


def blocks_cookies(request: HttpRequest) -> bool:
    """Tell whether this browser is known to block cookies.

    It's known if the page before has set the name's cookie and none came back. At a first visit
    nobody can know.
    """
    before = urlsplit(request.headers.get("Referer", ""))
    here = f"{before.scheme}://{before.netloc}" == settings.ADDRESSES.playground
    lesson = before.path.strip("/").removeprefix("lessons/")
    names = before.path in {"/", "/lessons/"} or lesson in progress.lessons()
    return here and names and NAME_COOKIE not in request.COOKIES


def new_name() -> str:
    """Return a name that nobody has."""
    while in_use(name := random_name()):
        pass
    return name


def random_name() -> str:
    """Return a name such as `otter-7kq2xm`."""
    return f"{secrets.choice(_ANIMALS)}-{random_signs(6)}"


def random_signs(count: int) -> str:
    """Return so many signs that nobody confuses."""
    return "".join(secrets.choice(_SIGNS) for _ in range(count))


def in_use(name: str) -> bool:
    """Tell whether somebody has typed this name, or something was done under it."""
    return (
        ChosenName.objects.filter(name=name).exists()
        or Progress.objects.filter(owner=name).exists()
        or Asked.objects.filter(owner=name).exists()
        or Solved.objects.filter(owner=name).exists()
        or Lab.objects.filter(label__endswith=f"--for-{name}").exists()
    )


def reserve(name: str) -> bool:
    """Reserve a typed name; return whether it was free. Of two at the same time, one gets it."""
    if in_use(name):
        return False
    row, free = ChosenName.objects.get_or_create(name=name)
    if free and row.pk % _REMOVED_EVERY == 0:
        beyond = ChosenName.objects.order_by("-pk").values("pk")[MOST_NAMES:]
        ChosenName.objects.filter(pk__in=list(beyond.values_list("pk", flat=True))).delete()
    return free


def named_in(request: HttpRequest) -> str:
    """Return for whom an open page asks for news of itself, in the query's `for`.

    Raises:
        Http404: It isn't a learner's name.
    """
    name = request.GET.get("for", "")
    if not is_name(name):
        raise Http404(gettext("This page’s name is not valid. Open the lesson again."))
    return name


def cookieless(request: HttpRequest, name: str, version: str) -> dict[str, Any]:
    """Return what a page's live part says besides if the browser doesn't send the name back."""
    if name_in(request) == name:
        return {}
    # The version may say so already.
    version = version.removesuffix(versions.COOKIELESS) + versions.COOKIELESS
    return {"cookieless": True, "version": version}


def remember(response: HttpResponse, cookie: str, value: str) -> None:
    response.set_cookie(cookie, value, max_age=_A_YEAR, httponly=True, samesite="Lax")


def profile(request: HttpRequest) -> tuple[str, bool]:
    """Return the profile that this browser behaves like, and whether that was measured."""
    measured = request.COOKIES.get(BROWSER_COOKIE, "")
    if measured in expectations.the_matrix().profiles:
        return measured, True
    like_chrome = "Chrome/" in request.headers.get("User-Agent", "")
    return ("chromium" if like_chrome else "firefox"), False


def profile_of(cookies: int, user_agent: str) -> str:
    """Return the profile of a browser of which the self-check has seen which cookies it sends."""
    if cookies & NONE_ARRIVED:
        return "chromium"
    lax_by_default = "Chrome/" in user_agent and not cookies & UNSET_ARRIVED
    return "chromium-no-3pc" if lax_by_default else "firefox"
