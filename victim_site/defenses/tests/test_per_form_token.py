"""`per-form-token`: the token for one action opens no other, and none of another sign-in."""

from __future__ import annotations

import re

import pytest

from victim_site.conftest import PASSWORDS, Bank, signed_in

pytestmark = pytest.mark.django_db
LAB = "per-form-token"
PAYMENT = {"to": "mallory", "amount": "100"}
MALLORY = {"username": "mallory", "password": PASSWORDS["mallory"]}
# What a page's form is for, and what else could be done with its token.
FORMS = {
    "/transfer": ("/email", {"email": "owned@evil.localhost"}),
    "/pay": ("/password", {"new_password": "owned"}),
    "/email": ("/transfer", PAYMENT),
    "/password": ("/transfer", PAYMENT),
}


@pytest.mark.parametrize("page", FORMS)
def test_the_token_of_one_form_is_refused_for_another_action(page: str) -> None:
    alice = signed_in(LAB)
    path, fields = FORMS[page]
    before = alice.state["accounts"]

    answer = alice.post(path, fields | alice.hidden(page))

    assert answer.status_code == 403
    assert alice.attempts[-1]["reason"] == "token-wrong"
    assert alice.state["accounts"] == before


def test_the_form_to_pay_and_the_quick_one_are_for_the_same_action() -> None:
    alice = signed_in(LAB)
    body = {"to": "mallory", "amount": 100, **alice.hidden("/pay")}

    alice.post("/api/transfer", body, content_type="application/json")

    assert alice.balances == (900, 1100)


TOKENS = {
    "no token": ({}, "token-missing"),
    "an empty token": ({"token": ""}, "token-missing"),
    "a wrong token": ({"token": "x" * 43}, "token-wrong"),
    "a token that isn't ASCII": ({"token": "töken"}, "token-wrong"),
    "half a surrogate pair": ({"token": "\ud800"}, None),
}


@pytest.mark.parametrize(("fields", "reason"), TOKENS.values(), ids=TOKENS.keys())
def test_a_post_without_its_token_is_refused(fields: dict[str, str], reason: str | None) -> None:
    alice = signed_in(LAB)

    answer = alice.post("/api/transfer", PAYMENT | fields, content_type="application/json")

    assert answer.status_code == (403 if reason else 400)
    assert [attempt["reason"] for attempt in alice.attempts[1:]] == [reason] * bool(reason)
    assert alice.balances == (1000, 1000)


def test_the_same_form_of_another_customer_is_refused() -> None:
    alice, mallory = signed_in(LAB), signed_in(LAB, "mallory")

    alice.post("/transfer", PAYMENT | mallory.hidden("/transfer"))

    assert alice.attempts[-1]["reason"] == "token-wrong"
    assert alice.balances == (1000, 1000)


def test_tokens_are_renewed_at_each_sign_in() -> None:
    alice = signed_in(LAB)
    before = alice.hidden("/transfer")

    alice.sign_in()
    alice.post("/transfer", PAYMENT | before)

    assert alice.attempts[-1]["reason"] == "token-wrong"
    assert alice.hidden("/transfer") != before


def test_a_new_password_leaves_open_pages_valid() -> None:
    alice = signed_in(LAB)
    open_page = alice.hidden("/transfer")

    alice.honest("/password", {"new_password": "looking-glass"})
    alice.post("/transfer", PAYMENT | open_page)

    assert alice.balances == (900, 1100)


def test_a_forged_sign_in_is_refused_with_or_without_a_token() -> None:
    bank, other = Bank(LAB), Bank(LAB)
    for token in ({}, other.hidden("/login")):
        bank.get("/login")
        bank.forged("/login", MALLORY | token)

    reasons = [attempt["reason"] for attempt in bank.attempts]
    assert reasons == ["token-missing", "token-wrong"]
    assert bank.state["accounts"]["mallory"]["sessions"] == 0


def test_a_sign_in_without_its_cookie_is_refused() -> None:
    bank = Bank(LAB)
    token = bank.hidden("/login")
    bank.cookies.clear()

    bank.post("/login", {"username": "alice", "password": PASSWORDS["alice"], **token})

    assert bank.attempts[-1]["reason"] == "cookie-missing"


def test_no_page_has_two_actions_with_one_token() -> None:
    alice = signed_in(LAB)

    tokens = re.findall(r'name="token" value="([^"]+)"', alice.get("/").content.decode())

    assert len(tokens) == len(set(tokens)) == 3  # To sign out, to pay, to upload a picture.


def test_other_tokens_are_the_same_in_every_form() -> None:
    alice = signed_in("session-token")

    assert alice.hidden("/transfer") == alice.hidden("/email")
