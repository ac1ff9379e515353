"""`json-only`: unsafe methods need the content type `application/json`, compared as a whole.

The rows named "safelisted" are the types that the Fetch standard lets a page of another site send
without a preflight ("CORS-safelisted request-header": a type whose essence is one of three, with no
unsafe byte and at most 128 bytes), as in `cors/cors-safelisted-request-header.any.js` of
web-platform-tests. All of them must be refused. The rows named "preflighted" are in the same file,
or in `fetch/api/cors/resources/not-cors-safelisted.json`: a browser asks before it sends them, so
refusing them here costs nothing. The rows named "OWASP" are what the Cross-Site Request Forgery
Prevention Cheat Sheet says under "Disallowing simple requests".

On purpose the playground differs in one way: `application/json` with parameters or in upper case is
accepted, since its essence (MIME Sniffing standard, "parse a MIME type") is the same.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from victim_site.conftest import CROSS_SITE, PASSWORDS, Bank
from victim_site.defenses.base import all_defenses
from victim_site.defenses.tests.odd import ODD

LAB = "json-only"
JSON = "application/json"
REFUSED = "content-type-refused"
LONG = "x" * 128
# Method, Content-Type, reason.
CASES: dict[str, tuple[str, str | None, str | None]] = {
    "safelisted: a form": ("POST", "application/x-www-form-urlencoded", REFUSED),
    "safelisted: a form with files": ("POST", "multipart/form-data; boundary=json", REFUSED),
    "safelisted: files, no boundary": ("POST", "multipart/form-data", REFUSED),
    "safelisted: plain text": ("POST", "text/plain", REFUSED),
    "safelisted: plain text, charset": ("POST", "text/plain;charset=UTF-8", REFUSED),
    "safelisted: an empty parameter": ("POST", "text/plain;", REFUSED),
    "safelisted: garbage as a parameter": ("POST", "text/plain;garbage", REFUSED),
    "safelisted: upper case": ("POST", "TEXT/PLAIN", REFUSED),
    "safelisted: JSON as a parameter": ("POST", f"text/plain; {JSON}", REFUSED),
    "safelisted: JSON as a parameter's value": ("POST", f"text/plain; x={JSON}", REFUSED),
    "safelisted: JSON without a blank": ("POST", f"text/plain;{JSON}", REFUSED),
    "safelisted: JSON as a boundary": ("POST", f"multipart/form-data;boundary={JSON}", REFUSED),
    "safelisted: no type at all": ("POST", None, REFUSED),
    "safelisted: an empty type": ("POST", "", REFUSED),
    "preflighted: a blank within": ("POST", "text /plain", REFUSED),
    "preflighted: a comma at the end": ("POST", "text/plain,", REFUSED),
    "preflighted: a comma at the start": ("POST", ",text/plain", REFUSED),
    "preflighted: two types": ("POST", "text/plain,x/x", REFUSED),
    "preflighted: JSON second": ("POST", f"text/plain, {JSON}", REFUSED),
    "preflighted: JSON first": ("POST", f"{JSON}, text/plain", REFUSED),
    "preflighted: JSON twice": ("POST", f"{JSON},{JSON}", REFUSED),
    "preflighted: a control character": ("POST", "text/plain\x0b", REFUSED),
    "preflighted: HTML": ("POST", "text/html", REFUSED),
    "preflighted: too long": ("POST", f"text/plain; long={LONG}", REFUSED),
    "OWASP: JSON": ("POST", JSON, None),
    "OWASP: PUT is asked": ("PUT", "text/plain", REFUSED),
    "OWASP: DELETE is asked": ("DELETE", None, REFUSED),
    "OWASP: GET is not asked": ("GET", None, None),
    "HEAD is not asked": ("HEAD", None, None),
    "OPTIONS is not asked": ("OPTIONS", "text/plain", None),
    "an unknown method is asked": ("BREW", "text/plain", REFUSED),
    "PUT with JSON": ("PUT", JSON, None),
    "here: JSON with a charset": ("POST", f"{JSON}; charset=utf-8", None),
    "here: JSON with any parameter": ("POST", f'{JSON};x="a;b, text/plain"', None),
    "here: JSON with an empty parameter": ("POST", f"{JSON};", None),
    "here: JSON in upper case": ("POST", "Application/JSON", None),
    "here: JSON between blanks": ("POST", f" \t{JSON} ", None),
    "a blank within JSON": ("POST", "application / json", REFUSED),
    "a longer subtype": ("POST", f"{JSON}p", REFUSED),
    "a longer type": ("POST", f"x{JSON}", REFUSED),
    "JSON of another name": ("POST", "text/json", REFUSED),
    "JSON as a suffix": ("POST", "application/problem+json", REFUSED),
    "JSON lines": ("POST", "application/json-seq", REFUSED),
    "only the subtype": ("POST", "json", REFUSED),
    "any type": ("POST", "*/*", REFUSED),
    "in quotes": ("POST", f'"{JSON}"', REFUSED),
}


def verdict(method: str, content_type: str | None) -> str | None:
    meta = {} if content_type is None else {"CONTENT_TYPE": content_type}
    request = RequestFactory().request(REQUEST_METHOD=method, PATH_INFO="/transfer", **meta)
    reason = all_defenses()[LAB].refusal(request)
    return reason.code if reason else None


@pytest.mark.parametrize(("method", "content_type", "reason"), CASES.values(), ids=CASES.keys())
def test_verdict(method: str, content_type: str | None, reason: str | None) -> None:
    assert verdict(method, content_type) == reason


@given(content_type=st.text() | st.text("aplictonjs/;, =").map("text/plain;".__add__))
@hypothesis_settings(max_examples=200, deadline=None)
def test_any_other_text_is_refused(content_type: str) -> None:
    assert verdict("POST", content_type) == REFUSED


def by_script(bank: Bank, path: str, body: Any, content_type: str = JSON) -> Any:
    """Send what the bank's own script would; a text goes out as it is."""
    headers = {"origin": bank.origin, "sec-fetch-site": "same-origin"}
    # The test client names no type for an empty body, unless it is told here as well.
    return bank.post(
        path, body, content_type=content_type, headers=headers, CONTENT_TYPE=content_type
    )


