"""`referer-check`: unsafe methods need the address of one of the bank's own pages.

The rows named "Django" are the cases of `CsrfViewMiddlewareTestMixin` in Django 5.2's
`tests/csrf_tests/tests.py` (`test_https_bad_referer`, `test_https_malformed_referer`,
`test_https_good_referer`, `test_https_good_referer_2`, `test_https_no_referer`), with the bank's
host in place of www.example.com. On purpose the playground differs in three ways: it asks over
http too, where Django does not look at the Referer; it reads no list of trusted origins; and what
isn't an address is a mismatch, where Django has a reason of its own.

The rows named "OWASP" are what the Cross-Site Request Forgery Prevention Cheat Sheet says under
"Verifying Origin With Standard Headers"; those named "Referrer Policy" are what section 8.4 of
that specification ("Strip url for use as a referrer") says no browser sends. The rest follow from
RFC 9110, section 10.1.3.
"""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import RequestFactory
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from csrf_proof.reasons import REFERER_MISMATCH, REFERER_MISSING
from victim_site.conftest import CROSS_SITE, Bank, signed_in
from victim_site.defenses.base import all_defenses
from victim_site.defenses.tests.odd import ODD

LAB = "referer-check"
HOST = f"{LAB}.bank.localhost:{settings.ADDRESSES.victim_port}"
OWN, SECURE = f"http://{HOST}", f"https://{HOST}"
EVIL = f"http://evil.localhost:{settings.ADDRESSES.attacker_port}"
PAYMENT = {"to": "mallory", "amount": "100"}
MISMATCH, MISSING = "referer-mismatch", "referer-missing"
# Method, scheme of the request, Referer, reason.
CASES = {
    "Django: another site": ("POST", "https", "https://www.evil.org/somepage", MISMATCH),
    "Django: no Referer": ("POST", "https", None, MISSING),
    "Django: a scheme twice": ("POST", "https", f"http://{OWN}/", MISMATCH),
    "Django: empty": ("POST", "https", "", MISSING),
    "Django: letters beyond ASCII": ("POST", "https", "ØBöIß", MISMATCH),
    "Django: no scheme": ("POST", "https", f"//{HOST}/", MISMATCH),
    "Django: no host": ("POST", "https", "https://", MISMATCH),
    "Django: no address": ("POST", "https", "https://[", MISMATCH),
    "Django: http on an https site": ("POST", "https", f"{OWN}/transfer", MISMATCH),
    "Django: an own page": ("POST", "https", f"{SECURE}/somepage", None),
    "Django: no slash at the end": ("POST", "https", SECURE, None),
    "OWASP: own name as a prefix": ("POST", "http", f"{OWN}.attacker.com/", MISMATCH),
    "OWASP: the whole origin counts, port": ("POST", "http", f"{OWN}0/", MISMATCH),
    "OWASP: the whole origin counts, scheme": ("POST", "http", f"{SECURE}/", MISMATCH),
    "OWASP: a missing header is refused": ("POST", "http", None, MISSING),
    "Referrer Policy: a user's name": ("POST", "http", f"http://alice@{HOST}/", MISMATCH),
    "Referrer Policy: a fragment": ("POST", "http", f"{OWN}/#top", None),
    "Referrer Policy: about:blank": ("POST", "http", "about:blank", MISMATCH),
    "an own page": ("POST", "http", f"{OWN}/transfer", None),
    "an own page with a query": ("POST", "http", f"{OWN}/pay?to=mallory&from={EVIL}", None),
    "own origin alone": ("POST", "http", f"{OWN}/", None),
    "another site": ("POST", "http", f"{EVIL}/form-post/", MISMATCH),
    "a sub-domain": ("POST", "http", f"http://community.{HOST}/", MISMATCH),
    "the domain above": ("POST", "http", "http://bank.localhost:8000/", MISMATCH),
    "another lab": ("POST", "http", f"http://no-defense.bank.localhost:8000/{LAB}", MISMATCH),
    "no port": ("POST", "http", f"http://{LAB}.bank.localhost/", MISMATCH),
    "own name as a suffix": ("POST", "http", f"http://evil{HOST}/", MISMATCH),
    "own name as the user": ("POST", "http", f"http://{HOST}@evil.localhost/", MISMATCH),
    "own name behind a backslash": ("POST", "http", f"http://evil.localhost\\@{HOST}/", MISMATCH),
    "own name in the path": ("POST", "http", f"{EVIL}/{OWN}/", MISMATCH),
    "own name in the query": ("POST", "http", f"{EVIL}/?from={OWN}", MISMATCH),
    "own name in the fragment": ("POST", "http", f"{EVIL}/#{OWN}", MISMATCH),
    "two addresses": ("POST", "http", f"{OWN} {EVIL}", MISMATCH),
    "two addresses, comma": ("POST", "http", f"{OWN},{EVIL}", MISMATCH),
    "upper case in the host": ("POST", "http", f"http://{HOST.upper()}/", MISMATCH),
    "the word null": ("POST", "http", "null", MISMATCH),
    "PUT from another site": ("PUT", "http", f"{EVIL}/", MISMATCH),
    "DELETE without": ("DELETE", "http", None, MISSING),
    "an unknown method without": ("BREW", "http", None, MISSING),
    "GET without": ("GET", "http", None, None),
    "GET from another site": ("GET", "http", f"{EVIL}/", None),
    "HEAD from another site": ("HEAD", "http", f"{EVIL}/", None),
    "OPTIONS from another site": ("OPTIONS", "http", f"{EVIL}/", None),
}


