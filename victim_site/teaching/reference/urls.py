"""The addresses of the pages to look things up in."""

from __future__ import annotations

from django.urls import path

from victim_site.teaching.reference.views import (
    advisories,
    attacks,
    cookie_jar,
    defenses,
    known_labs,
    matrix,
    pattern,
    policies,
    weaknesses,
)

urlpatterns = [
    path("advisories/", advisories.show, name="advisories"),
    path("attacks/", attacks.index, name="attacks"),
    path("attacks/<slug:slug>/", attacks.show, name="attack"),
    path("attacks/<slug:slug>/bait.svg", attacks.bait, name="bait"),
    path("defenses/", defenses.index, name="defenses"),
    path("defenses/<slug:slug>/", defenses.show, name="defense"),
    path("defenses/<slug:slug>/<str:name>", defenses.application, name="application"),
    path("weaknesses/", weaknesses.index, name="weaknesses"),
    path("weaknesses/<slug:slug>/", weaknesses.show, name="weakness"),
    path("matrix/", matrix.show, name="matrix"),
    path("matrix/pattern/", pattern.show, name="pattern"),
    path("matrix/<int:row>.<int:column>", matrix.square, name="square"),
    path("cookie-jar/", cookie_jar.show, name="cookie-jar"),
    path("known-labs/", known_labs.show, name="known-labs"),
    path("policies/", policies.show, name="policies"),
]
