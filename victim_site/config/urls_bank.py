"""The addresses of a lab's bank, and of the self-check's half that must live on a bank host."""

from __future__ import annotations

from django.urls import include, path

from victim_site.lab import selfcheck

handler400 = "victim_site.bank.views.bad_request"
handler404 = "victim_site.bank.views.not_found"
handler500 = "victim_site.bank.views.server_error"

urlpatterns = [
    path("", include("victim_site.bank.urls")),
    path("self-check/start", selfcheck.start, name="self-check-start"),
    path("self-check/echo.svg", selfcheck.echo, name="self-check-echo"),
]
