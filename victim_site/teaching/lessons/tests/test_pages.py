"""The pages of the lessons: all there, and they hold nothing that they must not."""

from __future__ import annotations

import re

import pytest

from catalogue.gaps import stage_of
from victim_site.conftest import playground
from victim_site.teaching.lessons import progress
from victim_site.teaching.tests.audit import audit, audit_missing

pytestmark = pytest.mark.django_db

PAGES = [
    "/",
    "/lessons/",
    *(f"/lessons/{slug}/?all" for slug in progress.lessons()),
    "/lessons/the-image/",
    *(f"/lessons/{slug}/present/" for slug in progress.lessons()),
    "/lessons/the-image/present/?notes",
    "/lessons/the-image/live/?for=otter42&present",
    "/lessons/the-image/live/?for=otter42",
    *(
        f"/lessons/{slug}/write/"
        for slug, lesson in progress.lessons().items()
        if stage_of(lesson.number)
    ),
    "/lessons/post-alone/write/?fill=1.0.2&since=0",
    "/lessons/post-alone/write/live/?for=otter42&fill=1.0.2&since=0",
    "/glossary/",
    "/handout/",
    "/facilitator/",
    "/libraries/",
]
MISSING = {
    "a lesson": "/lessons/the-imgae/",
    "a lesson's exercise": "/lessons/the-imgae/write/",
    "an exercise of a lesson without one": "/lessons/the-image/write/",
    "a lesson's presenter view": "/lessons/the-imgae/present/",
}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_there_and_holds_only_what_it_may(path: str) -> None:
    audit(path)


@pytest.mark.parametrize("path", MISSING.values(), ids=MISSING)
def test_what_is_not_there_is_a_404_page_with_a_sentence(path: str) -> None:
    audit_missing(path)


@pytest.mark.parametrize("path", ["/handout/", "/facilitator/", "/libraries/"])
def test_a_link_within_a_page_leads_to_a_heading_that_is_there(path: str) -> None:
    page = playground().get(path).content.decode()
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)
