"""Which rule withheld a cookie: every clause, as a table."""

from __future__ import annotations

import pytest

from csrf_proof.cookie_rules import Request, no_session, relation_of

OWN, SITE = "https://bank.example", "bank.example"
CHROME, FIREFOX = {"User-Agent": "Chrome/156.0"}, {"User-Agent": "Firefox/153.0"}
TOP = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
FRAME = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}
CROSS, SAME_SITE = {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}
SAME, NONE = {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}

OWN_FORUM = {"Referer": "https://forum.bank.example/"}

CLAUSES = {
    "strict never": ("Strict", "GET", CROSS | TOP, "cookie-strict"),
    "lax not with a POST": ("Lax", "POST", CROSS | TOP, "cookie-lax"),
    "lax not into a frame": ("Lax", "GET", CROSS | FRAME, "cookie-lax"),
    "lax with a top-level GET": ("Lax", "GET", CROSS | TOP, "cookie-unknown"),
    "lax with a top-level HEAD": ("Lax", "HEAD", CROSS | TOP, "cookie-unknown"),
    "none with a top-level POST": ("None", "POST", CROSS | TOP, "cookie-unknown"),
    "none not into a frame": ("None", "GET", CROSS | FRAME, "cookie-third-party"),
    "unset with a top-level GET": ("", "GET", CROSS | TOP | CHROME, "cookie-unknown"),
    "unset is lax in Chrome": ("", "POST", CROSS | TOP | CHROME, "cookie-default"),
    "unset is none in Firefox": ("", "POST", CROSS | TOP | FIREFOX, "cookie-unknown"),
    "unset not into a frame": ("", "POST", CROSS | FRAME | FIREFOX, "cookie-third-party"),
    "same site": ("Strict", "POST", SAME_SITE | TOP, "cookie-unknown"),
    "same origin": ("Strict", "POST", SAME | TOP, "cookie-unknown"),
    "nobody asked": ("Lax", "GET", NONE | TOP, "cookie-unknown"),
    "nobody asked, strict": ("Strict", "GET", NONE | TOP, "cookie-unknown"),
    "no header says": ("Lax", "POST", {}, "cookie-unknown"),
    "lax with a redirect in Chrome": (
        "Lax",
        "GET",
        CROSS | FRAME | CHROME | OWN_FORUM,
        "cookie-unknown",
    ),
    "lax not with a redirect in Firefox": (
        *("Lax", "GET", CROSS | FRAME | FIREFOX | OWN_FORUM, "cookie-lax"),
    ),
    "a Referer of another site": (
        *("Lax", "GET", CROSS | FRAME | CHROME | {"Referer": "https://evil.example/"}),
        "cookie-lax",
    ),
    "a Referer that is none": (
        *("Lax", "GET", CROSS | FRAME | CHROME | {"Referer": "https://["}, "cookie-lax"),
    ),
    "the origin says": ("Lax", "GET", {"Origin": "https://evil.example"}, "cookie-lax"),
}


@pytest.mark.parametrize(
    ("samesite", "method", "headers", "reason"), CLAUSES.values(), ids=CLAUSES.keys()
)
def test_clause(samesite: str, method: str, headers: dict[str, str], reason: str) -> None:
    request = Request(method, headers, OWN, SITE)
    said = no_session(request, samesite, cookie_sent=False, anybody_signed_in=lambda: True)
    assert said.code == reason


def test_a_cookie_that_was_sent_comes_first() -> None:
    def never() -> bool:
        raise AssertionError("asked for nothing")

    request = Request("POST", CROSS, OWN, SITE)
    said = no_session(request, "Strict", cookie_sent=True, anybody_signed_in=never)
    assert said.code == "session-ended"


def test_a_cookie_that_hides_another_is_told_apart() -> None:
    request = Request("POST", CROSS, OWN, SITE)
    said = no_session(
        request,
        "Strict",
        cookie_sent=True,
        anybody_signed_in=lambda: True,
        another_opens=lambda: True,
    )
    assert said.code == "cookie-shadowed"


def test_no_rule_withholds_a_cookie_that_nobody_has() -> None:
    request = Request("POST", CROSS, OWN, SITE)
    said = no_session(request, "Strict", cookie_sent=False, anybody_signed_in=lambda: False)
    assert said.code == "not-signed-in"


@pytest.mark.parametrize(
    ("origin", "relation"),
    [
        (OWN, "same-origin"),
        ("https://bank.example:8443", "same-site"),
        ("https://www.bank.example", "same-site"),
        ("http://bank.example", "cross-site"),
        ("https://evilbank.example", "cross-site"),
        ("https://bank.example.evil.example", "cross-site"),
        ("null", None),
        (None, None),
        ("https://[", None),
    ],
)
def test_relation(origin: str | None, relation: str | None) -> None:
    assert relation_of(origin, OWN, SITE) == relation
