"""The pages of a room: all there, and they hold nothing that they must not."""

from __future__ import annotations

import pytest

from victim_site.conftest import Bank
from victim_site.teaching.lessons.progress import lessons
from victim_site.teaching.room import votes
from victim_site.teaching.room.models import Person
from victim_site.teaching.room.tests.conftest import person, post, trainer
from victim_site.teaching.tests.audit import audit

pytestmark = pytest.mark.django_db

EVERYBODYS = [
    "/join/",
    "/join/?next=/lessons/",
    "/vote/",
    "/vote/live/",
    "/room/strip/",
    "/lessons/",
]
TRAINERS = ["/room/", "/room/live/", "/room/wall/", "/room/wall/live/", "/room/wall/?names"]
TRAINERS += ["/room/hold/live/", "/room/vote/live/"]


@pytest.mark.parametrize("path", EVERYBODYS)
def test_a_page_of_everybodys_holds_only_what_it_may(path: str) -> None:
    site = person("<script>Anna</script>")
    audit(path, site=site)
    post(trainer(), "/room/vote/", phase=votes.ALONE, lesson="the-image")
    audit(path, site=site)


@pytest.mark.parametrize("path", TRAINERS)
@pytest.mark.parametrize("phase", ["", *votes.PHASES])
def test_a_page_of_the_trainers_holds_only_what_it_may(path: str, phase: str) -> None:
    boss = trainer()
    audit(path, site=boss)
    post(person("<script>Anna</script>"), "/lessons/the-image/predict/", choice="forged")
    post(boss, "/room/vote/", phase=votes.ALONE, lesson="the-image")
    post(boss, "/room/vote/", phase=phase)
    audit(path, site=boss)


@pytest.mark.parametrize(
    "path", ["/matrix/pattern/", "/play/", "/lessons/the-image/", "/glossary/"]
)
def test_a_page_has_htmx_once_and_asks_for_news(path: str) -> None:
    page = audit(path, site=person("Anna"))
    assert page.count("htmx-2.min.js") == 1
    assert "live.js" in page


def test_the_other_pages_hold_only_what_they_may() -> None:
    site, boss = person("Anna", "Ben"), trainer()
    audit(f"/room/people/{Person.objects.earliest('pk').pk}/", site=boss)
    post(boss, "/room/hold/", open=[])
    for slug in lessons():
        audit(f"/lessons/{slug}/", site=site)
    audit("/room/", 403, site=site)


def test_everything_runs_on_the_trainers_laptop_and_the_bank_says_so_too() -> None:
    pages = [person("Anna").get("/lessons/"), Bank("no-defense").get("/login")]
    for page in pages:
        assert "on the trainer’s laptop" in page.content.decode()
        assert "your own machine" not in page.content.decode()


def test_a_page_that_asks_whether_the_trainer_is_sure_holds_only_what_it_may() -> None:
    person("<script>Anna</script>")
    for fields in ({"remove": ""}, {"reset": "", "lesson": "the-image"}):
        page = post(trainer(), f"/room/people/{Person.objects.get().pk}/", **fields)
        assert "<script>Anna" not in page.content.decode()
