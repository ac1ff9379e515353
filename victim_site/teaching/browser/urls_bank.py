"""The browser checks' addresses on the host of a lab, where cookies are set and seen to arrive."""

from __future__ import annotations

from django.urls import path

from victim_site.teaching.browser.views import cookie_run, self_check

urlpatterns = [
    path("self-check/start", self_check.start, name="self-check-start"),
    path("self-check/<slug:run>/kept", self_check.kept, name="self-check-kept"),
    path("self-check/echo.svg", self_check.echo, name="self-check-echo"),
    path("cookies/start", cookie_run.start, name="cookies-start"),
    path("cookies/<slug:run>/kept", cookie_run.kept, name="cookies-kept"),
    path("cookies/<slug:run>/<slug:position>/<slug:way>", cookie_run.echo, name="cookies-echo"),
]
