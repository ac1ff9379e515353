"""What an act changed is next to it in the log, in the words of the code that changed it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from victim_site.bank.models import Attempt
from victim_site.conftest import CROSS_SITE, PASSWORDS, Bank, signed_in

pytestmark = pytest.mark.django_db

PAYMENT = {"to": "mallory", "amount": "100"}
MOVED = "100 moved from alice to mallory"
MALLORY = {"username": "mallory", "password": PASSWORDS["mallory"]}
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40

# A lab, what is asked of its bank, and what that changes.
Row = tuple[str, Callable[[Bank], Any], str]
DONE: dict[str, Row] = {
    "a sign-in": (
        "no-defense",
        lambda bank: bank.forged("/login", MALLORY),
        "a new sign-in as mallory",
    ),
    "a sign-out": ("no-defense", lambda bank: bank.get("/logout"), "alice is signed out"),
    "a transfer": ("no-defense", lambda bank: bank.forged("/transfer", PAYMENT), MOVED),
    "a transfer by script": (
        "no-defense",
        lambda bank: bank.post(
            "/api/transfer", '{"to": "mallory", "amount": 100}', content_type="application/json"
        ),
        MOVED,
    ),
    "an e-mail address": (
        "no-defense",
        lambda bank: bank.forged("/email", {"email": "x@y.org"}),
        "alice’s e-mail address is now x@y.org",
    ),
    "a password": (
        "no-defense",
        lambda bank: bank.forged("/password", {"new_password": "secret"}),
        "alice has a new password",
    ),
    "a picture": (
        "no-defense",
        lambda bank: bank.forged("/avatar", {"avatar": SimpleUploadedFile("cat.png", PNG)}),
        "alice has a new picture",
    ),
    "the first of two steps": (
        "no-defense--with-two-step",
        lambda bank: bank.forged("/transfer", PAYMENT),
        "",
    ),
    "the second of two steps": (
        "no-defense--with-two-step",
        lambda bank: bank.forged("/transfer/confirm", PAYMENT),
        MOVED,
    ),
    "a message": (
        "no-defense--with-fragment-request",
        lambda bank: bank.forged("/inbox/read/welcome", {}),
        "alice’s message “welcome” is marked as read",
    ),
}


def newest() -> Attempt:
    return Attempt.objects.latest("pk")


@pytest.mark.parametrize(("lab", "act", "change"), DONE.values(), ids=DONE)
def test_the_log_says_what_an_act_changed(
    lab: str, act: Callable[[Bank], Any], change: str
) -> None:
    act(signed_in(lab))

    assert (newest().outcome, newest().change) == ("applied", change)


def test_an_address_of_any_length_leaves_a_change_that_fits() -> None:
    longest = "a@" + "b" * 60 + ".c" * 60 + ".de"

    signed_in("no-defense").forged("/email", {"email": longest})

    assert newest().change == f"alice’s e-mail address is now {longest}"[:200]


@pytest.mark.parametrize(
    "kept", {"preflight": ("options", "/api/transfer"), "frame": ("get", "/transfer")}.values()
)
def test_what_is_no_act_changes_nothing(kept: tuple[str, str]) -> None:
    method, path = kept
    headers = {"access-control-request-method": "POST", "sec-fetch-dest": "iframe"}

    getattr(signed_in("no-defense"), method)(path, headers=CROSS_SITE | headers)

    assert newest().kind in {"preflight", "framed"}
    assert newest().change == ""


REFUSED = {
    "by a defense": ("session-token", signed_in),
    "by a feature of the bank": ("no-defense--with-two-step", signed_in),
    "as nobody's": ("no-defense", Bank),
}


@pytest.mark.parametrize(("lab", "visitor"), REFUSED.values(), ids=REFUSED)
def test_a_refused_act_changed_nothing(lab: str, visitor: Callable[[str], Bank]) -> None:
    visitor(lab).post("/api/transfer", PAYMENT, content_type="application/json")

    assert newest().outcome in {"refused", "anonymous"}
    assert newest().change == ""


def test_where_only_the_answer_is_refused_the_log_says_what_was_done() -> None:
    answer = signed_in("check-after-effect").forged("/transfer", PAYMENT)

    assert (answer.status_code, newest().change) == (403, MOVED)


def test_a_change_is_written_with_its_attempt_and_costs_no_query() -> None:
    alice = signed_in("no-defense")

    with CaptureQueriesContext(connection) as asked:
        alice.forged("/transfer", PAYMENT)

    (written,) = (query["sql"] for query in asked if MOVED in query["sql"])
    assert written.startswith('INSERT INTO "bank_attempt"')
