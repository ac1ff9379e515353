"""`reauthentication`: transfer, e-mail and password ask for the current password.

`ASKED` is the bank's public contract: transfer, e-mail and password also take `current_password`.
The sources are the Cross-Site Request Forgery Prevention Cheat Sheet of OWASP, "User Interaction
Based CSRF Defense" (re-authentication), and ASVS 5.0, 7.5.1 (before a change of what an account is
signed in to or recovered by). On purpose the playground asks for no password at sign-out and for
the picture, so that the lesson has something that this defense does not stop.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from victim_site.conftest import CROSS_SITE, PASSWORDS, Bank, signed_in
from victim_site.defenses.tests.odd import ODD, thousands_of_cookies

pytestmark = pytest.mark.django_db
LAB = "reauthentication"
FIELD = "current_password"
PAYMENT = {"to": "mallory", "amount": "100"}
RIGHT = {FIELD: PASSWORDS["alice"]}
JSON = "application/json"
MISSING, WRONG = "password-missing", "password-wrong"
# The address, its fields besides the password, and the content type.
ASKED: dict[str, tuple[str, dict[str, str], str]] = {
    "transfer": ("/transfer", PAYMENT, ""),
    "transfer by script": ("/api/transfer", PAYMENT, JSON),
    "e-mail": ("/email", {"email": "alice@example.org"}, ""),
    "password": ("/password", {"new_password": "rabbit-hole"}, ""),
}
# What is typed as the password, and the reason.
PASSWORDS_TYPED = {
    "nothing": (None, MISSING),
    "empty": ("", MISSING),
    "another": ("looking-glass", WRONG),
    "the attacker's own": (PASSWORDS["mallory"], WRONG),
    "upper case": ("WONDERLAND", WRONG),
    "the first letters": ("wonder", WRONG),
    "a blank at the end": ("wonderland ", WRONG),
    "a blank alone": (" ", WRONG),
    "a stored password": ("cheap_pbkdf2_sha256$1$x$x", WRONG),
    "an unusable password": ("!", WRONG),
    "letters beyond ASCII": ("wönderland", WRONG),
    "100 KB": ("w" * 100_000, WRONG),
}


def send(bank: Bank, path: str, fields: dict[str, Any], content_type: str = "") -> Any:
    more: dict[str, Any] = {"content_type": content_type} if content_type else {}
    return bank.post(path, fields, **more)


def changed(bank: Bank) -> bool:
    """Whether anything happened to alice's account."""
    account = bank.state["accounts"]["alice"]
    untouched = (1000, "alice@bank.localhost", False)
    return (account["balance"], account["email"], account["password_changed"]) != untouched


@pytest.mark.parametrize(("path", "fields", "content_type"), ASKED.values(), ids=ASKED.keys())
class TestWhatAsks:
    def test_the_right_password_is_accepted(
        self, path: str, fields: dict[str, str], content_type: str
    ) -> None:
        alice = signed_in(LAB)

        send(alice, path, fields | RIGHT, content_type)

        assert alice.attempts[-1]["outcome"] == "applied"
        assert changed(alice)

    @pytest.mark.parametrize(
        ("typed", "reason"), PASSWORDS_TYPED.values(), ids=PASSWORDS_TYPED.keys()
    )
    def test_any_other_is_refused(
        self,
        path: str,
        fields: dict[str, str],
        content_type: str,
        typed: str | None,
        reason: str,
    ) -> None:
        alice = signed_in(LAB)

        answer = send(
            alice, path, fields if typed is None else fields | {FIELD: typed}, content_type
        )

        assert answer.status_code == 403
        assert alice.attempts[-1]["reason"] == reason
        assert not changed(alice)

    def test_whoever_is_not_signed_in_is_refused(
        self, path: str, fields: dict[str, str], content_type: str
    ) -> None:
        bank = Bank(LAB)

        send(bank, path, fields | RIGHT, content_type)

        (attempt,) = bank.attempts
        assert attempt["outcome"] == "anonymous"
        assert attempt["verdicts"] == [{"defense": LAB, "reason": WRONG}]
        assert not changed(bank)


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_get_that_acts_is_asked_too(method: str) -> None:
    alice = signed_in(LAB)

    getattr(alice, method)("/transfer", PAYMENT, headers=CROSS_SITE)

    assert alice.attempts[-1]["reason"] == MISSING
    assert alice.balances == (1000, 1000)


def test_the_own_origin_does_not_help() -> None:
    alice = signed_in(LAB)

    alice.honest("/transfer", PAYMENT)

    assert alice.attempts[-1]["reason"] == MISSING


def test_another_sites_form_with_the_right_password_is_accepted() -> None:
    alice = signed_in(LAB)

    alice.forged("/transfer", PAYMENT | RIGHT)

    assert alice.balances == (900, 1100)


@pytest.mark.parametrize("path", ["/transfer", "/email", "/password"])
def test_the_form_asks_and_insists_on_nothing(path: str) -> None:
    page = signed_in(LAB).get(path).content.decode()
    field = page.partition(f'name="{FIELD}"')[0].rpartition("<")[2]
    rest = page.partition(f'name="{FIELD}"')[2].partition(">")[0]

    assert field.startswith("input")
    assert "required" not in field + rest


