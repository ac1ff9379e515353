"""`session-token`: a secret of this sign-in in every form, and one for the sign-in form itself."""

from __future__ import annotations

import pytest

from victim_site.conftest import CROSS_SITE, PASSWORDS, Bank, signed_in

pytestmark = pytest.mark.django_db
LAB = "session-token"
PAYMENT = {"to": "mallory", "amount": "100"}
SAME_ORIGIN = {
    "sec-fetch-site": "same-origin",
    "origin": "http://session-token.bank.localhost:8000",
}


def other_token() -> str:
    return signed_in(LAB, "mallory").hidden("/transfer")["token"]


TOKENS = {
    "no token": ({}, "token-missing"),
    "an empty token": ({"token": ""}, "token-missing"),
    "a wrong token": ({"token": "x" * 43}, "token-wrong"),
    "a token that isn't ASCII": ({"token": "töken"}, "token-wrong"),
    "Django's field": ({"csrfmiddlewaretoken": "x"}, "token-missing"),
}


@pytest.mark.parametrize("headers", [{}, SAME_ORIGIN, CROSS_SITE], ids=["none", "own", "cross"])
@pytest.mark.parametrize(("fields", "reason"), TOKENS.values(), ids=TOKENS.keys())
def test_a_post_is_refused(fields: dict[str, str], reason: str, headers: dict[str, str]) -> None:
    alice = signed_in(LAB)

    answer = alice.post("/transfer", PAYMENT | fields, headers=headers)

    assert answer.status_code == 403
    assert alice.attempts[-1]["reason"] == reason
    assert alice.balances == (1000, 1000)


@pytest.mark.parametrize("headers", [{}, SAME_ORIGIN, CROSS_SITE], ids=["none", "own", "cross"])
def test_the_own_token_is_all_that_is_looked_at(headers: dict[str, str]) -> None:
    alice = signed_in(LAB)

    alice.post("/transfer", PAYMENT | alice.hidden("/transfer"), headers=headers)

    assert alice.balances == (900, 1100)


def test_the_token_may_come_in_json() -> None:
    alice = signed_in(LAB)
    body = {"to": "mallory", "amount": 100, **alice.hidden("/transfer")}

    alice.post("/api/transfer", body, content_type="application/json")

    assert alice.balances == (900, 1100)


def test_the_token_of_another_sign_in_is_refused() -> None:
    alice = signed_in(LAB)

    alice.post("/transfer", PAYMENT | {"token": other_token()})

    assert alice.attempts[-1]["reason"] == "token-wrong"
    assert alice.balances == (1000, 1000)


def test_a_get_is_not_asked_for_a_token() -> None:
    alice = signed_in(LAB)

    alice.get("/transfer", PAYMENT)

    assert alice.balances == (900, 1100)


def test_the_token_is_renewed_at_each_sign_in() -> None:
    alice = signed_in(LAB)
    before = alice.hidden("/transfer")["token"]

    alice.sign_in()

    assert alice.hidden("/transfer")["token"] != before


def test_the_token_before_sign_in_is_not_the_one_after() -> None:
    bank = Bank(LAB)
    before = bank.hidden("/login")["token"]

    bank.sign_in()
    bank.post("/transfer", PAYMENT | {"token": before})

    assert bank.attempts[-1]["reason"] == "token-wrong"
    assert bank.balances == (1000, 1000)


def test_the_token_stays_the_same_within_a_sign_in() -> None:
    alice = signed_in(LAB)

    assert alice.hidden("/transfer") == alice.hidden("/email")


def test_a_sign_in_without_its_cookie_is_refused() -> None:
    bank = Bank(LAB)
    token = bank.hidden("/login")
    bank.cookies.clear()

    bank.post("/login", {"username": "alice", "password": PASSWORDS["alice"], **token})

    assert bank.attempts[-1]["reason"] == "cookie-missing"
    assert bank.state["accounts"]["alice"]["sessions"] == 0


def test_a_forged_sign_in_is_refused() -> None:
    bank = Bank(LAB)
    bank.get("/login")

    bank.forged("/login", {"username": "mallory", "password": PASSWORDS["mallory"]})

    assert bank.attempts[-1]["reason"] == "token-missing"
    assert bank.state["accounts"]["mallory"]["sessions"] == 0


@pytest.mark.parametrize("path", ["/", "/login", "/transfer", "/pay", "/nowhere"])
def test_an_anonymous_visitor_gets_no_session_cookie(path: str) -> None:
    bank = Bank(LAB)

    bank.get(path)

    assert "sessionid" not in bank.cookies


def test_the_cookie_before_sign_in_is_hidden_from_scripts_and_other_sites() -> None:
    cookie = Bank(LAB).get("/login").cookies["signin_token"]

    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


def test_a_refusal_hands_out_no_token() -> None:
    answer = Bank(LAB).forged("/transfer", PAYMENT)

    assert answer.status_code == 403
    assert not answer.cookies
