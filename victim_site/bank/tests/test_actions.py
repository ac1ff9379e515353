"""Every action, with its fields from everywhere; and every way to get it wrong, without effect."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from victim_site.bank import forms, labs
from victim_site.bank.models import Account, Session, Transfer
from victim_site.conftest import CROSS_SITE, PASSWORDS, Bank, signed_in

pytestmark = pytest.mark.django_db

LAB = "no-defense"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
URLENCODED = "application/x-www-form-urlencoded"
LABS = [
    "no-defense",
    "post-only",
    "session-token",
    "csrf-token",
    "post-only--session-token--csrf-token--samesite-strict",
]


def by_query(bank: Bank, path: str, fields: dict[str, str]) -> Any:
    return bank.get(path, fields)


def by_head(bank: Bank, path: str, fields: dict[str, str]) -> Any:
    return bank.head(path, query_params=fields)


def by_post_with_query(bank: Bank, path: str, fields: dict[str, str]) -> Any:
    return bank.post(path, query_params=fields)


def by_form(bank: Bank, path: str, fields: dict[str, str]) -> Any:
    pairs = "&".join(f"{name}={value}" for name, value in fields.items())
    return bank.post(path, pairs, content_type=URLENCODED)


def by_multipart(bank: Bank, path: str, fields: dict[str, str]) -> Any:
    return bank.post(path, fields)


def by_json(bank: Bank, path: str, fields: dict[str, str]) -> Any:
    return bank.post(path, json.dumps(fields), content_type="application/json; charset=utf-8")


WAYS: dict[str, Callable[[Bank, str, dict[str, str]], Any]] = {
    "query": by_query,
    "HEAD": by_head,
    "query of a POST": by_post_with_query,
    "form": by_form,
    "multipart form": by_multipart,
    "JSON": by_json,
}
way = pytest.mark.parametrize("send", WAYS.values(), ids=WAYS)


@way
def test_login(send: Callable[..., Any]) -> None:
    bank = Bank(LAB)

    send(bank, "/login", {"username": "alice", "password": "wonderland"})

    assert bank.state["accounts"]["alice"]["sessions"] == 1
    assert bank.get("/").status_code == 200


@way
def test_logout(send: Callable[..., Any]) -> None:
    alice = signed_in(LAB)

    send(alice, "/logout", {})

    assert alice.state["accounts"]["alice"]["sessions"] == 0


@way
def test_transfer(send: Callable[..., Any]) -> None:
    alice = signed_in(LAB)

    answer = send(alice, "/transfer", {"to": "mallory", "amount": "100"})

    assert answer.status_code == 303
    assert alice.balances == (900, 1100)


@way
def test_change_email(send: Callable[..., Any]) -> None:
    alice = signed_in(LAB)

    send(alice, "/email", {"email": "mallory@evil.localhost"})

    accounts = alice.state["accounts"]
    assert accounts["alice"]["email"] == "mallory@evil.localhost"
    assert accounts["mallory"]["email"] == "mallory@bank.localhost"


@way
def test_change_password(send: Callable[..., Any]) -> None:
    alice = signed_in(LAB)

    send(alice, "/password", {"new_password": "hacked"})

    assert alice.state["accounts"]["alice"]["password_changed"] is True
    assert Account.objects.get(lab__label=LAB, username="alice").check_password("hacked")


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "", "x"])
def test_transfer_by_script_reads_json_whatever_its_type(content_type: str) -> None:
    alice = signed_in(LAB)

    answer = alice.post(
        "/api/transfer", '{"to": "mallory", "amount": 100}', content_type=content_type
    )

    assert (answer.status_code, answer.json()) == (200, {"sent": 100, "balance": 900})
    assert alice.balances == (900, 1100)


def test_the_body_wins_over_the_query() -> None:
    alice = signed_in(LAB)

    alice.post("/transfer?amount=500", {"to": "mallory", "amount": "100"})

    assert alice.balances == (900, 1100)


@pytest.mark.parametrize("lab", LABS)
@pytest.mark.parametrize("path", ["/login", "/transfer", "/email", "/password"])
@pytest.mark.parametrize("method", ["get", "head"])
def test_without_fields_the_form_is_shown_in_every_lab(lab: str, path: str, method: str) -> None:
    alice = signed_in(lab)
    before = alice.state

    answer = getattr(alice, method)(path)

    assert answer.status_code == 200
    assert alice.state == before


@pytest.mark.parametrize("lab", LABS)
@pytest.mark.parametrize("method", ["get", "head", "post", "put", "options"])
def test_a_payment_link_never_acts(lab: str, method: str) -> None:
    alice = signed_in(lab)
    before = alice.state

    answer = getattr(alice, method)("/pay?to=mallory&amount=100")

    assert answer.status_code == (200 if method in {"get", "head"} else 405)
    assert alice.state == before


def test_a_payment_link_fills_the_form_in() -> None:
    page = signed_in(LAB).get("/pay?to=mal%22lory&amount=100").content.decode()

    assert 'name="to" value="mal&quot;lory"' in page
    assert 'value="100"' in page


@pytest.mark.parametrize("path", ["/api/transfer", "/avatar"])
@pytest.mark.parametrize("method", ["get", "head", "put", "delete", "options", "patch"])
def test_some_addresses_take_post_only(path: str, method: str) -> None:
    alice = signed_in(LAB)

    answer = getattr(alice, method)(f"{path}?to=mallory&amount=100")

    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert alice.balances == (1000, 1000)


@pytest.mark.parametrize("path", ["/transfer", "/email", "/password", "/logout", "/login"])
@pytest.mark.parametrize("method", ["put", "delete", "patch", "options", "trace"])
def test_no_other_method_acts(path: str, method: str) -> None:
    alice = signed_in(LAB)
    before = alice.state

    answer = getattr(alice, method)(f"{path}?to=mallory&amount=1&email=a@b.cd&new_password=x")

    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD, POST")
    assert alice.state == before


# --- Invalid transfers ----------------------------------------------------------------------------

AMOUNTS = {
    "negative": ("-5", "at least 1"),
    "zero": ("0", "at least 1"),
    "fractional": ("1.5", "whole number"),
    "scientific": ("1e2", "whole number"),
    "huge": ("9" * 30, "at most 1000000"),
    "5000 digits": ("9" * 5000, "whole number"),
    "not a number": ("ten", "whole number"),
    "infinite": ("inf", "whole number"),
    "NaN": ("NaN", "whole number"),
    "empty": ("", "Amount: This field is required."),
    "a space": (" ", "whole number"),
    "hexadecimal": ("0x10", "whole number"),
    "markup": ("<b>", "whole number"),
    "beyond the balance": ("1001", "don’t have that much"),
    "beyond any balance": ("1000000", "don’t have that much"),
}
RECIPIENTS = {
    "nobody": ("bob", "no customer with that name"),
    "oneself": ("alice", "yourself"),
    "empty": ("", "To: This field is required."),
    "another case": ("MALLORY", "no customer with that name"),
    "too long": ("m" * 21, "at most 20 characters"),
    "markup": ("<b>", "no customer with that name"),
    "a quote": ("'; --", "no customer with that name"),
}
INVALID = {f"amount {name}": ("mallory", *row) for name, row in AMOUNTS.items()} | {
    f"to {name}": (to, "5", sentence) for name, (to, sentence) in RECIPIENTS.items()
}


@pytest.mark.parametrize(("to", "amount", "sentence"), INVALID.values(), ids=INVALID)
def test_an_invalid_transfer_is_turned_down_with_a_sentence(
    to: str, amount: str, sentence: str
) -> None:
    alice = signed_in(LAB)

    answer = alice.post("/transfer", {"to": to, "amount": amount})

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert alice.balances == (1000, 1000)


@pytest.mark.parametrize(("to", "amount", "sentence"), INVALID.values(), ids=INVALID)
def test_an_invalid_transfer_by_script_is_turned_down_in_json(
    to: str, amount: str, sentence: str
) -> None:
    alice = signed_in(LAB)

    answer = alice.post(
        "/api/transfer", {"to": to, "amount": amount}, content_type="application/json"
    )

    assert answer.status_code == 422
    assert sentence in answer.json()["error"]
    assert alice.balances == (1000, 1000)


# Body, status, sentence.
JSON_BODIES = {
    "a number of 5000 digits": (
        f'{{"to": "mallory", "amount": {"9" * 5000}}}',
        422,
        "The amount must be a whole number.",
    ),
    "a fraction": ('{"to": "mallory", "amount": 1.5}', 422, "The amount must be a whole number."),
    "beyond floating point": (
        '{"to": "mallory", "amount": 1e999}',
        422,
        "The amount must be a whole number.",
    ),
    "a truth value": (
        '{"to": "mallory", "amount": true}',
        422,
        "The amount must be a whole number.",
    ),
    "NaN": ('{"to": "mallory", "amount": NaN}', 422, "The amount must be a whole number."),
    "null": ('{"to": "mallory", "amount": null}', 422, "Amount: This field is required."),
    "no field": ("{}", 422, "To: This field is required. Amount: This field is required."),
    "half a surrogate pair": (
        r'{"to": "\ud800", "amount": 5}',
        400,
        "A field holds characters that cannot be stored.",
    ),
    "half a surrogate pair in a name": (
        r'{"\ud800": "x", "to": "mallory", "amount": 5}',
        400,
        "A field holds characters that cannot be stored.",
    ),
    "NUL": (
        r'{"to": "mal\u0000lory", "amount": 5}',
        400,
        "A field holds characters that cannot be stored.",
    ),
    "an object in a field": (
        '{"to": {"a": 1}, "amount": 5}',
        400,
        "The fields of the JSON object must be text or numbers.",
    ),
    "a list in a field": (
        '{"to": ["mallory"], "amount": 5}',
        400,
        "The fields of the JSON object must be text or numbers.",
    ),
    "a list": ('[{"to": "mallory", "amount": 5}]', 400, "The body must be a JSON object."),
    "text": ('"mallory"', 400, "The body must be a JSON object."),
    "null alone": ("null", 400, "The body must be a JSON object."),
    "a number alone": ("5", 400, "The body must be a JSON object."),
    "deeply nested lists": ("[" * 100_000, 400, "The body is not JSON."),
    "deeply nested objects": ('{"a":' * 100_000, 400, "The body is not JSON."),
    "empty": ("", 400, "The body is not JSON."),
    "cut off": ('{"to": "mallory", "amount": 5', 400, "The body is not JSON."),
    "two objects": ('{"to": "mallory"}{"amount": 5}', 400, "The body is not JSON."),
    "a form": ("to=mallory&amount=5", 400, "The body is not JSON."),
    "bytes that aren't UTF-8": (b'{"to": "\xff", "amount": 5}', 400, "The body is not JSON."),
    "more than a megabyte": ('{"to": "' + "m" * 1_100_000, 413, None),
}


@pytest.mark.parametrize(("body", "status", "sentence"), JSON_BODIES.values(), ids=JSON_BODIES)
@pytest.mark.parametrize("lab", [LAB, "session-token"])
def test_a_broken_json_body_is_refused(
    lab: str, body: str | bytes, status: int, sentence: str | None
) -> None:
    alice = signed_in(lab)

    answer = alice.post("/api/transfer", body, content_type="application/json")

    assert answer.status_code in ({status} if lab == LAB else {status, 403})
    if lab == LAB and sentence:
        assert answer.json() == {"error": sentence}
    assert alice.balances == (1000, 1000)


MULTIPART = "multipart/form-data; boundary=b"
PART = '--b\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
WHOLE = PART.format("to", "mallory") + PART.format("amount", "5")
# Content type, body, status.
FORM_BODIES: dict[str, tuple[str, str | bytes, int]] = {
    "101 fields": (URLENCODED, "to=mallory&amount=5&" + "x=1&" * 99, 400),
    "101 parts": (MULTIPART, WHOLE + PART.format("x", "1") * 99 + "--b--\r\n", 400),
    "101 files": (
        MULTIPART,
        WHOLE + PART.replace('"\r', '"; filename="f"\r').format("f", "1") * 101 + "--b--\r\n",
        400,
    ),
    "no boundary": ("multipart/form-data", WHOLE, 400),
    "an empty boundary": ("multipart/form-data; boundary=", WHOLE, 400),
    "a boundary of odd characters": ("multipart/form-data; boundary=\xff", WHOLE, 400),
    "a boundary that is too long": (f"multipart/form-data; boundary={'b' * 300}", WHOLE, 400),
    "a boundary that never comes": ("multipart/form-data; boundary=c", WHOLE, 422),
    "parts without a name": (MULTIPART, "--b\r\n\r\nx\r\n--b--\r\n", 422),
    "a part in broken base64": (
        MULTIPART,
        (
            "--b\r\nContent-Disposition: form-data; name=to\r\n"
            "Content-Transfer-Encoding: base64\r\n\r\n!\r\n--b--\r\n"
        ),
        422,
    ),
    "a part whose name has an unknown encoding": (
        MULTIPART,
        "--b\r\nContent-Disposition: form-data; name*=bogus''to\r\n\r\nx\r\n--b--\r\n",
        422,
    ),
    "a part in an unknown charset": (
        MULTIPART,
        (
            "--b\r\nContent-Disposition: form-data; name=to\r\n"
            "Content-Type: text/plain; charset=hex\r\n\r\nx\r\n--b--\r\n"
        ),
        422,
    ),
    "a multipart body that is empty": (MULTIPART, "", 422),
    "no fields": (URLENCODED, "", 422),
    "separators": (URLENCODED, "&&&===&", 422),
    "bytes that aren't UTF-8": (URLENCODED, b"to=\xff&amount=5", 422),
    "broken escapes": (URLENCODED, "to=%ff%zz&amount=5", 422),
    "NUL": (URLENCODED, "to=%00&amount=5", 400),
    "another charset": (f"{URLENCODED}; charset=utf-16", "to=mallory&amount=5", 415),
    "an unknown charset": (f"{URLENCODED}; charset=x", "to=mallory&amount=5", 415),
    "another type": ("text/plain", "to=mallory&amount=5", 422),
    "a type that isn't a type": ("%", "to=mallory&amount=5", 422),
    "more than a megabyte": (URLENCODED, "to=mallory&amount=5&x=" + "x" * 1_100_000, 413),
}


@pytest.mark.parametrize(("content_type", "body", "status"), FORM_BODIES.values(), ids=FORM_BODIES)
def test_a_broken_form_body_is_refused(content_type: str, body: str | bytes, status: int) -> None:
    alice = signed_in(LAB)

    answer = alice.generic("POST", "/transfer", body, content_type)

    assert answer.status_code == status
    assert "Traceback" not in answer.content.decode()
    assert alice.balances == (1000, 1000)


@pytest.mark.parametrize(
    "query", {"101 fields": "x=1&" * 99 + "to=mallory&amount=5", "NUL": "to=%00&amount=5"}.values()
)
@pytest.mark.parametrize("path", ["/transfer", "/pay", "/logout", "/login", "/"])
def test_a_broken_query_is_refused_or_not_looked_at(path: str, query: str) -> None:
    alice = signed_in(LAB)

    assert alice.get(f"{path}?{query}").status_code in {200, 302, 400, 422}
    assert alice.balances == (1000, 1000)


EMAILS = {"no @": "alice", "empty": "", "too long": "a" * 250 + "@b.cd", "markup": "<b>@<i>"}


@pytest.mark.parametrize("address", EMAILS.values(), ids=EMAILS)
def test_an_invalid_email_address_is_turned_down(address: str) -> None:
    alice = signed_in(LAB)

    answer = alice.post("/email", {"email": address})

    assert answer.status_code == 422
    assert alice.state["accounts"]["alice"]["email"] == "alice@bank.localhost"


SIGN_INS = {
    "a wrong password": ("alice", "wonder"),
    "another's password": ("alice", "mischief"),
    "nobody": ("bob", "wonderland"),
    "another case": ("Alice", "wonderland"),
    "no password": ("alice", ""),
    "no name": ("", "wonderland"),
    "a long password": ("alice", "w" * 100_000),
    "a space after the password": ("alice", "wonderland "),
}


@pytest.mark.parametrize(("username", "password"), SIGN_INS.values(), ids=SIGN_INS)
def test_a_wrong_sign_in_is_turned_down_with_the_form(username: str, password: str) -> None:
    bank = Bank(LAB)

    answer = bank.post("/login", {"username": username, "password": password})

    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert bank.state["accounts"]["alice"]["sessions"] == 0


@given(
    moves=st.lists(
        st.tuples(
            st.booleans(),
            st.sampled_from(["alice", "mallory", "bob", ""]),
            st.one_of(
                st.integers(-5, 1200).map(str),
                st.text(max_size=5),
                st.integers().map(str),
                st.floats().map(str),
            ),
        ),
        max_size=8,
    )
)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_sequence_of_transfers_keeps_the_sum_and_the_history(
    moves: list[tuple[bool, str, str]],
) -> None:
    lab = f"{LAB}--for-moves"
    labs.reset(lab)
    alice, mallory = signed_in(lab), signed_in(lab, "mallory")

    for by_alice, to, amount in moves:
        answer = (alice if by_alice else mallory).post("/transfer", {"to": to, "amount": amount})
        assert answer.status_code in {303, 400, 422}

    balances = alice.balances
    history = Transfer.objects.filter(sender__lab__label=lab)
    sent = sum(t.amount if t.sender.username == "alice" else -t.amount for t in history)
    assert sum(balances) == 2000
    assert min(balances) >= 0
    assert balances == (1000 - sent, 1000 + sent)


TYPES = [URLENCODED, MULTIPART, "multipart/form-data", "application/json", "text/plain", ""]
PATHS = ["/", "/login", "/logout", "/transfer", "/pay", "/email", "/password", "/api/transfer"]


@given(
    lab=st.sampled_from(LABS),
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "OPTIONS"]),
    path=st.sampled_from([*PATHS, "/avatar", "/avatar/image", "/nowhere"]),
    query=st.text(max_size=30) | st.sampled_from(["to=mallory&amount=1", "to=%00", "%ff=%zz"]),
    content_type=st.sampled_from(TYPES) | st.text(st.characters(max_codepoint=255), max_size=40),
    body=st.binary(max_size=80)
    | st.sampled_from([WHOLE.encode(), b'{"to": "mallory"}', b"[" * 999]),
    # Control characters aren't part of a cookie, and newer Pythons do not even build one with them.
    cookie=st.text(
        st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=40
    ),
)
@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_request_is_a_mistake_of_ours(
    lab: str, method: str, path: str, query: str, content_type: str, body: bytes, cookie: str
) -> None:
    alice = signed_in(f"{lab}--for-any")
    alice.cookies["csrftoken"] = cookie
    environ = {"QUERY_STRING": query.encode().decode("latin-1")}
    answer = alice.generic(method, path, body, content_type, **environ)

    assert answer.status_code < 500
    assert sum(alice.balances) == 2000


# --- The picture ----------------------------------------------------------------------------------


def upload(bank: Bank, content: bytes, name: str = "cat.png", stated: str = "image/png") -> Any:
    return bank.post("/avatar", {"avatar": SimpleUploadedFile(name, content, stated)})


PICTURES = {
    "PNG": (PNG, "image/png"),
    "JPEG": (b"\xff\xd8\xff\xe0" + b"\0" * 40, "image/jpeg"),
    "GIF": (b"GIF89a" + b"\0" * 40, "image/gif"),
}


@pytest.mark.parametrize(("content", "content_type"), PICTURES.values(), ids=PICTURES)
def test_the_type_of_a_picture_is_read_off_its_bytes(content: bytes, content_type: str) -> None:
    alice = signed_in(LAB)

    upload(alice, content, "cat.html", "text/html")
    picture = alice.get("/avatar/image")

    assert (picture["Content-Type"], picture.content) == (content_type, content)
    assert picture["X-Content-Type-Options"] == "nosniff"


NO_PICTURES = {
    "HTML": b"<!doctype html><script>alert(1)</script>",
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "SVG with a declaration": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
    "PDF": b"%PDF-1.4",
    "a space before a PNG": b" " + PNG,
    "the beginning of a PNG": PNG[:4],
    "empty": b"",
    "too large": PNG + b"\0" * forms.LARGEST_AVATAR,
}


@pytest.mark.parametrize("content", NO_PICTURES.values(), ids=NO_PICTURES)
def test_what_is_no_picture_is_turned_down(content: bytes) -> None:
    alice = signed_in(LAB)

    answer = upload(alice, content)

    assert answer.status_code == 422
    assert alice.get("/avatar/image").status_code == 404


def test_the_largest_picture_is_taken() -> None:
    alice = signed_in(LAB)

    upload(alice, PNG + b"\0" * (forms.LARGEST_AVATAR - len(PNG)))

    assert len(alice.get("/avatar/image").content) == forms.LARGEST_AVATAR


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a" * 500 + ".png", "\x00.png", "“.png", ".."]
)
def test_the_name_of_a_picture_does_not_matter(name: str) -> None:
    alice = signed_in(LAB)
    body = b'--b\r\nContent-Disposition: form-data; name="avatar"; filename="' + name.encode()
    body += b'"\r\nContent-Type: image/png\r\n\r\n' + PNG + b"\r\n--b--\r\n"

    answer = alice.generic("POST", "/avatar", body, MULTIPART)

    assert answer.status_code in {303, 422}
    assert (alice.get("/avatar/image").status_code == 200) == (answer.status_code == 303)


@pytest.mark.parametrize(
    "fields", {"no file": {}, "text": {"avatar": "cat"}, "another": {"x": "y"}}.values()
)
def test_an_upload_without_a_file_is_turned_down(fields: dict[str, str]) -> None:
    answer = signed_in(LAB).post("/avatar", fields)

    assert answer.status_code == 422


def test_nobody_sees_the_picture_of_another() -> None:
    upload(signed_in(LAB), PNG)

    assert signed_in(LAB, "mallory").get("/avatar/image").status_code == 404
    assert Bank(LAB).get("/avatar/image").status_code == 404


# --- Sign-ins -------------------------------------------------------------------------------------


def as_visitor_of(lab: str, visitor: Bank) -> Bank:
    """Carry every cookie of a visitor to another lab, as no browser would."""
    bank = Bank(lab)
    bank.cookies.update(visitor.cookies)
    return bank


OTHER = "no-defense--for-other"


def test_a_session_of_one_lab_is_nobody_in_another() -> None:
    alice = signed_in(LAB)
    abroad = as_visitor_of(OTHER, alice)

    abroad.get("/transfer?to=mallory&amount=100")

    assert (alice.balances, abroad.balances) == ((1000, 1000), (1000, 1000))
    assert abroad.attempts[-1]["reason"] == "session-ended"
    assert as_visitor_of(OTHER, alice).get("/").status_code == 302


ABROAD = {
    "a page": lambda bank: bank.get("/"),
    "a sign-out": lambda bank: bank.post("/logout"),
    "a sign-in as the same": lambda bank: bank.sign_in("alice"),
    "a sign-in as another": lambda bank: bank.sign_in("mallory"),
    "a forged sign-in": lambda bank: bank.forged(
        "/login", {"username": "mallory", "password": PASSWORDS["mallory"]}
    ),
}


@pytest.mark.parametrize("act", ABROAD.values(), ids=ABROAD)
def test_nothing_done_with_it_in_another_lab_ends_it(act: Callable[[Bank], Any]) -> None:
    alice = signed_in(LAB)

    act(as_visitor_of(OTHER, alice))

    assert alice.state["accounts"]["alice"]["sessions"] == 1
    assert alice.get("/").status_code == 200


def test_a_sign_in_beside_a_session_of_another_lab_holds() -> None:
    bank = as_visitor_of(OTHER, signed_in(LAB))

    bank.sign_in()
    bank.get("/transfer?to=mallory&amount=100")

    assert bank.balances == (900, 1100)


@pytest.mark.parametrize("lab", LABS)
@pytest.mark.parametrize(
    "path", ["/transfer", "/logout", "/email", "/api/transfer", "/avatar", "/"]
)
def test_the_answer_to_a_forged_post_sets_no_session_cookie(lab: str, path: str) -> None:
    signed_in(lab)
    nobody = Bank(lab)

    answer = nobody.forged(path, {"to": "mallory", "amount": "100"})

    assert "sessionid" not in answer.cookies
    assert Session.objects.filter(account=None).count() == 0


@pytest.mark.parametrize("path", ["/", "/login", "/transfer", "/pay?to=mallory", "/nowhere"])
@pytest.mark.parametrize("lab", LABS)
def test_the_answer_to_a_foreign_link_sets_no_session_cookie(lab: str, path: str) -> None:
    answer = Bank(lab).get(path, headers=CROSS_SITE)

    assert "sessionid" not in answer.cookies


@pytest.mark.parametrize(
    "lab", ["session-token", "csrf-token", "origin-check", "fetch-metadata", "rule-of-thumb"]
)
def test_after_a_blocked_forgery_alice_is_still_signed_in(lab: str) -> None:
    alice = signed_in(lab)

    alice.forged("/transfer", {"to": "mallory", "amount": "100"})

    assert alice.get("/").status_code == 200
    assert alice.balances == (1000, 1000)


def test_a_new_password_ends_the_other_sign_ins_and_keeps_this_one() -> None:
    this, other = signed_in(LAB), signed_in(LAB)
    mallory = signed_in(LAB, "mallory")

    this.post("/password", {"new_password": "new"})

    assert [bank.get("/").status_code for bank in (this, other, mallory)] == [200, 302, 200]


def test_a_new_password_leaves_one_live_sign_in_in_the_state() -> None:
    this = signed_in(LAB)
    signed_in(LAB)

    this.post("/password", {"new_password": "new"})

    assert this.state["accounts"]["alice"]["sessions"] == 1


def test_after_a_new_password_the_old_one_signs_nobody_in() -> None:
    signed_in(LAB).post("/password", {"new_password": "new"})

    assert Bank(LAB).sign_in().status_code == 422


def test_a_sign_in_gets_a_session_of_its_own() -> None:
    bank = signed_in(LAB)
    first = bank.cookies["sessionid"].value

    bank.sign_in("mallory")

    assert bank.cookies["sessionid"].value != first


def test_a_session_that_the_visitor_brought_is_not_taken_over() -> None:
    bank = Bank(LAB)
    bank.cookies["sessionid"] = "chosen-by-the-attacker-0000000000"

    bank.sign_in()

    assert not Session.objects.filter(pk="chosen-by-the-attacker-0000000000").exists()
    assert Session.objects.count() == 1


def test_a_sign_in_whose_cookie_does_not_come_back_says_so() -> None:
    page = Bank(LAB).get("/?signed-in")

    assert page.status_code == 200
    assert "didn’t send the bank’s cookie" in page.content.decode()


def test_a_session_cookie_with_a_nul_in_it_is_nobodys() -> None:
    answer = Bank(LAB).get("/", headers={"cookie": r'sessionid="\000aaaaaaaaaaaa"'})

    assert answer.status_code == 302


# --- When the database fails ----------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/transfer", "/api/transfer"])
def test_a_full_database_is_a_503_with_a_sentence_and_changes_nothing(path: str) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("The limit that is set here is SQLite's.")
    alice = signed_in(LAB)
    payment = {"to": "mallory", "amount": "1"}
    done = 0
    with connection.cursor() as cursor:
        pages = cursor.execute("PRAGMA page_count").fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count = {pages}")
        try:
            while True:
                answer = alice.post(path, payment, content_type="application/json")
                if answer.status_code not in {200, 303}:
                    break
                done += 1
        finally:
            cursor.execute("PRAGMA max_page_count = 1073741823")

    assert answer.status_code == 503
    assert "disk is full" in answer.content.decode()
    assert alice.balances == (1000 - done, 1000 + done)
    assert Transfer.objects.count() == done


@pytest.mark.parametrize("path", ["/", "/transfer", "/login", "/api/transfer"])
def test_a_locked_database_is_a_503_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    alice = signed_in(LAB)

    def locked(*args: object) -> None:
        raise OperationalError("database is locked")

    with monkeypatch.context() as patch:
        patch.setattr("victim_site.bank.middleware.seen", locked)
        answer = alice.post(path, {"to": "mallory", "amount": "1"})

    assert answer.status_code == 503
    assert "too busy" in answer.content.decode()
    assert alice.balances == (1000, 1000)


class SlowBody(BytesIO):
    """A body that notes whether a transaction was open while it was read."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.read_within: list[bool] = []

    def read(self, size: int | None = -1) -> bytes:
        self.read_within.append(connection.in_atomic_block)
        return super().read(size)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("path", "content_type", "body", "status"),
    [
        ("/transfer", URLENCODED, b"to=mallory&amount=10", 303),
        ("/transfer", URLENCODED, b"to=mallory&amount=-10", 422),
        ("/api/transfer", "application/json", b'{"to": "mallory", "amount": 10}', 200),
        (
            "/avatar",
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="avatar"; filename="a.png"\r\n\r\n'
            + PNG
            + b"\r\n--x--\r\n",
            303,
        ),
    ],
    ids=["a form", "a form with a mistake", "JSON", "a picture"],
)
def test_the_body_is_read_before_the_database_is_locked(
    path: str, content_type: str, body: bytes, status: int
) -> None:
    """It may come slowly, and SQLite lets one transaction write at a time."""
    alice = signed_in(LAB)
    slow = SlowBody(body)

    answer = alice.generic(
        "POST", path, body, content_type, **{"wsgi.input": slow, "CONTENT_LENGTH": str(len(body))}
    )

    assert answer.status_code == status
    assert slow.read_within
    assert not any(slow.read_within)
