"""The addresses of the pages about your own application."""

from __future__ import annotations

from django.urls import path

from victim_site.teaching.your_app import views

urlpatterns = [
    path("your-app/", views.offer, name="your-app"),
    path("your-app/<slug:name>/", views.show, name="your-app-run"),
    path("your-app/<slug:name>/progress/", views.progress, name="your-app-progress"),
    path("your-app/<slug:name>/report/", views.report, name="your-app-report"),
    path("your-app/<slug:name>/stop/", views.stop, name="your-app-stop"),
]
