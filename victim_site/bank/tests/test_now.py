"""What an open page of the bank is told, and that asking changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from victim_site.bank import labs
from victim_site.bank.models import Lab, Session
from victim_site.conftest import Bank, signed_in

pytestmark = pytest.mark.django_db

LAB = "no-defense--for-otter42"
NEW_PASSWORD = {"new_password": "looking-glass", "current_password": "wonderland"}
SAME_ORIGIN = {"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty"}
LABELS = [
    "no-defense",
    "host-prefix",
    "samesite-strict",
    "fetch-metadata",
    "csrf-token",
    "signed-double-submit",
    "content-policy",
    "no-defense--with-second-cookie",
    "no-defense--with-cookie-refresh",
    "no-defense--with-cors-reflect",
]


def poll(bank: Bank, version: str = "", **headers: str) -> Any:
    return bank.get(f"/poll/?{version}", headers=SAME_ORIGIN | headers)


def now(bank: Bank) -> dict[str, Any]:
    said: dict[str, Any] = poll(bank).json()
    return said


@pytest.mark.parametrize("label", LABELS)
def test_a_page_is_told_what_it_should_show_in_every_kind_of_lab(label: str) -> None:
    said = now(signed_in(f"{label}--for-otter42"))

    assert said["version"]
    assert (said["user"], said["balance"]) == ("alice", 1000)
    assert said["email"].startswith("alice@")
    assert (said["acts"], said["payments"]) == ({}, [])


def test_nothing_new_is_a_204_for_one_query() -> None:
    alice = signed_in(LAB)
    version = now(alice)["version"]

    with CaptureQueriesContext(connection) as queries:
        answer = poll(alice, version)

    assert (answer.status_code, answer.content, len(queries)) == (204, b"", 1)


CHANGES: dict[str, tuple[Callable[[Bank], Any], dict[str, Any]]] = {
    "a transfer": (
        lambda bank: bank.forged("/transfer", {"to": "mallory", "amount": "100"}),
        {"balance": 900},
    ),
    "another address": (
        lambda bank: bank.forged("/email", {"email": "a@example.org"}),
        {"email": "a@example.org"},
    ),
    "a sign-out": (lambda bank: bank.forged("/logout", {}), {"user": ""}),
    "another sign-in": (lambda bank: bank.sign_in("mallory"), {"user": "mallory"}),
    "a cookie that's gone": (lambda bank: bank.cookies.clear(), {"user": ""}),
    "a reset": (lambda bank: labs.reset(LAB), {"user": ""}),
    "its removal": (lambda bank: Lab.objects.all().delete(), {"user": ""}),
}


@pytest.mark.parametrize(("change", "expected"), CHANGES.values(), ids=CHANGES)
def test_a_page_is_told_of(change: Callable[[Bank], Any], expected: dict[str, Any]) -> None:
    alice = signed_in(LAB)
    version = now(alice)["version"]

    change(alice)

    said = poll(alice, version).json()
    assert said | expected == said
    assert poll(alice, said["version"]).status_code == 204


def test_the_newest_payment_says_to_whom() -> None:
    alice = signed_in(LAB)
    alice.forged("/transfer", {"to": "mallory", "amount": "100"})

    [[_, sender, recipient, amount]] = now(alice)["payments"]

    assert (sender, recipient, amount) == ("alice", "mallory", "−100")
    assert now(signed_in(LAB, "mallory"))["payments"][0][3] == "+100"


def test_a_new_password_is_told_as_the_act_that_made_it_and_not_to_others() -> None:
    alice, mallory = signed_in(LAB), signed_in(LAB, "mallory")

    alice.honest("/password", NEW_PASSWORD)
    first = now(alice)["acts"]["change-password"]
    alice.forged("/password", NEW_PASSWORD)

    assert now(alice)["acts"]["change-password"] > first
    assert now(mallory)["acts"] == {}


@pytest.mark.parametrize("label", LABELS)
def test_asking_changes_nothing(label: str) -> None:
    alice = Bank(f"{label}--for-otter42")
    alice.sign_in()
    before = alice.state, list(Session.objects.values()), list(Lab.objects.values())
    cookies = alice.cookies.output()

    answers = [poll(alice), poll(alice, now(alice)["version"])]

    assert [answer.status_code for answer in answers] == [200, 204]
    assert not any(answer.cookies for answer in answers)
    assert alice.cookies.output() == cookies
    assert (alice.state, list(Session.objects.values()), list(Lab.objects.values())) == before


def test_asking_makes_no_lab() -> None:
    assert now(Bank(LAB))["user"] == ""
    assert not Lab.objects.exists()


def test_a_sign_in_of_another_lab_is_nobody_here() -> None:
    alice = signed_in("csrf-token--for-otter42")
    other = Bank(LAB)
    other.cookies = alice.cookies

    assert now(other)["user"] == ""


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("relation", ["cross-site", "same-site", "none"])
def test_other_origins_are_told_nothing(label: str, relation: str) -> None:
    alice = signed_in(f"{label}--for-otter42")
    origin = {"origin": "http://evil.localhost:9000"}

    refused = poll(alice, **origin | {"sec-fetch-site": relation})
    unlabeled = alice.get("/poll/", headers=origin)
    preflight = alice.options("/poll/", headers=origin | {"access-control-request-method": "GET"})

    assert (refused.status_code, preflight.status_code) == (403, 405)
    assert b"alice" not in refused.content
    for answer in (refused, unlabeled, preflight):
        assert not any(name.startswith("Access-Control") for name in answer.headers)
        assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize("cookie", ["x", "a\0b", "é", "x" * 4000])
def test_any_cookie_gets_an_answer(cookie: str) -> None:
    bank = Bank(LAB)
    bank.cookies["sessionid"] = cookie

    said = now(bank)

    assert said["user"] == ""
    assert cookie not in said["version"]
