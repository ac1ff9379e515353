"""The question of an open page: what it's told, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from victim_site.bank import labs
from victim_site.bank.models import Lab, Session
from victim_site.conftest import Bank, Site, playground, signed_in
from victim_site.teaching.lessons import progress
from victim_site.teaching.poll import LONGEST_QUERY

pytestmark = pytest.mark.django_db

LAB, OTHER = "no-defense--for-otter42", "post-only--for-otter42"
LESSON = "the-image.otter42"
KITTEN = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"}


def learner() -> Site:
    site = playground()
    site.cookies["learner"] = "otter42"
    return site


def question(page: str) -> str:
    """Return what the script of a page asks."""
    shown = re.findall('data-version="([^"]+)"', learner().get(page).content.decode())
    assert shown
    return "/poll/?" + "&".join(shown).replace("&amp;", "&")


PAGES = {
    "a lab": f"/labs/{LAB}/",
    "a lab's whole log": f"/labs/{LAB}/?all",
    "two labs": f"/compare/?a={LAB}&b={OTHER}",
    "a lesson": "/lessons/the-image/",
    "a lesson, presented": "/lessons/the-image/present/",
}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
@pytest.mark.parametrize("visited", [True, False])
def test_nothing_new_is_a_204_for_one_query(page: str, visited: bool) -> None:
    if visited:
        signed_in(LAB)
    asked = question(page)

    with CaptureQueriesContext(connection) as queries:
        answer = learner().get(asked)

    assert (answer.status_code, answer.content, len(queries)) == (204, b"", 1)


CHANGES: dict[str, Callable[[Bank], Any]] = {
    "an attempt that is refused": lambda bank: bank.forged("/logout", {}),
    "a transfer": lambda bank: bank.honest("/transfer", {"to": "mallory", "amount": "1"}),
    "a sign-out": lambda bank: bank.honest("/logout", {}),
    "a sign-in elsewhere": lambda bank: signed_in(LAB, "mallory"),
    "another address": lambda bank: bank.honest("/email", {"email": "a@example.org"}),
    "a new password": lambda bank: bank.honest(
        "/password", {"new_password": "looking-glass", "current_password": "wonderland"}
    ),
    "a reset": lambda bank: labs.reset(LAB),
    "its removal": lambda bank: Lab.objects.all().delete(),
}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_lab_is_new_after(page: str, change: Callable[[Bank], Any]) -> None:
    alice = signed_in(LAB)
    signed_in(OTHER)
    asked = question(page)

    before = alice.state
    change(alice)
    assert alice.state != before

    answer = learner().get(asked)
    assert answer.status_code == 200
    assert LAB in answer.json()["changed"]
    assert learner().get(question(page)).status_code == 204


def test_a_sign_in_whose_cookie_comes_back_is_new() -> None:
    bank = Bank(LAB)
    bank.sign_in()
    asked = question(f"/labs/{LAB}/")
    assert learner().get(asked).status_code == 204

    bank.get("/")

    assert learner().get(asked).json() == {"changed": [LAB]}


def test_what_happens_in_another_lab_is_nothing_new() -> None:
    signed_in(LAB)
    asked = question(f"/labs/{LAB}/")

    signed_in(OTHER)

    assert learner().get(asked).status_code == 204


def test_of_two_labs_the_one_that_changed_is_named() -> None:
    asked = question(f"/compare/?a={LAB}&b={OTHER}")

    signed_in(OTHER)

    assert learner().get(asked).json() == {"changed": [OTHER]}


def test_a_lesson_is_new_after_a_prediction_and_after_starting_over() -> None:
    lesson = progress.lessons()["the-image"]
    first = question("/lessons/the-image/")

    progress.predict("otter42", lesson, "forged")
    assert learner().get(first).json() == {"changed": [LESSON]}

    second = question("/lessons/the-image/")
    progress.forget("otter42")
    assert learner().get(second).json() == {"changed": [LESSON]}
    assert learner().get(first).status_code == 204


def test_a_step_that_is_done_is_new_for_its_lab_and_its_lesson() -> None:
    alice = signed_in(LAB)
    asked = question("/lessons/the-image/")

    alice.get("/logout", headers=KITTEN)

    assert learner().get(asked).json() == {"changed": [LAB, LESSON]}


def test_a_page_whose_cookie_did_not_come_back_is_told_once() -> None:
    asked = question("/lessons/the-image/")

    assert playground().get(asked).json() == {"changed": [LESSON]}
    part = playground().get("/lessons/the-image/live/?for=otter42").content.decode()
    (shown,) = re.findall('data-version="([^"]+)"', part)
    assert playground().get("/poll/?" + shown.replace("&amp;", "&")).status_code == 204


def test_a_sign_in_that_expires_is_shown_with_the_next_change() -> None:
    signed_in(LAB)
    asked = question(f"/labs/{LAB}/")

    Session.objects.update(expire_date=timezone.now() - timedelta(days=1))

    assert learner().get(asked).status_code == 204


REFUSED = {
    "nothing": ("", 400),
    "no version": ("?csrf-token", 200),
    "too many labs": ("?a=1&b=2&c=3&d=4&e=5", 400),
    "200 fields": ("?" + "x=1&" * 100, 400),
    "too long": (f"?{LAB}={'1' * LONGEST_QUERY}", 400),
    "a lesson alone": (f"?{LESSON}=..", 400),
    "two lessons": (f"?{LAB}=0&{LESSON}=..&post-alone.otter42=..", 400),
    "no such lab": ("?csrf-tokem=0", 404),
    "an upper-case lab": ("?NO-DEFENSE=0", 404),
    "a NUL": ("?%00=0", 404),
    "not UTF-8": ("?%ff=0", 404),
    "no such lesson": (f"?{LAB}=0&the-fax.otter42=..", 404),
    "no such name": (f"?{LAB}=0&the-image.<b>=..", 404),
    "a NUL in a name": (f"?{LAB}=0&the-image.%00=..", 404),
    "an odd version": (f"?{LAB}=%00%ff<script>", 200),
}


@pytest.mark.parametrize(("query", "status"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_question_gets_a_sentence(query: str, status: int) -> None:
    answer = playground().get(f"/poll/{query}")

    assert answer.status_code == status
    if status != 200:
        assert re.fullmatch(r'\{"detail": "[A-Z].{20,}\."\}', answer.content.decode())
    assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("method", ["post", "put", "delete", "options"])
def test_only_get_asks(method: str) -> None:
    answer = getattr(playground(), method)(f"/poll/?{LAB}=0")

    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")


def test_a_head_gets_no_body() -> None:
    answer = playground().head(f"/poll/?{LAB}=1")

    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("attacker.example", 421),
        ("csrf-tokem.bank.localhost", 404),
    ],
)
def test_no_other_host_answers(host: str, status: int) -> None:
    answer = Site(host).get(f"/poll/?{LAB}=0")

    assert answer.status_code == status
    assert "changed" not in answer.content.decode()


def test_an_answer_says_nothing_to_other_sites_and_is_kept_nowhere() -> None:
    signed_in(LAB)
    for version in ("0", question(f"/labs/{LAB}/").partition("=")[2]):
        answer = playground().get(f"/poll/?{LAB}={version}")
        assert answer["Cache-Control"] == "no-store"
        assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
        assert "Access-Control-Allow-Origin" not in answer
        assert "Set-Cookie" not in answer
