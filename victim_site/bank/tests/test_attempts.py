"""The log: what became of each request that would act, and why, clause by clause."""

from __future__ import annotations

import pytest
from django.db import connection
from django.http.cookie import parse_cookie
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from victim_site.bank import labs
from victim_site.bank.attempts import (
    KEPT,
    MOST_COOKIES,
    REMOVED_EVERY,
    browser_reason,
    site_relation,
)
from victim_site.bank.models import Attempt, Lab, Session
from victim_site.bank.requests import BankRequest
from victim_site.conftest import CROSS_SITE, PASSWORDS, Bank, playground, signed_in
from victim_site.label import parse

pytestmark = pytest.mark.django_db

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/150.0.0.0 Safari/537.36"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
TOP = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
FRAME = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"}
IMAGE = {"sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"}
FETCH = {"sec-fetch-mode": "cors", "sec-fetch-dest": "empty"}
X = {"sec-fetch-site": "cross-site"}
OWN = Bank("samesite-lax").origin
NONE, LAX, STRICT, UNSET = "no-defense", "samesite-lax", "samesite-strict", "browser-default"

# Lab, method, headers, reason; alice is signed in somewhere, and no session cookie was sent.
Row = tuple[str, str, dict[str, str], str]
CLAUSES: dict[str, Row] = {
    "d: no header": (NONE, "POST", {}, "cookie-unknown"),
    "d: no header, under Strict": (STRICT, "POST", {}, "cookie-unknown"),
    "d: an unknown relation": (LAX, "POST", {"sec-fetch-site": "x"}, "cookie-unknown"),
    "d: Origin null": (LAX, "POST", {"origin": "null"}, "cookie-unknown"),
    "d: a broken Origin": (LAX, "POST", {"origin": "http://["}, "cookie-unknown"),
    "d: Origin of another site": (LAX, "POST", {"origin": "http://evil.localhost"}, "cookie-lax"),
    "d: Origin of a sub-domain": (
        LAX,
        "POST",
        {"origin": "http://community.x.bank.localhost:9000"},
        "cookie-unknown",
    ),
    "d: Origin of a lookalike": (LAX, "POST", {"origin": "http://xbank.localhost"}, "cookie-lax"),
    "d: own Origin": (
        LAX,
        "POST",
        {"origin": "http://samesite-lax.bank.localhost"},
        "cookie-unknown",
    ),
    "d: the header before Origin": (
        LAX,
        "POST",
        {"sec-fetch-site": "same-site", "origin": "http://evil.localhost"},
        "cookie-unknown",
    ),
    "e: same-origin": (LAX, "POST", {"sec-fetch-site": "same-origin"}, "cookie-unknown"),
    "e: same-origin, under Strict": (
        STRICT,
        "POST",
        {"sec-fetch-site": "same-origin"},
        "cookie-unknown",
    ),
    "e: same-site": (STRICT, "POST", {"sec-fetch-site": "same-site"} | IMAGE, "cookie-unknown"),
    "e: none": (LAX, "GET", {"sec-fetch-site": "none"} | TOP, "cookie-unknown"),
    "e: none, under None": (NONE, "GET", {"sec-fetch-site": "none"} | TOP, "cookie-unknown"),
    "e: none, under no attribute": (
        UNSET,
        "GET",
        {"sec-fetch-site": "none"} | TOP,
        "cookie-unknown",
    ),
    "e: none, under Strict": (STRICT, "GET", {"sec-fetch-site": "none"} | TOP, "cookie-unknown"),
    "f: Strict, top-level GET": (STRICT, "GET", X | TOP, "cookie-strict"),
    "f: Strict, top-level POST": (STRICT, "POST", X | TOP, "cookie-strict"),
    "f: Strict, image": (STRICT, "GET", X | IMAGE, "cookie-strict"),
    "f: Lax, top-level GET": (LAX, "GET", X | TOP, "cookie-unknown"),
    "f: Lax, top-level HEAD": (LAX, "HEAD", X | TOP, "cookie-unknown"),
    "f: Lax, top-level POST": (LAX, "POST", X | TOP, "cookie-lax"),
    "f: Lax, nested GET": (LAX, "GET", X | FRAME, "cookie-lax"),
    "f: Lax, image": (LAX, "GET", X | IMAGE, "cookie-lax"),
    "f: Lax, script": (LAX, "POST", X | FETCH, "cookie-lax"),
    "f: Lax, nothing but the relation": (LAX, "GET", X, "cookie-lax"),
    "f: None, top-level GET": (NONE, "GET", X | TOP, "cookie-unknown"),
    "f: None, top-level POST": (NONE, "POST", X | TOP, "cookie-unknown"),
    "f: None, nested GET": (NONE, "GET", X | FRAME, "cookie-third-party"),
    "f: None, nested POST": (NONE, "POST", X | FRAME, "cookie-third-party"),
    "f: None, image": (NONE, "GET", X | IMAGE, "cookie-third-party"),
    "f: None, script": (NONE, "POST", X | FETCH, "cookie-third-party"),
    "f: no attribute, top-level GET, Chromium": (
        UNSET,
        "GET",
        X | TOP | {"user-agent": CHROME},
        "cookie-unknown",
    ),
    "f: no attribute, top-level POST, Chromium": (
        UNSET,
        "POST",
        X | TOP | {"user-agent": CHROME},
        "cookie-default",
    ),
    "f: no attribute, nested GET, Chromium": (
        UNSET,
        "GET",
        X | FRAME | {"user-agent": CHROME},
        "cookie-default",
    ),
    "f: no attribute, image, Chromium": (
        UNSET,
        "GET",
        X | IMAGE | {"user-agent": CHROME},
        "cookie-default",
    ),
    "f: no attribute, top-level GET, Firefox": (
        UNSET,
        "GET",
        X | TOP | {"user-agent": FIREFOX},
        "cookie-unknown",
    ),
    "f: no attribute, top-level POST, Firefox": (
        UNSET,
        "POST",
        X | TOP | {"user-agent": FIREFOX},
        "cookie-unknown",
    ),
    "f: no attribute, nested POST, Firefox": (
        UNSET,
        "POST",
        X | FRAME | {"user-agent": FIREFOX},
        "cookie-third-party",
    ),
    "f: no attribute, image, Firefox": (
        UNSET,
        "GET",
        X | IMAGE | {"user-agent": FIREFOX},
        "cookie-third-party",
    ),
    "f: no attribute, top-level POST, unknown browser": (UNSET, "POST", X | TOP, "cookie-unknown"),
}


