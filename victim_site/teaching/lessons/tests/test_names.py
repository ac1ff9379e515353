"""Names of learners: no two learners share one unless they say so."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.middleware.csrf import CSRF_SECRET_LENGTH
from django.test.utils import CaptureQueriesContext

from catalogue.labels import LONGEST_OWNER
from tools.run import Playground
from victim_site.conftest import Site, playground, signed_in
from victim_site.teaching.lessons import learner, progress
from victim_site.teaching.lessons.models import ChosenName, Progress
from victim_site.teaching.missions.solving import solve

pytestmark = pytest.mark.django_db
TOKEN = "x" * CSRF_SECRET_LENGTH


class Learner(Site):
    """A visitor to the teaching side in a new browser."""

    def __init__(self) -> None:
        super().__init__(settings.ADDRESSES.domains.playground)

    @property
    def name(self) -> str:
        return self.cookies["learner"].value

    def take(self, name: str, **fields: str) -> Any:
        token = self.hidden("/lessons/")["csrfmiddlewaretoken"]
        fields |= {"csrfmiddlewaretoken": token, "name": name}
        return self.post("/lessons/name/", fields)


# What may already belong to a name, by how it comes to be.
BELONGINGS: dict[str, Callable[[str], Any]] = {
    "progress": lambda name: Progress.objects.create(owner=name, lesson="the-image"),
    "a mission that it has solved": lambda name: solve(name, "pattern"),
    "a lab": lambda name: signed_in(f"no-defense--for-{name}"),
    "a learner who has typed it": lambda name: Learner().take(name),
}


@pytest.mark.parametrize("belong", BELONGINGS.values(), ids=BELONGINGS)
def test_a_name_that_has_something_is_not_made_up_again(
    belong: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    belong("otter-222222")
    drawn = iter(["otter-222222", "heron-333333"])
    monkeypatch.setattr(learner, "random_name", lambda: next(drawn))

    newcomer = Learner()
    newcomer.get("/lessons/")

    assert newcomer.name == "heron-333333"


def test_a_made_up_name_can_own_every_lab_of_the_lessons() -> None:
    names = {learner.new_name() for _ in range(200)}

    assert max(map(len, names)) == LONGEST_OWNER
    for name in names:
        assert learner.is_name(name)
    for lesson in progress.lessons().values():
        for lab in [*lesson.labs, *(claim.lab for claim in lesson.further)]:
            assert progress.own_lab(lab, "x" * LONGEST_OWNER).owner == "x" * LONGEST_OWNER


def test_made_up_names_are_too_many_to_meet() -> None:
    """A thousand learners who have done nothing yet meet once in 20,000 playgrounds."""
    names = len(set(learner._ANIMALS)) * len(set(learner._SIGNS)) ** 6

    assert 1000**2 / 2 / names < 1 / 20_000


def test_learning_a_name_writes_nothing() -> None:
    with CaptureQueriesContext(connection) as queries:
        playground().get("/lessons/")

    assert queries.captured_queries
    assert all(query["sql"].startswith("SELECT") for query in queries.captured_queries)


@pytest.mark.parametrize("belong", BELONGINGS.values(), ids=BELONGINGS)
def test_who_types_a_name_in_use_is_told_and_keeps_the_own_one(
    belong: Callable[[str], Any],
) -> None:
    belong("heron7")
    second = Learner()
    second.get("/lessons/")
    before = second.name

    answer = second.take(" Heron7 ")

    assert answer.status_code == 409
    assert "The name “heron7” is already in use." in answer.content.decode()
    assert second.name == before


def test_a_returning_learner_gets_the_progress_back_in_another_browser() -> None:
    first = Learner()
    first.take("heron7")
    Progress.objects.create(owner="heron7", lesson="the-image", predicted="forged", tried="forged")

    second = Learner()
    page = second.take("heron7").content.decode()
    assert '<button name="continue" value="yes">' in page
    answer = second.take("heron7", **{"continue": "yes"})

    assert answer.status_code == 302
    assert second.name == "heron7"


def test_who_has_a_name_may_say_it_again() -> None:
    first = Learner()
    first.take("heron7")

    assert first.take("heron7").status_code == 302
    assert first.name == "heron7"


def test_many_names_are_kept_and_the_oldest_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learner, "MOST_NAMES", 10)

    for number in range(100):
        assert learner.reserve(f"otter{number}")

    assert 10 <= ChosenName.objects.count() < 10 + 50
    assert not learner.reserve("otter99")


def test_of_many_who_type_one_name_at_once_one_gets_it(site: Playground) -> None:
    """Asks a running site, whose processes share a database as it really is."""

    def take(_: int) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", site.victim_port, timeout=60)
        headers = {
            "Host": f"playground.localhost:{site.victim_port}",
            "Origin": f"http://playground.localhost:{site.victim_port}",
            "Cookie": f"csrftoken={TOKEN}",
            "X-CSRFToken": TOKEN,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        with closing(connection):
            connection.request("POST", "/lessons/name/", "name=heron7", headers)
            return connection.getresponse().status

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(take, range(24)))

    assert sorted(statuses) == [302] + [409] * 23
