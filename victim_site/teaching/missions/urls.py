"""The addresses of the missions."""

from __future__ import annotations

from django.urls import path

from victim_site.teaching.missions.views import fixes, missions, reviews

urlpatterns = [
    path("missions/", missions.index, name="missions"),
    path("missions/<slug:slug>/", missions.show, name="mission"),
    path("missions/fix/<slug:slug>/", fixes.show, name="fix"),
    path("missions/review/<slug:slug>/", reviews.show, name="review-code"),
    path("missions/<slug:slug>/live/", missions.live, name="mission-live"),
]