def bank_request(lab: str, method: str, headers: dict[str, str]) -> BankRequest:
    request = RequestFactory().generic(
        method, "/transfer", headers={"host": f"{lab}.bank.localhost"} | headers
    )
    request.COOKIES = parse_cookie(headers.get("cookie", ""))
    request.label = parse(lab)  # type: ignore[attr-defined]
    request.lab = labs.open_lab(lab)  # type: ignore[attr-defined]
    return request  # type: ignore[return-value]


@pytest.mark.parametrize(("lab", "method", "headers", "reason"), CLAUSES.values(), ids=CLAUSES)
def test_why_no_cookie_came(lab: str, method: str, headers: dict[str, str], reason: str) -> None:
    signed_in(lab)

    assert browser_reason(bank_request(lab, method, headers)).code == reason


@pytest.mark.parametrize(("lab", "method", "headers", "reason"), CLAUSES.values(), ids=CLAUSES)
def test_where_nobody_is_signed_in_that_is_the_reason(
    lab: str, method: str, headers: dict[str, str], reason: str
) -> None:
    signed_in("no-defense--for-other")

    assert browser_reason(bank_request(lab, method, headers)).code == "not-signed-in"


@pytest.mark.parametrize(("lab", "method", "headers", "reason"), CLAUSES.values(), ids=CLAUSES)
@pytest.mark.parametrize("signed", [True, False], ids=["somebody", "nobody"])
def test_a_cookie_that_opens_nothing_comes_before_all(
    lab: str, method: str, headers: dict[str, str], reason: str, signed: bool
) -> None:
    if signed:
        signed_in(lab)
    request = bank_request(lab, method, headers | {"cookie": "sessionid=ended"})

    assert browser_reason(request).code == "session-ended"


@pytest.mark.parametrize("others", [1, 200])
def test_a_cookie_that_hides_a_live_one_is_told_by_one_query(others: int) -> None:
    alice = signed_in(LAX)
    live = alice.cookies["sessionid"].value
    line = "; ".join([f"sessionid={live}", *(f"sessionid=junk{n}" for n in range(others))])
    request = bank_request(LAX, "POST", {"cookie": line})

    with CaptureQueriesContext(connection) as asked:
        assert browser_reason(request).code == "cookie-shadowed"
    assert len(asked) == 1


