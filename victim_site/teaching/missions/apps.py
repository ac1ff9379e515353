"""The missions as a Django app, which listens to what is written into the labs' logs."""

from __future__ import annotations

from django.apps import AppConfig


class MissionsConfig(AppConfig):
    name = "victim_site.teaching.missions"

    def ready(self) -> None:
        from victim_site.teaching.missions import solving  # noqa: F401  Listens once the models are there.
