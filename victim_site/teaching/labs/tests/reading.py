"""A page of the labs as people read it."""

from __future__ import annotations

import html

from victim_site.conftest import playground
from victim_site.teaching.lessons.learner import NAME_COOKIE


def ask(path: str, learner: str | None = None) -> str:
    """Return a page as people read it, in which a mistake would be a 500."""
    site = playground()
    if learner is not None:
        site.cookies[NAME_COOKIE] = learner
    answer = site.get(path)
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())