@pytest.mark.parametrize(
    "line",
    ["sessionid=a; sessionid=b", "sessionid=LIVE; sessionid=LIVE", "xsessionid=LIVE; sessionid=b"],
)
def test_no_live_one_is_hidden(line: str) -> None:
    live = signed_in("no-defense--for-other").cookies["sessionid"].value
    request = bank_request(LAX, "POST", {"cookie": line.replace("LIVE", live)})

    assert browser_reason(request).code == "session-ended"


def test_the_log_has_the_names_of_cookies_as_they_came() -> None:
    bank = Bank(LAX)
    names = ["sessionid", "csrftoken", "sessionid", "with a space", "a\x01b", ""]

    bank.get(
        "/transfer?to=mallory&amount=1", headers={"cookie": "; ".join(f"{n}=1" for n in names)}
    )

    assert bank.attempts[-1]["cookies"] == names


def test_a_sign_in_is_confirmed_by_a_later_request_with_its_cookie() -> None:
    bank = Bank(LAX)
    bank.post("/login", {"username": "mallory", "password": "mischief"}, headers=X | TOP)
    assert [a["confirmed"] for a in bank.attempts] == [False]

    bank.get("/", headers=X | IMAGE)
    assert [a["confirmed"] for a in bank.attempts] == [False], "another site's page proves nothing"

    bank.get("/", headers=X | TOP)
    assert [a["confirmed"] for a in bank.attempts] == [True]
    assert Lab.objects.get(label=LAX).confirmations == 1


@pytest.mark.parametrize(
    ("headers", "initiator"),
    [
        ({"sec-fetch-site": "same-origin"}, "bank"),
        ({"origin": OWN}, "bank"),
        ({"referer": f"{OWN}/transfer"}, "bank"),
        ({"sec-fetch-site": "same-site"}, "page"),
        ({"sec-fetch-site": "cross-site", "origin": "null"}, "page"),
        ({"origin": "http://evil.localhost"}, "page"),
        ({"referer": "http://evil.localhost/x"}, "page"),
        (
            {
                "sec-fetch-site": "none",
                "sec-purpose": "prefetch",
                "referer": "http://community.samesite-lax.bank.localhost:9000/",
            },
            "page",
        ),
        ({"sec-fetch-site": "none"}, "unnamed"),
        ({"sec-fetch-site": "none", "sec-purpose": "prefetch;prerender"}, "unnamed"),
        ({"origin": "null"}, "unnamed"),
        ({"sec-fetch-site": "", "origin": "", "referer": "", "sec-purpose": ""}, "unnamed"),
        ({"sec-fetch-site": "none, cross-site", "origin": "http://["}, "unnamed"),
        ({}, "unnamed"),
    ],
)
def test_who_is_named_as_having_asked(headers: dict[str, str], initiator: str) -> None:
    bank = signed_in(LAX)

    bank.get("/transfer?to=mallory&amount=1", headers=headers)

    attempt = bank.attempts[-1]
    assert attempt["initiator"] == initiator
    assert attempt["sec_purpose"] == headers.get("sec-purpose")
    assert attempt["confirmed"] == (attempt["outcome"] == "applied")


def test_a_sign_in_that_has_expired_is_not_alive() -> None:
    signed_in(LAX)
    Session.objects.update(expire_date="2020-01-01T00:00:00Z")

    assert browser_reason(bank_request(LAX, "POST", X | TOP)).code == "not-signed-in"


def test_a_sign_in_that_a_new_password_ended_is_not_alive() -> None:
    alice, other = signed_in(LAX), signed_in(LAX)
    alice.honest("/password", {"new_password": "new"})
    alice.honest("/logout", {})

    Bank(LAX).forged("/transfer", {"to": "mallory", "amount": "5"})

    assert other.attempts[-1]["reason"] == "not-signed-in"


def test_the_relation_of_an_origin_without_a_host_is_cross_site() -> None:
    request = bank_request(NONE, "POST", {"origin": "file://"})

    assert site_relation(request) == "cross-site"


@pytest.mark.parametrize(("scheme", "relation"), [("http", "same-site"), ("https", "cross-site")])
def test_a_sub_domain_by_another_scheme_is_another_site_to_browsers_that_send_an_origin_alone(
    scheme: str, relation: str
) -> None:
    request = bank_request(NONE, "POST", {"origin": "http://community.no-defense.bank.localhost"})
    request.META["wsgi.url_scheme"] = scheme

    assert site_relation(request) == relation


