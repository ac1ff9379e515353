"""The addresses of the browser checks on the teaching side."""

from __future__ import annotations

from django.urls import path

from victim_site.teaching.browser.views import cookies, self_check

urlpatterns = [
    path("self-check/", self_check.show, name="self-check"),
    path("cookies/", cookies.offer, name="cookies"),
    path("cookies/<slug:run>/", cookies.results, name="cookies-run"),
    path("cookies/<slug:run>.json", cookies.export, name="cookies-export"),
]
