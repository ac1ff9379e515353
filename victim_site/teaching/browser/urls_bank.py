"""The addresses of the checks on the host of a lab, where cookies can be set for it and counted."""

from __future__ import annotations

from django.urls import path

from victim_site.teaching.browser import cookies, selfcheck

urlpatterns = [
    path("self-check/start", selfcheck.start, name="self-check-start"),
    path("self-check/echo.svg", selfcheck.echo, name="self-check-echo"),
    path("cookies/start", cookies.start, name="cookies-start"),
    path("cookies/<slug:run>/kept", cookies.kept, name="cookies-kept"),
    path("cookies/<slug:run>/<slug:position>/<slug:way>", cookies.echo, name="cookies-echo"),
]
