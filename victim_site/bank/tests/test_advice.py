"""A visitor whose request is refused is told what to do."""

from __future__ import annotations

import html

import pytest

from csrf_proof.reasons import REASONS
from victim_site.bank.advice import ADVICE
from victim_site.conftest import Bank, signed_in

# No page shows these: they end a handshake, and a question that only browsers ask.
NO_PAGE = {"websocket-origin", "cors-closed"}


def test_there_is_advice_for_each_reason_that_the_server_gives() -> None:
    by_server = {code for code, reason in REASONS.items() if reason.by == "server"}
    assert set(ADVICE) == by_server - NO_PAGE


@pytest.mark.django_db
def test_a_form_older_than_the_sign_in_is_told_what_to_do() -> None:
    alice = signed_in("session-token")
    old = alice.hidden("/transfer")
    alice.sign_in()

    page = alice.forged("/transfer", {**old, "to": "mallory", "amount": "5"})

    text = html.unescape(page.content.decode())
    assert page.status_code == 403
    assert ADVICE["token-wrong"].customer in text
    assert ADVICE["token-wrong"].developer in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    "lab", ["csrf-token", "session-token", "signed-double-submit", "naive-double-submit"]
)
def test_a_token_whose_cookie_stayed_behind_is_told_so(lab: str) -> None:
    bank = Bank(lab)
    fields = bank.hidden("/login")
    bank.cookies.clear()

    headers = {"origin": bank.origin, "sec-fetch-site": "same-origin"}
    page = bank.post(
        "/login", {**fields, "username": "alice", "password": "wonderland"}, headers=headers
    )

    assert bank.attempts[-1]["reason"] == "cookie-missing"
    assert ADVICE["cookie-missing"].customer in html.unescape(page.content.decode())