# --- Outcome and reason of whole requests ---------------------------------------------------------

PAYMENT = {"to": "mallory", "amount": "100"}


def test_applied_has_no_reason() -> None:
    alice = signed_in(NONE)

    alice.forged("/transfer", PAYMENT)

    last = alice.attempts[-1]
    assert (last["outcome"], last["reason"], last["verdicts"]) == ("applied", None, [])
    assert last["user"] == "alice"


def test_the_first_refusing_defense_in_the_order_of_the_label_gives_the_reason() -> None:
    for lab, first in [
        ("origin-check--fetch-metadata", "origin-mismatch"),
        ("fetch-metadata--origin-check", "fetch-site-cross-site"),
    ]:
        alice = signed_in(lab)

        alice.forged("/transfer", PAYMENT)

        last = alice.attempts[-1]
        assert (last["outcome"], last["reason"]) == ("refused", first)
        assert alice.balances == (1000, 1000)


def test_verdicts_list_every_defense_that_refuses_and_no_other() -> None:
    alice = signed_in("post-only--session-token--origin-check--fetch-metadata")

    alice.forged("/transfer", PAYMENT)

    assert alice.attempts[-1]["verdicts"] == [
        {"defense": "session-token", "reason": "token-missing"},
        {"defense": "origin-check", "reason": "origin-mismatch"},
        {"defense": "fetch-metadata", "reason": "fetch-site-cross-site"},
    ]


def test_the_browser_comes_before_the_defenses_and_their_verdicts_are_kept() -> None:
    signed_in("samesite-lax--origin-check")
    nobody = Bank("samesite-lax--origin-check")

    answer = nobody.forged("/transfer", PAYMENT)

    last = nobody.attempts[-1]
    assert (last["outcome"], last["reason"], last["user"]) == ("anonymous", "cookie-lax", None)
    assert last["verdicts"] == [{"defense": "origin-check", "reason": "origin-mismatch"}]
    assert answer.status_code == 403


def test_a_sign_in_needs_no_session_and_is_never_anonymous() -> None:
    bank = Bank(NONE)

    bank.forged("/login", {"username": "mallory", "password": PASSWORDS["mallory"]})

    last = bank.attempts[-1]
    assert (last["action"], last["outcome"], last["user"]) == ("login", "applied", None)


def test_a_refused_sign_in_has_the_reason_of_the_defense() -> None:
    bank = Bank("origin-check")

    bank.forged("/login", {"username": "mallory", "password": PASSWORDS["mallory"]})

    last = bank.attempts[-1]
    assert (last["outcome"], last["reason"]) == ("refused", "origin-mismatch")


@pytest.mark.parametrize("cookie", [{}, {"sessionid": "x" * 32}], ids=["no cookie", "a cookie"])
@pytest.mark.parametrize("lab", [NONE, LAX, "origin-check", "post-only"])
def test_b_a_preflight_has_no_cookie_reason(lab: str, cookie: dict[str, str]) -> None:
    signed_in(lab)
    bank = Bank(lab)
    bank.cookies.load(cookie)

    bank.options("/api/transfer", headers=CROSS_SITE | {"access-control-request-method": "POST"})

    last = bank.attempts[-1]
    assert (last["kind"], last["method"], last["action"]) == ("preflight", "OPTIONS", "transfer")
    assert (last["outcome"], last["reason"]) == ("refused", "cors-closed")


def test_a_preflight_is_answered_without_permission() -> None:
    answer = Bank(NONE).options(
        "/api/transfer", headers=CROSS_SITE | {"access-control-request-method": "POST"}
    )

    assert [name for name in answer.headers if name.startswith("Access-Control")] == []


NO_ATTEMPT = {
    "a page": ("get", "/"),
    "a form": ("get", "/transfer"),
    "a form by HEAD": ("head", "/transfer"),
    "a payment link": ("get", "/pay?to=mallory&amount=5"),
    "OPTIONS that isn't a preflight": ("options", "/transfer"),
    "a method that acts nowhere": ("put", "/transfer?to=mallory&amount=5"),
    "a GET where only POST acts": ("get", "/api/transfer?to=mallory&amount=5"),
    "an address that is not there": ("post", "/nowhere"),
    "an act that the bank finds invalid": ("get", "/transfer?to=nobody&amount=5"),
}


