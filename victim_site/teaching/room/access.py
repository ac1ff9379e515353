"""Who may see what: a view for the trainer, and a view for people with a name."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from victim_site.teaching.room.trainers import is_trainer

P = ParamSpec("P")
_View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def in_a_room(view: _View[P]) -> _View[P]:
    """Answer 404 where the playground isn't a room."""

    @wraps(view)
    def checked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not settings.ROOM:
            raise Http404(
                gettext("This playground isn’t a room. A trainer opens one with make room.")
            )
        return view(request, *args, **kwargs)

    return checked


def for_trainer(view: _View[P]) -> _View[P]:
    """Let only the trainer's browser in."""

    @in_a_room
    @wraps(view)
    def checked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not is_trainer(request):
            return render(request, "room/not_the_trainer.html", status=403)
        return view(request, *args, **kwargs)

    return checked
