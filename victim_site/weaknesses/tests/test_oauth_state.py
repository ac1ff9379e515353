"""`oauth-state`: only the session that began a sign-in elsewhere can end it, and once."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from victim_site.conftest import CROSS_SITE, Bank, signed_in
from victim_site.weaknesses.tests.test_weaknesses import back

pytestmark = pytest.mark.django_db

LAB = "oauth-state--with-connect-account"


def identity(bank: Bank) -> str:
    return str(bank.state["accounts"]["alice"]["identity"])


def without_state(address: str) -> str:
    return address.partition("&state=")[0]


@pytest.mark.parametrize("stack", ["oauth-state", "everything--oauth-state"])
def test_an_honest_customer_notices_nothing(stack: str) -> None:
    alice = signed_in(f"{stack}--with-connect-account")

    assert alice.get(back(alice, "alice")).status_code == 303
    assert identity(alice) == "alice@lighthouse"


def test_the_attackers_own_state_is_the_wrong_one() -> None:
    alice, mallory = signed_in(LAB), signed_in(LAB, "mallory")

    alice.get(back(mallory, "mallory"), headers=CROSS_SITE)

    assert identity(alice) == ""
    assert alice.attempts[-1]["reason"] == "state-wrong"


def test_so_it_is_while_the_victim_is_on_the_way_herself() -> None:
    alice, mallory = signed_in(LAB), signed_in(LAB, "mallory")
    mine = back(alice, "alice")

    alice.get(back(mallory, "mallory"), headers=CROSS_SITE)

    assert alice.attempts[-1]["reason"] == "state-wrong"
    assert alice.get(mine).status_code == 303
    assert identity(alice) == "alice@lighthouse"


@pytest.mark.parametrize("state", ["", "&state=", "&statè=x"])
def test_a_code_without_a_state_is_refused(state: str) -> None:
    alice = signed_in(LAB)

    alice.get(without_state(back(alice, "alice")) + state)

    assert identity(alice) == ""
    assert alice.attempts[-1]["reason"] == "state-missing"


@pytest.mark.parametrize("state", ["x", "x" * 1000, "%C3%A4", "%ff", "a&state=b"])
def test_a_wrong_state_is_refused(state: str) -> None:
    alice = signed_in(LAB)

    alice.get(without_state(back(alice, "alice")) + f"&state={state}")

    assert identity(alice) == ""
    assert alice.attempts[-1]["reason"] == "state-wrong"


def test_a_state_is_valid_once() -> None:
    alice = signed_in(LAB)
    address = back(alice, "alice")
    alice.get(address)

    assert alice.get(address).status_code == 403
    assert alice.attempts[-1]["reason"] == "state-wrong"


def test_each_sign_in_has_a_state_of_its_own() -> None:
    alice = signed_in(LAB)
    states = []
    for _ in range(2):
        address = back(alice, "alice")
        alice.get(address)
        states += parse_qs(urlsplit(address).query)["state"]

    assert states[0] != states[1]


def test_a_visitor_who_is_not_signed_in_has_it_in_a_cookie_until_then() -> None:
    alice = signed_in(LAB)
    alice.get(back(alice, "alice"))
    stranger, another = Bank(LAB), Bank(LAB)
    address = back(stranger, "alice")

    refused = another.get(address)
    assert (refused.status_code, another.attempts[-1]["reason"]) == (403, "state-wrong")
    assert stranger.get(address).status_code == 303
    assert stranger.cookies["signin_state"].value == ""
    assert "Hello, alice" in stranger.get("/").content.decode()


def test_nothing_else_is_checked() -> None:
    alice = signed_in(LAB)

    alice.forged("/transfer", {"to": "mallory", "amount": "100"})

    assert alice.balances == (900, 1100)