def customer() -> Bank:
    """A visitor whom the bank's own script has signed in."""
    bank = Bank(LAB)
    answer = by_script(bank, "/login", {"username": "alice", "password": PASSWORDS["alice"]})
    assert answer.status_code == 303
    return bank


PAY = '"to": "mallory", "amount": "100"'
# The body, and what the bank answers at an address that takes `to` and `amount`.
BODIES: dict[str, tuple[bytes, int]] = {
    "nothing": (b"", 400),
    "blanks": (b" \n", 400),
    "null": (b"null", 400),
    "a truth": (b"true", 400),
    "a number": (b"100", 400),
    "a text": (b'"to=mallory&amount=100"', 400),
    "a list": (b'[{"to": "mallory", "amount": 100}]', 400),
    "a form": (b"to=mallory&amount=100", 400),
    "two objects": (f"{{{PAY}}}{{{PAY}}}".encode(), 400),
    "an object that does not end": (f"{{{PAY}".encode(), 400),
    "a comma at the end": (f"{{{PAY},}}".encode(), 400),
    "single quotes": (b"{'to': 'mallory'}", 400),
    "a list as a field": (b'{"to": ["mallory"], "amount": 100}', 400),
    "an object as a field": (b'{"to": {"x": "mallory"}, "amount": 100}', 400),
    "an object in a field that nobody reads": (f'{{{PAY}, "x": {{}}}}'.encode(), 400),
    "half a surrogate pair as a value": (b'{"to": "\\ud800", "amount": 100}', 400),
    "half a surrogate pair as a name": (f'{{{PAY}, "\\udfff": 1}}'.encode(), 400),
    "NUL in a value": (b'{"to": "mallory\\u0000", "amount": 100}', 400),
    "NUL in a name": (f'{{{PAY}, "\\u0000": 1}}'.encode(), 400),
    "a raw control character": (b'{"to": "mall\nory", "amount": 100}', 400),
    "bytes that aren't UTF-8": (b'{"to": "\xff\xfe", "amount": 100}', 400),
    "brackets without end": (b"[" * 100_000, 400),
    "braces without end": (b'{"a":' * 100_000, 400),
    "an empty object": (b"{}", 422),
    "null as a field": (b'{"to": null, "amount": null}', 422),
    "a truth as a field": (b'{"to": true, "amount": true}', 422),
    "no number": (b'{"to": "mallory", "amount": NaN}', 422),
    "a number without end": (b'{"to": "mallory", "amount": Infinity}', 422),
    "a number too large for a float": (b'{"to": "mallory", "amount": 1e999}', 422),
    "a number of 5,000 digits": (b'{"to": "mallory", "amount": ' + b"9" * 5000 + b"}", 422),
    "a number below zero": (b'{"to": "mallory", "amount": -100}', 422),
    "half a coin": (b'{"to": "mallory", "amount": 0.5}', 422),
    "another number's digits": ('{"to": "mallory", "amount": "一"}'.encode(), 422),
    "a name of 100 KB": (b'{"to": "' + b"x" * 100_000 + b'", "amount": 1}', 422),
    "a thousand fields": (
        ("{" + ", ".join(f'"f{number}": 1' for number in range(1000)) + "}").encode(),
        422,
    ),
    "more than the bank reads": (b'{"to": "' + b"x" * 1_100_000 + b'"}', 413),
}


