"""The teaching side's addresses: those of its wings, and the health check."""

from __future__ import annotations

from django.urls import include, path

from victim_site.teaching import views

urlpatterns = [
    path("health", views.health, name="health"),
    path("", include("victim_site.teaching.lessons.urls")),
    path("", include("victim_site.teaching.recall.urls")),
    path("", include("victim_site.teaching.missions.urls")),
    path("", include("victim_site.teaching.labs.urls")),
    path("", include("victim_site.teaching.reference.urls")),
    path("", include("victim_site.teaching.browser.urls")),
    path("", include("victim_site.teaching.your_app.urls")),
    path("", include("victim_site.teaching.room.urls")),
]
