"""`csrf-token`: Django's middleware decides, and its reasons become the playground's."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.middleware import csrf
from django.test import RequestFactory

from victim_site.conftest import CROSS_SITE, PASSWORDS, Bank, signed_in
from victim_site.defenses.base import all_defenses
from victim_site.defenses.csrf_token.defense import _translate

LAB = "csrf-token"
HOST = f"{LAB}.bank.localhost:{settings.ADDRESSES.victim_port}"
PAYMENT = {"to": "mallory", "amount": "100"}
SECRET = "a" * csrf.CSRF_SECRET_LENGTH
OTHER = "b" * csrf.CSRF_SECRET_LENGTH
OWN, EVIL = f"http://{HOST}", "http://evil.localhost:9000"

# Django's sentence, and what it is called here.
REASONS = {
    "bad origin": (csrf.REASON_BAD_ORIGIN % EVIL, "origin-mismatch"),
    "no referer": (csrf.REASON_NO_REFERER, "referer-missing"),
    "malformed referer": (csrf.REASON_MALFORMED_REFERER, "referer-missing"),
    "insecure referer": (csrf.REASON_INSECURE_REFERER, "referer-mismatch"),
    "bad referer": (csrf.REASON_BAD_REFERER % EVIL, "referer-mismatch"),
    "no cookie": (csrf.REASON_NO_CSRF_COOKIE, "token-missing"),
    "no token": (csrf.REASON_CSRF_TOKEN_MISSING, "token-missing"),
    "broken cookie": (f"CSRF cookie {csrf.REASON_INCORRECT_LENGTH}.", "token-wrong"),
    "broken token": (
        f"CSRF token from POST {csrf.REASON_INVALID_CHARACTERS}.",
        "token-wrong",
    ),
    "wrong token": ("CSRF token from POST incorrect.", "token-wrong"),
    "broken token in the header": (
        f"CSRF token from the 'X-Csrftoken' HTTP header {csrf.REASON_INCORRECT_LENGTH}.",
        "token-wrong",
    ),
    "wrong token in the header": (
        "CSRF token from the 'X-Csrftoken' HTTP header incorrect.",
        "token-wrong",
    ),
}


@pytest.mark.parametrize(("sentence", "code"), REASONS.values(), ids=REASONS.keys())
def test_each_reason_of_django_has_a_code(sentence: str, code: str) -> None:
    request = RequestFactory().post("/transfer", headers={"origin": EVIL})

    assert _translate(sentence, request).code == code


def test_every_reason_constant_of_django_is_in_the_table() -> None:
    constants = {getattr(csrf, name) for name in dir(csrf) if name.startswith("REASON_")}
    fragments = {constant.partition("%s")[0] for constant in constants}
    said = [sentence for sentence, _ in REASONS.values()]
    # Length and characters are said of the cookie and of the token alike.
    missing = {part for part in fragments if not any(part in sentence for sentence in said)}
    assert missing == set()


# Method, scheme, cookie, field, headers, reason.
Case = tuple[str, str, str, str, dict[str, str], str | None]
CASES: dict[str, Case] = {
    "own origin": ("POST", "http", SECRET, SECRET, {"origin": OWN}, None),
    "no origin": ("POST", "http", SECRET, SECRET, {}, None),
    "same-site origin": (
        "POST",
        "http",
        SECRET,
        SECRET,
        {"origin": f"http://community.{HOST}"},
        "origin-mismatch",
    ),
    "cross-site origin": ("POST", "http", SECRET, SECRET, {"origin": EVIL}, "origin-mismatch"),
    "broken origin": ("POST", "http", SECRET, SECRET, {"origin": "http://["}, "origin-mismatch"),
    "empty origin": ("POST", "http", SECRET, SECRET, {"origin": ""}, "origin-mismatch"),
    "null origin": ("POST", "http", SECRET, SECRET, {"origin": "null"}, "origin-null"),
    "the origin comes first": ("POST", "http", "", "", {"origin": EVIL}, "origin-mismatch"),
    "Sec-Fetch-Site is not looked at": (
        "POST",
        "http",
        SECRET,
        SECRET,
        {"sec-fetch-site": "cross-site"},
        None,
    ),
    "no cookie": ("POST", "http", "", SECRET, {"origin": OWN}, "cookie-missing"),
    "no token": ("POST", "http", SECRET, "", {"origin": OWN}, "token-missing"),
    "neither": ("POST", "http", "", "", {}, "token-missing"),
    "another token": ("POST", "http", SECRET, OTHER, {}, "token-wrong"),
    "a token of wrong length": ("POST", "http", SECRET, "x", {}, "token-wrong"),
    "a token of wrong characters": ("POST", "http", SECRET, "!" * 32, {}, "token-wrong"),
    "a cookie of wrong length": ("POST", "http", "x", SECRET, {}, "token-wrong"),
    "a cookie of wrong characters": ("POST", "http", "!" * 32, "!" * 32, {}, "token-wrong"),
    "the token in the header": ("POST", "http", SECRET, "", {"X-CSRFToken": SECRET}, None),
    "a wrong token in the header": (
        "POST",
        "http",
        SECRET,
        "",
        {"X-CSRFToken": OTHER},
        "token-wrong",
    ),
    "a wrong field before a right header": (
        "POST",
        "http",
        SECRET,
        OTHER,
        {"X-CSRFToken": SECRET},
        "token-wrong",
    ),
    "https, no origin and no referer": (
        "POST",
        "https",
        SECRET,
        SECRET,
        {},
        "referer-missing",
    ),
    "https, own referer": (
        "POST",
        "https",
        SECRET,
        SECRET,
        {"referer": f"https://{HOST}/transfer"},
        None,
    ),
    "https, own origin is enough": (
        "POST",
        "https",
        SECRET,
        SECRET,
        {"origin": f"https://{HOST}"},
        None,
    ),
    "https, another's referer": (
        "POST",
        "https",
        SECRET,
        SECRET,
        {"referer": "https://evil.localhost:9000/"},
        "referer-mismatch",
    ),
    "https, insecure referer": (
        "POST",
        "https",
        SECRET,
        SECRET,
        {"referer": f"{OWN}/transfer"},
        "referer-mismatch",
    ),
    "https, the bank's name in the referer's path": (
        "POST",
        "https",
        SECRET,
        SECRET,
        {"referer": f"https://evil.localhost/{HOST}"},
        "referer-mismatch",
    ),
    "https, a referer that isn't an address": (
        "POST",
        "https",
        SECRET,
        SECRET,
        {"referer": "somewhere"},
        "referer-missing",
    ),
    "https, a broken referer": (
        "POST",
        "https",
        SECRET,
        SECRET,
        {"referer": "https://["},
        "referer-missing",
    ),
    "https, origin of http": ("POST", "https", SECRET, SECRET, {"origin": OWN}, "origin-mismatch"),
    "http, no referer is asked for": ("POST", "http", SECRET, SECRET, {"referer": EVIL}, None),
    "GET from another site": ("GET", "http", "", "", {"origin": EVIL}, None),
    "HEAD from another site": ("HEAD", "http", "", "", {"origin": EVIL}, None),
}


@pytest.mark.parametrize(
    ("method", "scheme", "cookie", "field", "headers", "reason"), CASES.values(), ids=CASES.keys()
)
def test_verdict(
    method: str, scheme: str, cookie: str, field: str, headers: dict[str, str], reason: str | None
) -> None:
    requests = RequestFactory(headers={"host": HOST})
    if cookie:
        requests.cookies["csrftoken"] = cookie
    data = {"csrfmiddlewaretoken": field} if field else {}
    make = getattr(requests, method.lower())
    request = make("/transfer", data, headers=headers, secure=scheme == "https")

    verdict = all_defenses()["csrf-token"].refusal(request)

    assert (verdict.code if verdict else None) == reason


def form_token(bank: Bank, path: str = "/transfer") -> str:
    return bank.hidden(path)["csrfmiddlewaretoken"]


@pytest.mark.django_db
class TestInTheBank:
    def test_the_token_of_the_form_is_accepted(self) -> None:
        alice = signed_in(LAB)

        alice.post("/transfer", PAYMENT | alice.hidden("/transfer"))

        assert alice.balances == (900, 1100)

    def test_the_token_is_accepted_in_the_header(self) -> None:
        alice = signed_in(LAB)

        alice.post(
            "/api/transfer",
            PAYMENT,
            content_type="application/json",
            headers={"x-csrftoken": form_token(alice), "origin": alice.origin},
        )

        assert alice.balances == (900, 1100)

    def test_a_stolen_token_does_not_help_from_another_site(self) -> None:
        alice = signed_in(LAB)

        alice.post("/transfer", PAYMENT | alice.hidden("/transfer"), headers=CROSS_SITE)

        assert alice.attempts[-1]["reason"] == "origin-mismatch"
        assert alice.balances == (1000, 1000)

    def test_the_token_of_another_visitor_is_refused(self) -> None:
        alice, mallory = signed_in(LAB), signed_in(LAB, "mallory")

        alice.post("/transfer", PAYMENT | mallory.hidden("/transfer"))

        assert alice.attempts[-1]["reason"] == "token-wrong"
        assert alice.balances == (1000, 1000)

    def test_the_token_is_masked_anew_on_every_page(self) -> None:
        alice = signed_in(LAB)

        first, second = form_token(alice), form_token(alice)

        assert first != second
        assert alice.cookies["csrftoken"].value not in {first, second}

    def test_the_secret_is_rotated_at_sign_in(self) -> None:
        bank = Bank(LAB)
        before = form_token(bank, "/login")
        secret = bank.cookies["csrftoken"].value

        bank.sign_in()
        bank.post("/transfer", PAYMENT | {"csrfmiddlewaretoken": before})

        assert bank.cookies["csrftoken"].value != secret
        assert bank.attempts[-1]["reason"] == "token-wrong"

    def test_a_forged_sign_in_is_refused(self) -> None:
        bank = Bank(LAB)

        bank.forged("/login", {"username": "mallory", "password": PASSWORDS["mallory"]})

        assert bank.state["accounts"]["mallory"]["sessions"] == 0

    @pytest.mark.parametrize("cookie", ["x", "!" * 32, "é", "a" * 5000])
    def test_every_form_of_a_page_works_after_a_malformed_cookie(self, cookie: str) -> None:
        alice = signed_in(LAB)
        alice.cookies["csrftoken"] = cookie
        page = alice.get("/").content.decode()
        tokens = re.findall('name="csrfmiddlewaretoken" value="([^"]+)"', page)

        for token in tokens:
            alice.post("/transfer", {"to": "mallory", "amount": "1", "csrfmiddlewaretoken": token})

        assert len(tokens) > 1
        assert alice.balances == (1000 - len(tokens), 1000 + len(tokens))

    def test_a_multipart_body_at_the_json_address_is_no_json(self) -> None:
        alice = signed_in(LAB)

        answer = alice.post("/api/transfer", PAYMENT | alice.hidden("/transfer"))

        assert answer.status_code == 400
        assert answer.json() == {"error": "The body is not JSON."}
        assert alice.balances == (1000, 1000)
