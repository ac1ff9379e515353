"""How much a forged transfer takes."""

from __future__ import annotations

import pytest

from attacker_site.tests.conftest import Document, Get
from attacker_site.tests.victim import Victim

TAKEN = {
    "less than the most": (40, "40"),
    "one": (1, "1"),
    "the most": (100, "100"),
    "more than the most": (5000, "100"),
    "below zero": (-5, "100"),
    "text": ("40", "100"),
    "a fraction": (40.5, "100"),
    "a truth value": (True, "100"),
    "nothing at all": (None, "100"),
}
ODD = {
    "empty": b"",
    "no JSON": b"<html>",
    "no bytes of text": b"\xff\xfe\xfa",
    "a list": b"[]",
    "no accounts": b"{}",
    "accounts in a list": b'{"accounts": []}',
    "very deep": b"[" * 100_000,
}


def amount(page: str) -> str | None:
    """Return the amount in the form of a page."""
    fields = {field["name"]: field["value"] for field in Document(page).all("input")}
    return fields["amount"]


@pytest.mark.parametrize(("balance", "expected"), TAKEN.values(), ids=TAKEN)
def test_a_transfer_takes_what_is_there_and_at_most_a_hundred(
    get_beside: Get, victim: Victim, balance: object, expected: str
) -> None:
    victim.says(balance)

    assert amount(get_beside("/form-post/").text) == expected


@pytest.mark.parametrize("body", ODD.values(), ids=ODD)
def test_an_odd_answer_stands_for_a_hundred(get_beside: Get, victim: Victim, body: bytes) -> None:
    victim.body = body

    assert amount(get_beside("/form-post/").text) == "100"


def test_a_refusal_stands_for_a_hundred(get_beside: Get, victim: Victim) -> None:
    victim.says(40)
    victim.status = 404

    assert amount(get_beside("/form-post/").text) == "100"


def test_a_bank_that_is_down_stands_for_a_hundred(get: Get) -> None:
    assert amount(get("/form-post/").text) == "100"


def test_an_empty_account_is_told_and_nothing_is_fired(get_beside: Get, victim: Victim) -> None:
    victim.says(0)

    answer = get_beside("/form-post/?lab=csrf-token")

    document = Document(answer.text)
    assert answer.status_code == 200
    assert "nothing left to take" in document.text["h1"]
    assert not document.all("form")
    assert "http://playground.localhost:8000/labs/csrf-token/" in document.addresses()


def test_the_panel_of_an_empty_account_says_so(get_beside: Get, victim: Victim) -> None:
    victim.says(0)

    assert "account is empty" in get_beside("/form-post/behind/").text


@pytest.mark.parametrize("amount_given", ["0", "101", "-1", "40.5", "lots", ""])
def test_an_amount_that_was_never_served_is_not_shown(
    get_beside: Get, victim: Victim, amount_given: str
) -> None:
    victim.says(40)

    page = get_beside(f"/form-post/behind/?amount={amount_given}").text

    assert "to=mallory&amount=40\n" in Document(page).text["request"]


def test_the_balance_is_asked_of_the_lab_by_the_name_of_the_teaching_side(
    get_beside: Get, victim: Victim
) -> None:
    victim.says(40)

    get_beside("/form-post/?lab=csrf-token")

    assert victim.asked == [("playground.localhost:8000", "/api/labs/csrf-token")]


def test_an_attack_that_takes_no_money_asks_nobody(get_beside: Get, victim: Victim) -> None:
    get_beside("/image-get/")
    get_beside("/form-post/?action=change-email")
    get_beside("/image-get/behind/")
    get_beside("/")

    assert victim.asked == []
