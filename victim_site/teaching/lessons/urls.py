"""The addresses of the start page, the lessons, and the documents around them."""

from __future__ import annotations

from django.urls import path

from victim_site.teaching.lessons.views import documents, exercise, learner, lesson, overview

urlpatterns = [
    path("", overview.home, name="home"),
    path("lessons/", overview.index, name="lessons"),
    path("lessons/name/", learner.rename, name="rename"),
    path("lessons/browser/", learner.use_browser, name="use-browser"),
    path("lessons/start-over/", learner.start_over, name="start-over"),
    path("lessons/<int:number>/", lesson.by_number, {"page": "lesson"}),
    path("lessons/<int:number>/present/", lesson.by_number, {"page": "lesson-present"}),
    path("lessons/<slug:slug>/", lesson.show, name="lesson"),
    path("lessons/<slug:slug>/live/", lesson.live, name="lesson-live"),
    path("lessons/<slug:slug>/present/", lesson.present, name="lesson-present"),
    path("lessons/<slug:slug>/predict/", lesson.predict, name="predict"),
    path("lessons/<slug:slug>/write/", exercise.show, name="exercise"),
    path("lessons/<slug:slug>/write/live/", exercise.live, name="exercise-live"),
    path("glossary/", documents.glossary, name="glossary"),
    path("handout/", documents.document, {"name": "handout"}, name="handout"),
    path("facilitator/", documents.document, {"name": "facilitator"}, name="facilitator"),
    path("libraries/", documents.document, {"name": "libraries"}, name="libraries"),
]
