"""The addresses of the teaching side."""

from __future__ import annotations

from django.urls import include, path

from victim_site.teaching.api import api
from victim_site.teaching.room.api import router
from victim_site.teaching.visits.api import router as visits

handler400 = "victim_site.teaching.views.bad_request"
handler404 = "victim_site.teaching.views.not_found"
handler500 = "victim_site.bank.views.server_error"

api.add_router("", router)
api.add_router("", visits)
urlpatterns = [
    path("api/", api.urls),
    path("", include("victim_site.teaching.urls")),
]
