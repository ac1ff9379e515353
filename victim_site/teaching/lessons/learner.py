"""Who learns here: a name, which owns the labs of the lessons, and a browser of some profile.

Both are cookies of the teaching side, so that closing the browser loses nothing. The name is made
up at the first visit and no secret: it stands in the address of every lab. What belongs to it is
stored on the server (`lab.models`).
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse

from catalogue.labels import LONGEST_OWNER
from victim_site.teaching import expectations
from victim_site.teaching.browser.views.self_check import NONE_ARRIVED, UNSET_ARRIVED

NAME_COOKIE, BROWSER_COOKIE = "learner", "browser"
_A_YEAR = 365 * 24 * 3600
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_ANIMALS = """
badger beaver bison crane dingo eagle egret ferret finch gecko hare heron ibis jackal koala lemur
llama lynx magpie marten moose newt okapi otter owl panda puffin quail raven robin seal shrew skunk
snail stork tapir toad vole walrus weasel wombat yak zebra
""".split()  # noqa: SIM905
P = ParamSpec("P")


def is_name(text: str) -> bool:
    """Tell whether a text can own labs."""
    return len(text) <= LONGEST_OWNER and bool(_NAME.fullmatch(text))


def with_name(
    view: Callable[Concatenate[HttpRequest, str, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Tell a view the learner's name, in its second argument; who has none gets one."""

    @wraps(view)
    def named(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        name = request.COOKIES.get(NAME_COOKIE, "")
        known = is_name(name)
        if not known:
            name = f"{random.choice(_ANIMALS)}{random.randrange(100, 1000)}"  # noqa: S311  No secret.
        response = view(request, name, *args, **kwargs)
        if not known and NAME_COOKIE not in response.cookies:
            remember(response, NAME_COOKIE, name)
        return response

    return named


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