@pytest.mark.parametrize(("method", "path"), NO_ATTEMPT.values(), ids=NO_ATTEMPT)
def test_what_does_not_act_is_not_logged(method: str, path: str) -> None:
    alice = signed_in(NONE)
    before = len(alice.attempts)

    getattr(alice, method)(path)

    assert len(alice.attempts) == before


def test_a_prefetch_of_an_address_that_is_not_there_is_not_logged() -> None:
    alice = signed_in(NONE)
    before = alice.attempts

    for method in ("get", "head", "post"):
        answer = getattr(alice, method)("/nowhere", headers={"sec-purpose": "prefetch"})
        assert answer.status_code == 404

    assert alice.attempts == before


def test_the_log_says_what_the_request_said() -> None:
    alice = signed_in(NONE)

    alice.forged("/transfer", PAYMENT, referer="http://evil.localhost:9000/")

    last = alice.attempts[-1]
    assert last["content_type"].startswith("multipart/form-data")
    assert last["origin"] == CROSS_SITE["origin"]
    assert last["referer"] == "http://evil.localhost:9000/"
    assert last["sec_fetch_site"] == "cross-site"
    assert last["sec_fetch_mode"] == "navigate"
    assert last["sec_fetch_dest"] == "document"
    assert last["cookies"] == ["sessionid"]
    assert (last["method"], last["path"], last["kind"]) == ("POST", "/transfer", "act")


def test_headers_that_did_not_come_are_null() -> None:
    bank = Bank(NONE)

    bank.get("/logout")

    last = bank.attempts[-1]
    fields = ["origin", "referer", "sec_fetch_site", "sec_fetch_mode", "sec_fetch_dest", "user"]
    assert [last[field] for field in fields] == [None] * 6


def test_the_log_keeps_the_newest_of_its_own_lab_only() -> None:
    other = signed_in("no-defense--for-other")
    kept = [attempt["id"] for attempt in other.attempts]
    bank = Bank(NONE)

    for _ in range(KEPT + REMOVED_EVERY + 3):
        bank.get("/logout")

    ids = [attempt["id"] for attempt in bank.attempts]
    newest = Attempt.objects.filter(lab__label=NONE).order_by("-pk").values_list("pk", flat=True)
    assert len(ids) == KEPT
    assert ids == sorted(newest)[-KEPT:]
    assert len(newest) < KEPT + REMOVED_EVERY, "nothing is ever removed"
    assert [attempt["id"] for attempt in other.attempts] == kept


HEADERS = ["Origin", "Referer", "Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest", "Cookie"]
ODD = {
    "20 KB": "x" * 20_000,
    "high bytes": "".join(map(chr, range(0x80, 0x100))),
    "NUL": "a\0b",
    "markup": "<script>alert(1)</script>",
    "empty": "",
    "half a UTF-8 sequence": "\xc3",
    "line separators": "\x85\x0b\x0c",
}


@pytest.mark.parametrize("header", [*HEADERS, "Content-Type", "User-Agent"])
@pytest.mark.parametrize("value", ODD.values(), ids=ODD)
@pytest.mark.parametrize("lab", [NONE, "session-token--csrf-token--origin-check--fetch-metadata"])
def test_a_header_of_any_bytes_and_length_is_logged(lab: str, header: str, value: str) -> None:
    bank = Bank(lab)
    name = {"Content-Type": "CONTENT_TYPE"}.get(header, f"HTTP_{header.upper().replace('-', '_')}")

    answer = bank.generic("POST", "/logout", **{name: value})

    assert answer.status_code in {302, 403}
    assert len(bank.attempts) == 1


@pytest.mark.parametrize("value", ODD.values(), ids=ODD)
def test_the_page_of_the_log_shows_any_header_escaped(value: str) -> None:
    Bank(NONE).generic("POST", "/logout", HTTP_ORIGIN=value, HTTP_COOKIE=f"{value}=1")

    page = playground().get(f"/labs/{NONE}/log/")

    assert page.status_code == 200
    assert "<script>alert" not in page.content.decode()


def test_a_thousand_cookies_leave_two_hundred_names_in_the_log() -> None:
    alice = signed_in(NONE)
    for number in range(1000):
        alice.cookies[f"c{number}"] = "x"

    alice.forged("/transfer", PAYMENT)

    assert alice.balances == (900, 1100)
    assert len(alice.attempts[-1]["cookies"]) == MOST_COOKIES
