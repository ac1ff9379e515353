"""The teaching side's addresses."""

from __future__ import annotations

from django.urls import path

from victim_site.teaching import views
from victim_site.teaching.browser import cookie_page
from victim_site.teaching.labs import attempt_page, compare, play
from victim_site.teaching.lessons import views as workshop
from victim_site.teaching.reference import views as reference

urlpatterns = [
    path("", workshop.home, name="home"),
    path("health", views.health, name="health"),
    path("lessons/", workshop.index, name="lessons"),
    path("lessons/name/", workshop.rename, name="rename"),
    path("lessons/browser/", workshop.use_browser, name="use-browser"),
    path("lessons/start-over/", workshop.start_over, name="start-over"),
    path("lessons/<slug:slug>/", workshop.lesson, name="lesson"),
    path("lessons/<slug:slug>/live/", workshop.live, name="lesson-live"),
    path("lessons/<slug:slug>/present/", workshop.present, name="lesson-present"),
    path("lessons/<slug:slug>/predict/", workshop.predict, name="predict"),
    path("glossary/", workshop.glossary, name="glossary"),
    path("handout/", workshop.document, {"name": "handout"}, name="handout"),
    path("facilitator/", workshop.document, {"name": "facilitator"}, name="facilitator"),
    path("labs/", views.labs, name="labs"),
    path("labs/<slug:text>/", views.lab, name="lab"),
    path("labs/<slug:text>/log/", views.log, name="log"),
    path("labs/<slug:text>/attempt/", views.attempt, name="attempt"),
    path("labs/<slug:text>/attempts/<int:number>/", attempt_page.attempt, name="attempt-picture"),
    path("labs/<slug:text>/reset/", views.reset, name="reset"),
    path("attacks/", views.attacks, name="attacks"),
    path("attacks/<slug:slug>/", views.attack, name="attack"),
    path("defenses/", views.defenses, name="defenses"),
    path("defenses/<slug:slug>/", views.defense, name="defense"),
    path("weaknesses/", views.weaknesses, name="weaknesses"),
    path("weaknesses/<slug:slug>/", views.weakness, name="weakness"),
    path("matrix/", views.matrix_table, name="matrix"),
    path("play/", play.play, name="play"),
    path("compare/", compare.compare, name="compare"),
    path("known-labs/", reference.known_labs, name="known-labs"),
    path("policies/", reference.policies, name="policies"),
    path("self-check/", views.self_check, name="self-check"),
    path("cookies/", cookie_page.offer, name="cookies"),
    path("cookies/<slug:run>/", cookie_page.results, name="cookies-run"),
    path("cookies/<slug:run>.json", cookie_page.export, name="cookies-export"),
]
