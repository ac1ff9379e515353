"""`signed-double-submit`: one token in a cookie and in the form, signed for this sign-in.

The rows named "OWASP" are what the Cross-Site Request Forgery Prevention Cheat Sheet asks under
"Signed Double-Submit Cookie": cookie and field are equal, the signature is right, and it is bound
to the session. The rows named "Cookie Crumbles" are the same-site attacker of that paper (USENIX
Security 2023), who plants a cookie before or after the bank's own. On purpose the playground
differs in one way: OWASP keeps tokens out of addresses, and the bank takes any field from the query
as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from victim_site.conftest import CROSS_SITE, PASSWORDS, Bank, signed_in
from victim_site.defenses.tests.odd import ODD, thousands_of_cookies

pytestmark = pytest.mark.django_db
LAB = "signed-double-submit"
PAYMENT = {"to": "mallory", "amount": "100"}
SAME_ORIGIN = {
    "sec-fetch-site": "same-origin",
    "origin": f"http://{LAB}.bank.localhost:{settings.ADDRESSES.victim_port}",
}
MISSING, NO_COOKIE, WRONG = "token-missing", "cookie-missing", "token-wrong"


@dataclass(frozen=True)
class Tokens:
    """What may end up in alice's cookie or field."""

    own: str
    mallorys: str  # Signed for another's sign-in.
    before: str  # Signed before alice had signed in.
    earlier: str  # Signed for an earlier sign-in of alice's.

    @property
    def value(self) -> str:
        return self.own.partition(".")[0]

    @property
    def signature(self) -> str:
        return self.own.partition(".")[2]


def visit() -> tuple[Bank, Tokens]:
    """Return alice, signed in, and the tokens that there are."""
    alice = Bank(LAB)
    before = alice.hidden("/login")["token"]
    alice.sign_in()
    earlier = alice.hidden("/transfer")["token"]
    alice.honest("/logout", {})
    alice.sign_in()
    mallorys = signed_in(LAB, "mallory").hidden("/transfer")["token"]
    return alice, Tokens(alice.hidden("/transfer")["token"], mallorys, before, earlier)


Part = Callable[[Tokens], str | None]
# The cookie, the field, reason; None where there is no such cookie or field.
CASES: dict[str, tuple[Part, Part, str | None]] = {
    "OWASP: both, equal, signed": (lambda t: t.own, lambda t: t.own, None),
    "OWASP: neither": (lambda t: None, lambda t: None, MISSING),
    "OWASP: the cookie alone": (lambda t: t.own, lambda t: None, MISSING),
    "OWASP: the field alone": (lambda t: None, lambda t: t.own, NO_COOKIE),
    "OWASP: an empty field": (lambda t: t.own, lambda t: "", MISSING),
    "OWASP: an empty cookie": (lambda t: "", lambda t: t.own, NO_COOKIE),
    "OWASP: equal, not signed": (lambda t: "made-up", lambda t: "made-up", WRONG),
    "OWASP: equal, signed by nobody": (lambda t: "x." + "0" * 64, lambda t: "x." + "0" * 64, WRONG),
    "OWASP: signed, not equal": (lambda t: t.own, lambda t: t.mallorys, WRONG),
    "OWASP: bound to another session": (lambda t: t.mallorys, lambda t: t.mallorys, WRONG),
    "OWASP: bound to an earlier session": (lambda t: t.earlier, lambda t: t.earlier, WRONG),
    "Cookie Crumbles: from before sign-in": (lambda t: t.before, lambda t: t.before, WRONG),
    "Cookie Crumbles: planted alone": (lambda t: t.mallorys, lambda t: t.own, WRONG),
    "the value alone": (lambda t: t.value, lambda t: t.value, WRONG),
    "the signature alone": (lambda t: t.signature, lambda t: t.signature, WRONG),
    "no value": (lambda t: f".{t.signature}", lambda t: f".{t.signature}", WRONG),
    "no signature": (lambda t: f"{t.value}.", lambda t: f"{t.value}.", WRONG),
    "another value": (lambda t: f"x{t.own}", lambda t: f"x{t.own}", WRONG),
    "a signature cut short": (lambda t: t.own[:-1], lambda t: t.own[:-1], WRONG),
    "more behind the signature": (lambda t: f"{t.own}0", lambda t: f"{t.own}0", WRONG),
    "two signatures": (
        lambda t: f"{t.own}.{t.signature}",
        lambda t: f"{t.own}.{t.signature}",
        WRONG,
    ),
    "upper case": (lambda t: t.own.upper(), lambda t: t.own.upper(), WRONG),
    "a blank around the field": (lambda t: t.own, lambda t: f" {t.own}", WRONG),
    "dots": (lambda t: "...", lambda t: "...", WRONG),
    "another's signature": (
        lambda t: f"{t.value}.{t.mallorys.partition('.')[2]}",
        lambda t: f"{t.value}.{t.mallorys.partition('.')[2]}",
        WRONG,
    ),
}


