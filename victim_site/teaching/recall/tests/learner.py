"""A learner who answers questions."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.middleware.csrf import CSRF_SECRET_LENGTH

from victim_site.conftest import Site
from victim_site.teaching.lessons.models import Progress

# The cookie and the form of somebody who has read a page.
TOKEN = "x" * CSRF_SECRET_LENGTH


class Learner(Site):
    """A visitor to the teaching side who has a name, and has done some lessons."""

    def __init__(self, name: str = "otter42", *done: str) -> None:
        super().__init__(settings.ADDRESSES.domains.playground)
        self.name = name
        self.cookies["learner"] = name
        self.cookies["csrftoken"] = TOKEN
        for lesson in done:
            Progress.objects.create(owner=name, lesson=lesson, tried="forged", fixed="get-refused")

    def read(self, path: str, status: int = 200) -> str:
        answer = self.get(path, follow=True)
        assert answer.status_code == status
        text: str = answer.content.decode()
        return text

    def send(self, path: str, **fields: str) -> Any:
        return self.post(path, {"csrfmiddlewaretoken": TOKEN, **fields})