def verdict(method: str, scheme: str, headers: dict[str, str]) -> str | None:
    request = RequestFactory().generic(
        method, "/transfer", headers={"host": HOST} | headers, secure=scheme == "https"
    )
    reason = all_defenses()[LAB].refusal(request)
    return reason.code if reason else None


@pytest.mark.parametrize(
    ("method", "scheme", "referer", "reason"), CASES.values(), ids=CASES.keys()
)
def test_verdict(method: str, scheme: str, referer: str | None, reason: str | None) -> None:
    headers = {} if referer is None else {"referer": referer}

    assert verdict(method, scheme, headers) == reason


@pytest.mark.parametrize("headers", [{"origin": EVIL}, {"sec-fetch-site": "cross-site"}], ids=str)
def test_no_other_header_is_looked_at(headers: dict[str, str]) -> None:
    assert verdict("POST", "http", {"referer": f"{OWN}/"} | headers) is None


@given(referer=st.text() | st.text("/:@[]#?\\%. \t\r\nhtps").map("http://".__add__))
@hypothesis_settings(max_examples=200, deadline=None)
def test_any_other_text_is_refused(referer: str) -> None:
    expected = REFERER_MISMATCH if referer else REFERER_MISSING

    assert verdict("POST", "http", {"referer": referer}) == expected.code


@pytest.mark.django_db
class TestInTheBank:
    def test_the_banks_own_form_is_accepted(self) -> None:
        alice = signed_in(LAB)

        alice.honest("/transfer", PAYMENT)

        assert alice.balances == (900, 1100)

    def test_another_sites_form_is_refused(self) -> None:
        alice = signed_in(LAB)

        answer = alice.forged("/transfer", PAYMENT, referer=f"{EVIL}/?from={OWN}/")

        assert answer.status_code == 403
        assert alice.attempts[-1]["reason"] == MISMATCH
        assert alice.balances == (1000, 1000)

    def test_a_forged_sign_in_is_refused(self) -> None:
        bank = Bank(LAB)

        bank.forged("/login", {"username": "mallory", "password": "mischief"})

        assert bank.attempts[-1]["reason"] == MISSING
        assert bank.state["accounts"]["mallory"]["sessions"] == 0

    @pytest.mark.parametrize("value", ODD.values(), ids=ODD)
    def test_any_bytes_and_lengths_are_refused(self, value: str) -> None:
        alice = signed_in(LAB)

        answer = alice.post("/transfer", PAYMENT, headers=CROSS_SITE, HTTP_REFERER=value)

        assert answer.status_code == 403
        assert alice.balances == (1000, 1000)
