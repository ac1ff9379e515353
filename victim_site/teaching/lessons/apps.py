"""The teaching side as a Django app, which listens to what is written into the labs' logs."""

from __future__ import annotations

from django.apps import AppConfig


class LessonsConfig(AppConfig):
    name = "victim_site.teaching.lessons"

    def ready(self) -> None:
        from victim_site.teaching.lessons import progress  # noqa: F401  Listens once the models are there.