@pytest.mark.django_db
class TestInTheBank:
    @pytest.mark.parametrize("content_type", [JSON, "APPLICATION/JSON", f"{JSON}; charset=utf-8"])
    @pytest.mark.parametrize("path", ["/transfer", "/api/transfer"])
    def test_a_json_object_is_accepted(self, path: str, content_type: str) -> None:
        alice = customer()

        by_script(alice, path, f"{{{PAY}}}", content_type)

        assert alice.balances == (900, 1100)

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
    def test_a_body_that_shows_its_encoding_is_read(self, encoding: str) -> None:
        alice = customer()

        by_script(alice, "/transfer", f"{{{PAY}}}".encode(encoding))

        assert alice.balances == (900, 1100)

    def test_of_two_fields_of_one_name_the_last_counts(self) -> None:
        alice = customer()

        by_script(alice, "/transfer", '{"to": "alice", "to": "mallory", "amount": 100}')

        assert alice.balances == (900, 1100)

    @pytest.mark.parametrize("path", ["/transfer", "/api/transfer"])
    @pytest.mark.parametrize(("body", "status"), BODIES.values(), ids=BODIES.keys())
    def test_json_of_an_odd_shape_moves_no_money(self, path: str, body: bytes, status: int) -> None:
        alice = customer()

        answer = by_script(alice, path, body)

        assert answer.status_code == status
        assert alice.balances == (1000, 1000)

    @pytest.mark.parametrize(("body", "status"), BODIES.values(), ids=BODIES.keys())
    def test_json_of_an_odd_shape_is_survived_elsewhere(self, body: bytes, status: int) -> None:
        alice = customer()
        paths = ["/login", "/email", "/password", "/logout"]

        answers = [by_script(alice, path, body).status_code for path in paths]

        # Signing out takes nothing, so there is nothing to find wrong in an object.
        assert answers == [status] * 3 + [302 if status == 422 else status]

    @pytest.mark.parametrize("path", ["/transfer", "/api/transfer", "/logout", "/email", "/login"])
    def test_a_form_of_another_site_is_refused(self, path: str) -> None:
        alice = customer()

        answer = alice.post(
            path,
            "to=mallory&amount=100",
            content_type="application/x-www-form-urlencoded",
            headers=CROSS_SITE,
        )

        assert answer.status_code == 415
        assert alice.attempts[-1]["reason"] == REFUSED
        assert alice.balances == (1000, 1000)

    @pytest.mark.parametrize("path", ["/transfer", "/api/transfer", "/avatar", "/login"])
    def test_a_multipart_form_is_refused(self, path: str) -> None:
        alice = customer()
        picture = SimpleUploadedFile("me.png", b"\x89PNG\r\n\x1a\n", "application/json")

        answer = alice.post(path, {"to": "mallory", "amount": "100", "avatar": picture})

        assert answer.status_code == 415
        assert alice.attempts[-1]["reason"] == REFUSED
        assert alice.balances == (1000, 1000)

    def test_a_multipart_body_that_says_json_is_broken(self) -> None:
        alice = customer()
        body = b'--x\r\nContent-Disposition: form-data; name="to"\r\n\r\nmallory\r\n--x--\r\n'

        answer = by_script(alice, "/transfer", body, f"{JSON}; boundary=x")

        assert answer.status_code == 400

    def test_a_body_in_another_charset_is_refused(self) -> None:
        alice = customer()

        answer = by_script(alice, "/transfer", f"{{{PAY}}}", f"{JSON}; charset=utf-16")

        assert answer.status_code == 415
        assert alice.balances == (1000, 1000)

    def test_a_forged_sign_in_is_refused(self) -> None:
        bank = Bank(LAB)

        bank.forged("/login", {"username": "mallory", "password": PASSWORDS["mallory"]})

        assert bank.attempts[-1]["reason"] == REFUSED
        assert bank.state["accounts"]["mallory"]["sessions"] == 0

    def test_the_browsers_question_for_json_is_answered_no(self) -> None:
        bank = Bank(LAB)
        asked = {
            "origin": "http://evil.localhost:9000",
            "access-control-request-method": "POST",
            "access-control-request-headers": "content-type",
        }

        answer = bank.options("/api/transfer", headers=asked)

        assert not [name for name in answer.headers if name.lower().startswith("access-control-")]
        assert bank.attempts[-1]["reason"] == "cors-closed"

    @pytest.mark.parametrize("value", ODD.values(), ids=ODD)
    def test_a_type_of_any_bytes_and_length_is_refused(self, value: str) -> None:
        alice = customer()

        answer = alice.post("/transfer", PAY, content_type="x/x", CONTENT_TYPE=value)

        assert answer.status_code == 415
        assert alice.balances == (1000, 1000)
