"""`custom-header`: unsafe methods need a header that a form cannot send.

The rows named "OWASP" are what the Cross-Site Request Forgery Prevention Cheat Sheet says under
"Employing Custom Request Headers for AJAX/API": the header's presence counts, whatever its value,
and requests that change nothing are not asked. The rows named "safelisted" are the headers that
the Fetch standard lets a page of another site send without a preflight ("CORS-safelisted
request-header", and the sets of `cors/cors-safelisted-request-header.any.js` and
`fetch/api/cors/cors-no-preflight.any.js` in web-platform-tests): none of them may pass for it.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.test import RequestFactory

from victim_site.conftest import CROSS_SITE, PASSWORDS, Bank
from victim_site.defenses.base import all_defenses
from victim_site.defenses.tests.odd import ODD

LAB = "custom-header"
PAYMENT = {"to": "mallory", "amount": "100"}
HEADER = {"x-requested-with": "fetch"}
FORM = "application/x-www-form-urlencoded"
MISSING = "header-missing"
# Method, headers, reason.
CASES: dict[str, tuple[str, dict[str, str], str | None]] = {
    "OWASP: the header is there": ("POST", HEADER, None),
    "OWASP: its value is not looked at": ("POST", {"x-requested-with": "anything"}, None),
    "OWASP: the header is missing": ("POST", {}, MISSING),
    "OWASP: GET is not asked": ("GET", {}, None),
    "OWASP: HEAD is not asked": ("HEAD", {}, None),
    "OWASP: OPTIONS is not asked": ("OPTIONS", {}, None),
    "OWASP: PUT is asked": ("PUT", {}, MISSING),
    "OWASP: PATCH is asked": ("PATCH", {}, MISSING),
    "OWASP: DELETE is asked": ("DELETE", {}, MISSING),
    "an unknown method is asked": ("BREW", {}, MISSING),
    "safelisted: Accept": ("POST", {"accept": "x-requested-with: fetch"}, MISSING),
    "safelisted: Accept-Language": ("POST", {"accept-language": "x-requested-with"}, MISSING),
    "safelisted: Content-Language": ("POST", {"content-language": "x-requested-with"}, MISSING),
    "safelisted: Content-Type": ("POST", {"content-type": "text/plain; x-requested-with"}, MISSING),
    "safelisted: Range": ("POST", {"range": "bytes=0-"}, MISSING),
    "set by the browser: Referer": ("POST", {"referer": "http://x/?x-requested-with"}, MISSING),
    "set by the browser: Origin": ("POST", {"origin": "null"}, MISSING),
    "an older one of the browser": ("POST", {"upgrade-insecure-requests": "1"}, MISSING),
    "another custom header": ("POST", {"x-csrf-token": "x"}, MISSING),
    "a longer name": ("POST", {"x-requested-with-it": "fetch"}, MISSING),
    "upper case": ("POST", {"X-REQUESTED-WITH": "fetch"}, None),
    "an empty value": ("POST", {"x-requested-with": ""}, None),
    "beside another origin": ("POST", HEADER | {"origin": "http://evil.localhost:9000"}, None),
    "beside cross-site": ("POST", HEADER | {"sec-fetch-site": "cross-site"}, None),
}


@pytest.mark.parametrize(("method", "headers", "reason"), CASES.values(), ids=CASES.keys())
def test_verdict(method: str, headers: dict[str, str], reason: str | None) -> None:
    request = RequestFactory().generic(method, "/transfer", headers=headers)

    verdict = all_defenses()[LAB].refusal(request)

    assert (verdict.code if verdict else None) == reason


def by_script(bank: Bank, path: str, fields: dict[str, str], **kwargs: Any) -> Any:
    """Send a form as the bank's own script does."""
    headers = {"origin": bank.origin, "sec-fetch-site": "same-origin"} | HEADER
    return bank.post(path, fields, headers=headers, **kwargs)


def customer() -> Bank:
    """A visitor whom the bank's own script has signed in."""
    bank = Bank(LAB)
    answer = by_script(bank, "/login", {"username": "alice", "password": PASSWORDS["alice"]})
    assert answer.status_code == 303
    return bank


@pytest.mark.django_db
class TestInTheBank:
    def test_the_banks_script_is_accepted(self) -> None:
        alice = customer()

        by_script(alice, "/transfer", PAYMENT)

        assert alice.balances == (900, 1100)

    @pytest.mark.parametrize("page", ["/login", "/", "/transfer", "/email", "/password"])
    def test_every_page_with_a_form_tells_its_script_the_header(self, page: str) -> None:
        bank = Bank(LAB) if page == "/login" else customer()

        assert "X-Requested-With" in bank.get(page).content.decode()

    @pytest.mark.parametrize("path", ["/transfer", "/api/transfer", "/logout", "/email", "/avatar"])
    def test_a_form_of_another_site_is_refused(self, path: str) -> None:
        alice = customer()

        answer = alice.forged(path, PAYMENT)

        assert answer.status_code == 403
        assert alice.attempts[-1]["reason"] == MISSING
        assert alice.balances == (1000, 1000)

    def test_a_forged_sign_in_is_refused(self) -> None:
        bank = Bank(LAB)

        bank.forged("/login", {"username": "mallory", "password": PASSWORDS["mallory"]})

        assert bank.attempts[-1]["reason"] == MISSING
        assert bank.state["accounts"]["mallory"]["sessions"] == 0

    def test_a_plain_form_of_the_bank_is_refused_too(self) -> None:
        assert Bank(LAB).sign_in().status_code == 403

    def test_the_browsers_question_for_the_header_is_answered_no(self) -> None:
        bank = Bank(LAB)
        asked = {
            "origin": "http://evil.localhost:9000",
            "access-control-request-method": "POST",
            "access-control-request-headers": "x-requested-with",
        }

        answer = bank.options("/transfer", headers=asked)

        assert not [name for name in answer.headers if name.lower().startswith("access-control-")]
        assert bank.attempts[-1]["reason"] == "cors-closed"

    def test_a_get_is_not_asked(self) -> None:
        alice = customer()

        alice.get("/transfer", PAYMENT, headers=CROSS_SITE)

        assert alice.balances == (900, 1100)

    @pytest.mark.parametrize("value", ODD.values(), ids=ODD)
    def test_any_bytes_and_lengths_count_as_the_header(self, value: str) -> None:
        alice = customer()

        alice.post("/transfer", PAYMENT, HTTP_X_REQUESTED_WITH=value)

        assert alice.balances == (900, 1100)

    @pytest.mark.parametrize("value", ODD.values(), ids=ODD)
    def test_a_body_of_any_bytes_is_survived(self, value: str) -> None:
        alice = customer()

        answer = alice.generic("POST", "/transfer", value.encode("latin-1"), FORM, headers=HEADER)

        assert answer.status_code in {400, 422}
        assert alice.balances == (1000, 1000)
