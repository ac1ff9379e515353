"""The addresses of the pages about labs."""

from __future__ import annotations

from django.urls import path

from victim_site.teaching.labs.views import attempt, compare, free_play, lab, own_exploit, scene

urlpatterns = [
    path("labs/", lab.index, name="labs"),
    path("labs/<slug:text>/", lab.show, name="lab"),
    path("labs/<slug:text>/log/", lab.log, name="log"),
    path("labs/<slug:text>/reset/", lab.reset, name="reset"),
    path("labs/<slug:text>/attempt/", attempt.find, name="attempt"),
    path("labs/<slug:text>/attempts/<int:number>/", attempt.show, name="attempt-picture"),
    path("labs/<slug:text>/attempts/<int:number>/scene/", scene.show, name="scene"),
    path("play/", free_play.play, name="play"),
    path("compare/", compare.compare, name="compare"),
    path("your-own-exploit/", own_exploit.show, name="your-own-exploit"),
]