class TestWhatDoesNotAsk:
    def test_signing_in(self) -> None:
        assert signed_in(LAB).state["accounts"]["alice"]["sessions"] == 1

    def test_signing_out(self) -> None:
        alice = signed_in(LAB)

        alice.forged("/logout", {})

        assert alice.state["accounts"]["alice"]["sessions"] == 0

    def test_the_picture(self) -> None:
        alice = signed_in(LAB)
        picture = SimpleUploadedFile("me.png", b"\x89PNG\r\n\x1a\n", "image/png")

        alice.forged("/avatar", {"avatar": picture})

        assert alice.attempts[-1]["outcome"] == "applied"

    def test_a_payment_link_that_only_shows_the_form(self) -> None:
        alice = signed_in(LAB)

        assert alice.get("/pay", PAYMENT).status_code == 200
        assert not [attempt for attempt in alice.attempts if attempt["action"] == "transfer"]


def test_after_a_change_only_the_new_password_counts() -> None:
    alice = signed_in(LAB)
    alice.post("/password", {"new_password": "12345"} | RIGHT)

    alice.post("/transfer", PAYMENT | RIGHT)
    assert alice.attempts[-1]["reason"] == WRONG

    # A field is text, so a number in JSON is the text of its digits.
    alice.post("/api/transfer", PAYMENT | {FIELD: 12345}, content_type=JSON)
    assert alice.balances == (900, 1100)


def test_a_wrong_password_signs_nobody_out() -> None:
    alice = signed_in(LAB)

    alice.post("/transfer", PAYMENT | {FIELD: "x"})

    assert alice.get("/").status_code == 200
    assert alice.state["accounts"]["alice"]["sessions"] == 1


# A JSON value in the password's place, and the status: the guess is wrong, or the body is.
IN_JSON: dict[str, tuple[str, int]] = {
    "null": ("null", 403),
    "true": ("true", 403),
    "false": ("false", 403),
    "zero": ("0", 403),
    "a fraction": ("0.5", 403),
    "too large for a float": ("1e999", 403),
    "5,000 digits": ("9" * 5000, 403),
    "no number": ("NaN", 403),
    "minus infinity": ("-Infinity", 403),
    "an escaped blank": ('"\\u2000wonderland"', 403),
    "an empty list": ("[]", 400),
    "the password in a list": ('["wonderland"]', 400),
    "an empty object": ("{}", 400),
    "the password in an object": ('{"password": "wonderland"}', 400),
    "nested": ("[" * 50_000 + "]" * 50_000, 400),
    "half a surrogate pair": ('"\\ud800"', 400),
    "NUL": ('"wonderland\\u0000"', 400),
    "nothing": ("", 400),
}


@pytest.mark.parametrize("path", ["/transfer", "/api/transfer"])
@pytest.mark.parametrize(("value", "status"), IN_JSON.values(), ids=IN_JSON.keys())
def test_json_of_the_wrong_type_is_no_password(path: str, value: str, status: int) -> None:
    alice = signed_in(LAB)
    body = f'{{"to": "mallory", "amount": 100, "{FIELD}": {value}}}'

    answer = alice.post(path, body, content_type=JSON)

    assert answer.status_code == status
    assert not changed(alice)


def test_of_two_passwords_in_json_the_last_counts() -> None:
    alice = signed_in(LAB)
    pair = json.dumps(RIGHT)[1:-1]

    alice.post("/transfer", f'{{{pair}, "{FIELD}": "x", "to": "mallory", "amount": 1}}', JSON)
    assert alice.attempts[-1]["reason"] == WRONG

    alice.post("/transfer", f'{{"{FIELD}": "x", {pair}, "to": "mallory", "amount": 1}}', JSON)
    assert alice.balances == (999, 1001)


def test_the_body_wins_over_the_query() -> None:
    alice = signed_in(LAB)

    alice.post(f"/transfer?{FIELD}={RIGHT[FIELD]}", PAYMENT | {FIELD: "x"})

    assert alice.attempts[-1]["reason"] == WRONG


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", JSON, "x/x", ""])
@pytest.mark.parametrize("value", ODD.values(), ids=ODD)
def test_any_bytes_and_lengths_are_survived(value: str, content_type: str) -> None:
    alice = signed_in(LAB)
    body = f"to=mallory&amount=100&{FIELD}=".encode() + value.encode("latin-1")

    answer = alice.generic("POST", "/transfer", body, content_type)

    assert answer.status_code in {400, 403}
    assert not changed(alice)


def test_thousands_of_cookies_do_not_matter() -> None:
    alice = signed_in(LAB)
    session = f"sessionid={alice.cookies['sessionid'].value}"

    alice.post(
        "/transfer", PAYMENT | RIGHT, headers={"cookie": f"{session}; {thousands_of_cookies()}"}
    )

    assert alice.balances == (900, 1100)