def cookies(bank: Bank, *tokens: str) -> str:
    """Return a Cookie header of the bank's session and these double-submit cookies, in order."""
    session = f"sessionid={bank.cookies['sessionid'].value}"
    return "; ".join([session, *(f"double_submit={token}" for token in tokens)])


@pytest.mark.parametrize(("cookie", "field", "reason"), CASES.values(), ids=CASES.keys())
def test_verdict(cookie: Part, field: Part, reason: str | None) -> None:
    alice, tokens = visit()
    sent, planted = field(tokens), cookie(tokens)
    line = cookies(alice, *([] if planted is None else [planted]))

    alice.post(
        "/transfer",
        PAYMENT if sent is None else PAYMENT | {"token": sent},
        headers={"cookie": line},
    )

    assert alice.attempts[-1]["reason"] == reason
    assert alice.balances == ((1000, 1000) if reason else (900, 1100))


@pytest.mark.parametrize("headers", [{}, SAME_ORIGIN, CROSS_SITE], ids=["none", "own", "cross"])
class TestNothingElseIsLookedAt:
    def test_the_own_token_is_accepted(self, headers: dict[str, str]) -> None:
        alice = signed_in(LAB)

        alice.post("/transfer", PAYMENT | alice.hidden("/transfer"), headers=headers)

        assert alice.balances == (900, 1100)

    def test_no_token_is_refused(self, headers: dict[str, str]) -> None:
        alice = signed_in(LAB)

        answer = alice.post("/transfer", PAYMENT, headers=headers)

        assert answer.status_code == 403
        assert alice.balances == (1000, 1000)


# Django keeps the last of two cookies of one name, and browsers list the older of two first, or
# the one with the longer path.
TWICE: dict[str, tuple[Callable[[Tokens], list[str]], Part, str | None]] = {
    "Cookie Crumbles: tossed after the bank's own": (
        lambda t: [t.own, t.mallorys],
        lambda t: t.mallorys,
        WRONG,
    ),
    "Cookie Crumbles: tossed before the bank's own": (
        lambda t: [t.mallorys, t.own],
        lambda t: t.mallorys,
        WRONG,
    ),
    "a made-up one after the bank's own": (
        lambda t: [t.own, "made-up"],
        lambda t: "made-up",
        WRONG,
    ),
    "the bank's own field next to one tossed after": (
        lambda t: [t.own, t.mallorys],
        lambda t: t.own,
        WRONG,
    ),
    "the bank's own field next to one tossed before": (
        lambda t: [t.mallorys, t.own],
        lambda t: t.own,
        None,
    ),
    "the bank's own one twice": (lambda t: [t.own, t.own], lambda t: t.own, None),
}


@pytest.mark.parametrize(("planted", "field", "reason"), TWICE.values(), ids=TWICE.keys())
def test_two_cookies_of_one_name(
    planted: Callable[[Tokens], list[str]], field: Part, reason: str | None
) -> None:
    alice, tokens = visit()
    line = cookies(alice, *planted(tokens))

    alice.post("/transfer", PAYMENT | {"token": str(field(tokens))}, headers={"cookie": line})

    assert alice.attempts[-1]["reason"] == reason
    assert alice.balances == ((1000, 1000) if reason else (900, 1100))


class TestWhereTheTokenIs:
    def test_it_may_come_in_json(self) -> None:
        alice = signed_in(LAB)
        body = PAYMENT | alice.hidden("/transfer")

        alice.post("/api/transfer", body, content_type="application/json")

        assert alice.balances == (900, 1100)

    def test_it_may_come_in_the_query(self) -> None:
        alice = signed_in(LAB)
        token = alice.hidden("/transfer")["token"]

        alice.post(f"/transfer?token={token}", PAYMENT)

        assert alice.balances == (900, 1100)

    def test_it_may_come_beside_a_file(self) -> None:
        alice = signed_in(LAB)

        picture = SimpleUploadedFile("me.png", b"\x89PNG\r\n\x1a\n", "image/png")

        alice.post("/avatar", alice.hidden("/transfer") | {"avatar": picture})

        assert alice.attempts[-1]["outcome"] == "applied"

    def test_a_get_is_not_asked_for_one(self) -> None:
        alice = signed_in(LAB)

        alice.get("/transfer", PAYMENT)

        assert alice.balances == (900, 1100)


