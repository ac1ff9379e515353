"""The addresses of static files."""

from __future__ import annotations

from functools import cache

from django.contrib.staticfiles.storage import StaticFilesStorage


@cache
def _address(storage: StaticFilesStorage, name: str | None) -> str:
    return StaticFilesStorage.url(storage, name)


class Files(StaticFilesStorage):
    """Django's, which builds an address again for each `{% static %}`."""

    def url(self, name: str | None) -> str:
        return _address(self, name)
