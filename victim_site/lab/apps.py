"""The teaching side as a Django app, which listens to what is written into the labs' logs."""

from __future__ import annotations

from django.apps import AppConfig


class LabConfig(AppConfig):
    name = "victim_site.lab"

    def ready(self) -> None:
        from victim_site.lab import progress  # noqa: F401  Listens once the models are there.