class TestWhatTheTokenIsBoundTo:
    def test_it_stays_the_same_within_a_sign_in(self) -> None:
        alice = signed_in(LAB)

        assert alice.hidden("/transfer") == alice.hidden("/email")

    def test_it_ends_with_the_password(self) -> None:
        alice = signed_in(LAB)
        before = alice.hidden("/transfer")
        alice.honest("/password", {"new_password": "rabbit-hole"})

        alice.post("/transfer", PAYMENT | before)

        assert alice.attempts[-1]["reason"] == WRONG

    def test_it_does_not_count_in_another_lab(self) -> None:
        other = signed_in(f"{LAB}--for-other").hidden("/transfer")["token"]
        alice = signed_in(LAB)

        alice.post(
            "/transfer", PAYMENT | {"token": other}, headers={"cookie": cookies(alice, other)}
        )

        assert alice.attempts[-1]["reason"] == WRONG

    def test_one_from_before_sign_in_is_bound_to_nobody(self) -> None:
        token = Bank(LAB).hidden("/login")["token"]
        bank = Bank(LAB)

        bank.post(
            "/login",
            {"username": "mallory", "password": PASSWORDS["mallory"], "token": token},
            headers=CROSS_SITE | {"cookie": f"double_submit={token}"},
        )

        # As the lesson says: before sign-in, it isn't bound to anyone.
        assert bank.state["accounts"]["mallory"]["sessions"] == 1

    def test_one_of_somebody_elses_sign_in_signs_nobody_in(self) -> None:
        token = signed_in(LAB, "mallory").hidden("/transfer")["token"]
        bank = Bank(LAB)

        bank.post(
            "/login",
            {"username": "mallory", "password": PASSWORDS["mallory"], "token": token},
            headers=CROSS_SITE | {"cookie": f"double_submit={token}"},
        )

        assert bank.attempts[-1]["reason"] == WRONG


def test_a_forged_sign_in_is_refused() -> None:
    bank = Bank(LAB)
    bank.get("/login")

    bank.forged("/login", {"username": "mallory", "password": PASSWORDS["mallory"]})

    assert bank.attempts[-1]["reason"] == MISSING
    assert bank.state["accounts"]["mallory"]["sessions"] == 0


def test_a_planted_cookie_is_replaced_by_the_next_form() -> None:
    alice = signed_in(LAB)
    alice.cookies["double_submit"] = "made-up"

    alice.honest("/transfer", PAYMENT)

    assert alice.cookies["double_submit"].value != "made-up"
    assert alice.balances == (900, 1100)


def test_every_form_of_a_page_holds_the_same_token() -> None:
    page = signed_in(LAB).get("/").content.decode()
    tokens = {part.partition('"')[0] for part in page.split('name="token" value="')[1:]}

    assert page.count('name="token"') > 1
    assert len(tokens) == 1


def test_the_cookie_is_hidden_from_scripts_and_other_sites() -> None:
    cookie = Bank(LAB).get("/login").cookies["double_submit"]

    assert (cookie["httponly"], cookie["samesite"], cookie["domain"]) == (True, "Lax", "")


def test_a_refusal_hands_out_no_token() -> None:
    answer = Bank(LAB).forged("/transfer", PAYMENT)

    assert answer.status_code == 403
    assert not answer.cookies


@pytest.mark.parametrize("value", ODD.values(), ids=ODD)
class TestAnyBytesAndLengths:
    def test_as_the_cookie(self, value: str) -> None:
        alice = signed_in(LAB)
        token = alice.hidden("/transfer")

        answer = alice.post("/transfer", PAYMENT | token, HTTP_COOKIE=cookies(alice, value))

        assert answer.status_code == 403
        assert alice.balances == (1000, 1000)

    def test_as_cookie_and_field(self, value: str) -> None:
        alice = signed_in(LAB)
        alice.hidden("/transfer")
        body = b"to=mallory&amount=100&token=" + value.encode("latin-1")

        answer = alice.generic(
            "POST",
            "/transfer",
            body,
            "application/x-www-form-urlencoded",
            HTTP_COOKIE=cookies(alice, value),
        )

        assert answer.status_code in {400, 403}
        assert alice.balances == (1000, 1000)

    def test_a_page_asked_for_with_such_a_cookie_has_a_good_token(self, value: str) -> None:
        alice = signed_in(LAB)

        page = alice.get("/transfer", HTTP_COOKIE=cookies(alice, value))
        token = page.cookies["double_submit"].value

        assert f'name="token" value="{token}"' in page.content.decode()


TYPES = {"true": 403, "0": 403, "1.5": 403, "NaN": 403, "null": 403, "[]": 400, "{}": 400}


@pytest.mark.parametrize(("value", "status"), TYPES.items())
def test_json_of_the_wrong_type_is_no_token(value: str, status: int) -> None:
    alice = signed_in(LAB)
    body = f'{{"to": "mallory", "amount": 100, "token": {value}}}'

    answer = alice.post("/api/transfer", body, content_type="application/json")

    assert answer.status_code == status
    assert alice.balances == (1000, 1000)


@pytest.mark.parametrize("first", [True, False], ids=["own first", "own last"])
def test_thousands_of_cookies_do_not_matter(first: bool) -> None:
    alice = signed_in(LAB)
    token = alice.hidden("/transfer")
    lines = [cookies(alice, token["token"]), thousands_of_cookies()]

    alice.post(
        "/transfer",
        PAYMENT | token,
        headers={"cookie": "; ".join(lines if first else reversed(lines))},
    )

    assert alice.balances == (900, 1100)


def test_thousands_of_cookies_of_its_name_are_one() -> None:
    alice = signed_in(LAB)
    token = alice.hidden("/transfer")
    line = cookies(alice, *["made-up"] * 5000, token["token"])

    alice.post("/transfer", PAYMENT | token, headers={"cookie": line})

    assert alice.balances == (900, 1100)
