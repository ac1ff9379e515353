"""The addresses of a lab's bank, and of what else must live on a bank host."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.urls import include, path

from victim_site.teaching.browser import cookies, selfcheck
from victim_site.weaknesses.base import Weakness

_patterns = [
    path("", include("victim_site.bank.urls")),
    path("self-check/start", selfcheck.start, name="self-check-start"),
    path("self-check/echo.svg", selfcheck.echo, name="self-check-echo"),
    path("cookies/start", cookies.start, name="cookies-start"),
    path("cookies/<slug:run>/kept", cookies.kept, name="cookies-kept"),
    path("cookies/<slug:run>/<slug:position>/<slug:way>", cookies.echo, name="cookies-echo"),
]


@cache
def addresses(weaknesses: tuple[Weakness, ...]) -> Any:
    """Return what Django takes for a module of addresses: the bank's, and those of its weaknesses.

    The latter come first, so that a weakness can put something else in the place of a page; and in
    a lab without it, its pages do not exist.
    """
    weak = [path(where, view) for one in weaknesses for where, view in one.pages().items()]
    return type(
        "Addresses",
        (),
        {
            "urlpatterns": weak + _patterns,
            "handler400": "victim_site.bank.views.bad_request",
            "handler404": "victim_site.bank.views.not_found",
            "handler500": "victim_site.bank.views.server_error",
        },
    )
