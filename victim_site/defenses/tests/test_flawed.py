"""The flawed defenses: what each stops, the request that bypasses it, and what fixes it.

The attacks are told here as what reaches the bank; `e2e` has real browsers send them. `BYPASSES`
says which request bypasses which defense; `fixed_by` in the defense's file names the sound one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.signing import Signer
from django.test import RequestFactory

from victim_site.conftest import CROSS_SITE, PASSWORDS, Bank, signed_in
from victim_site.defenses.base import all_defenses, flawed_defenses

# Its attack takes two sites and what one of them writes down, so it has tests of its own.
ELSEWHERE = {"token-in-url"}

PAYMENT = {"to": "mallory", "amount": "100"}
IN_QUERY = "to=mallory&amount=100"
MALLORY = {"username": "mallory", "password": PASSWORDS["mallory"]}
# Every cookie besides the session's that one of these defenses reads.
COOKIES = ("double_submit", "token_key", "signin_token")
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
EVIL = f"http://evil.localhost:{settings.ADDRESSES.attacker_port}"
# The attacker's host in each position, and what the browser calls a request from there.
POSITIONS = {
    "cross-site": ("evil.localhost", "cross-site"),
    "subdomain": ("community.{lab}.bank.localhost", "same-site"),
    "lookalike": ("{lab}.bank.localhost.evil.localhost", "cross-site"),
}


def honest(bank: Bank, path: str, fields: Mapping[str, Any]) -> Any:
    """Send a form as the bank's page does, by script where a plain form will not do."""
    by_script = path.startswith("/api/") or all_defenses()[bank.lab].needs_script
    if not by_script:
        return bank.honest(path, fields)
    page = "/" if path in {"/api/transfer", "/logout"} else path
    headers = {"origin": bank.origin, "referer": f"{bank.origin}{page}"}
    body = {**bank.hidden(page), **fields}
    return bank.post(
        path, body, content_type=JSON, headers=headers | {"sec-fetch-site": "same-origin"}
    )


def customer(lab: str, username: str = "alice", where: str = "") -> Bank:
    """A visitor who has signed in, by the lab's own way; `where` is a label with more in it."""
    if not all_defenses()[lab].needs_script:
        return signed_in(where or lab, username)
    bank = Bank(lab)
    answer = honest(bank, "/login", {"username": username, "password": PASSWORDS[username]})
    assert answer.status_code == 303
    return bank


def sent_from(
    position: str, bank: Bank, tossed: Mapping[str, str] | None = None, **headers: str
) -> dict[str, str]:
    """What the visitor's browser says of a form on the attacker's page, cookies included.

    Cookies with SameSite aren't sent unless the page is on the bank's own site. A tossed cookie
    comes after the bank's own, and Django takes the last of a name.
    """
    host, site = POSITIONS[position]
    origin = f"http://{host.format(lab=bank.lab)}:{settings.ADDRESSES.attacker_port}"
    own = [
        (cookie.key, cookie.value)
        for cookie in bank.cookies.values()
        if site == "same-site" or cookie["samesite"] == "None"
    ]
    cookies = "; ".join(f"{name}={value}" for name, value in [*own, *(tossed or {}).items()])
    said = {"origin": origin, "referer": f"{origin}/", "sec-fetch-site": site, "cookie": cookies}
    return CROSS_SITE | said | headers


def is_forged(bank: Bank) -> bool:
    """Whether the attacker got what they wanted: alice's money, or alice in their account."""
    return bank.balances == (900, 1100) or "Hello, mallory" in bank.get("/").content.decode()


# --- The attacks: each takes a lab, does its worst to a visitor there, and returns the visitor ----

Attack = Callable[[str], Bank]


def plain_form(position: str) -> Attack:
    def attack(lab: str) -> Bank:
        alice = customer(lab)
        alice.forged("/transfer", PAYMENT, **sent_from(position, alice))
        return alice

    return attack


def empty_token(lab: str) -> Bank:
    alice = customer(lab)
    alice.forged("/transfer", PAYMENT | {"token": ""}, **sent_from("cross-site", alice))
    return alice


def foreign_token(lab: str) -> Bank:
    alice, token = customer(lab), customer(lab, "mallory").hidden("/transfer")["token"]
    alice.forged("/transfer", PAYMENT | {"token": token}, **sent_from("cross-site", alice))
    return alice


def computed_token(lab: str) -> Bank:
    alice, token = customer(lab), hashlib.sha256(b"alice").hexdigest()
    alice.forged("/transfer", PAYMENT | {"token": token}, **sent_from("cross-site", alice))
    return alice


def tossed_pair(lab: str) -> Bank:
    """The attacker's own cookies, session aside, and the token that the bank gave for them."""
    alice, mallory = customer(lab), customer(lab, "mallory")
    token = mallory.hidden("/transfer")
    tossed = {c.key: c.value for c in mallory.cookies.values() if c.key != "sessionid"}
    alice.forged("/transfer", PAYMENT | token, **sent_from("subdomain", alice, tossed))
    return alice


def tossed_value(lab: str) -> Bank:
    """A value that the bank has never seen, in the cookie and in the field."""
    alice = customer(lab)
    headers = sent_from("subdomain", alice, {"double_submit": "made-up"})
    alice.forged("/transfer", PAYMENT | {"token": "made-up"}, **headers)
    return alice


def fixed_token(lab: str) -> Bank:
    token = Bank(lab).hidden("/login")["token"]
    alice = Bank(lab)
    alice.cookies["signin_token"] = token
    alice.sign_in()
    alice.forged("/transfer", PAYMENT | {"token": token}, **sent_from("subdomain", alice))
    return alice


def no_referrer(lab: str) -> Bank:
    alice = customer(lab)
    headers = sent_from("cross-site", alice, origin="null")
    del headers["referer"]
    alice.forged("/transfer", PAYMENT, **headers)
    return alice


def lookalike_referer(lab: str) -> Bank:
    alice = customer(lab)
    headers = sent_from("cross-site", alice, referer=f"{EVIL}/?from={alice.origin}")
    alice.forged("/transfer", PAYMENT, **headers)
    return alice


def null_origin(lab: str) -> Bank:
    alice = customer(lab)
    alice.forged("/transfer", PAYMENT, **sent_from("cross-site", alice, origin="null"))
    return alice


def head(lab: str) -> Bank:
    alice = customer(lab)
    headers = sent_from("cross-site", alice) | {"sec-fetch-mode": "no-cors"}
    alice.head(f"/transfer?{IN_QUERY}", headers=headers)
    return alice


def put_by_field(lab: str) -> Bank:
    """A form says in a field that it's a PUT, at a bank whose framework looks there."""
    alice = customer(lab, where=f"{lab}--with-method-override")
    alice.forged("/transfer", PAYMENT | {"_method": "PUT"}, **sent_from("cross-site", alice))
    return alice


def json_as(content_type: str, body: str = '{"to": "mallory", "amount": 100}') -> Attack:
    def attack(lab: str) -> Bank:
        alice = customer(lab)
        headers = sent_from("cross-site", alice)
        alice.post("/api/transfer", body, content_type=content_type, headers=headers)
        return alice

    return attack


def sign_in_as_mallory(lab: str) -> Bank:
    visitor = Bank(lab)
    visitor.get("/login")
    visitor.forged("/login", MALLORY, **sent_from("cross-site", visitor))
    return visitor


# What a form of plain text sends: its field's name and value, with an equals sign between them.
PLAIN_TEXT = '{"to": "mallory", "amount": 100, "x": "="}\r\n'
# What gets past a flawed defense, and the reason for which the sound one refuses it.
BYPASSES: dict[str, tuple[Attack, str]] = {
    "token-if-present": (empty_token, "token-missing"),
    "token-from-anyone": (foreign_token, "token-wrong"),
    "token-beside-session": (tossed_pair, "token-wrong"),
    "token-predictable": (computed_token, "token-wrong"),
    "token-kept-at-login": (fixed_token, "token-wrong"),
    "naive-double-submit": (tossed_value, "token-wrong"),
    "unbound-signed-double-submit": (tossed_pair, "token-wrong"),
    "signed-in-only": (sign_in_as_mallory, "origin-mismatch"),
    "token-except-api": (json_as("text/plain", PLAIN_TEXT), "origin-mismatch"),
    "token-from-cookie": (plain_form("cross-site"), "token-missing"),
    "referer-if-present": (no_referrer, "referer-missing"),
    "referer-contains": (lookalike_referer, "referer-mismatch"),
    "origin-if-present": (null_origin, "origin-null"),
    "origin-null-is-same": (null_origin, "origin-null"),
    "origin-for-form-types": (json_as(""), "origin-mismatch"),
    "origin-suffix": (plain_form("subdomain"), "origin-mismatch"),
    "origin-prefix": (plain_form("lookalike"), "origin-mismatch"),
    "fetch-metadata-same-site": (plain_form("subdomain"), "fetch-site-same-site"),
    "method-list": (put_by_field, "fetch-site-cross-site"),
    "get-only-refused": (head, "get-refused"),
    "check-after-effect": (plain_form("cross-site"), "origin-mismatch"),
    "json-any-type": (json_as("text/plain", PLAIN_TEXT), "content-type-refused"),
    "json-type-denylist": (json_as(""), "content-type-refused"),
    "json-type-contains": (json_as("text/plain; application/json"), "content-type-refused"),
}
# The plain hidden form on another site: why it is refused, or None where that defense lets it by.
STOPS: dict[str, str | None] = {
    "token-if-present": None,  # The form simply has no such field.
    "token-from-anyone": "token-missing",
    "token-beside-session": "token-missing",
    "token-predictable": "token-missing",
    "token-kept-at-login": "token-missing",
    "naive-double-submit": "token-missing",
    "unbound-signed-double-submit": "token-missing",
    "signed-in-only": "token-missing",
    "token-except-api": "token-missing",
    "token-from-cookie": None,  # The browser sends what is looked for by itself.
    "referer-if-present": "referer-mismatch",
    "referer-contains": "referer-mismatch",
    "origin-if-present": "origin-mismatch",
    "origin-null-is-same": "origin-mismatch",
    "origin-for-form-types": "origin-mismatch",
    "origin-suffix": "origin-mismatch",
    "origin-prefix": "origin-mismatch",
    "fetch-metadata-same-site": "fetch-site-cross-site",
    "method-list": "fetch-site-cross-site",
    "get-only-refused": None,  # A form with POST is not what this defense is about.
    "check-after-effect": None,  # Refused, but only after it has acted.
    "json-any-type": "body-not-json",
    "json-type-denylist": "content-type-refused",
    "json-type-contains": "content-type-refused",
}
SLUGS = sorted(BYPASSES)
# Those whose forms carry a token: all the rows of `BYPASSES` down to the first that reads a header.
WITH_TOKEN = list(BYPASSES)[: list(BYPASSES).index("referer-if-present")]
# Those that look for it in the form, as they should.
READ_FROM_FORM = [slug for slug in WITH_TOKEN if slug != "token-from-cookie"]


def test_every_flawed_defense_is_here() -> None:
    assert set(BYPASSES) == set(STOPS) == set(flawed_defenses()) - ELSEWHERE


# --- What each stops, and what bypasses and fixes it ----------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(("slug", "reason"), STOPS.items())
def test_the_plain_form_of_another_site(slug: str, reason: str | None) -> None:
    alice = plain_form("cross-site")(slug)

    assert alice.attempts[-1]["reason"] == reason
    assert is_forged(alice) == (reason is None)


@pytest.mark.django_db
@pytest.mark.parametrize("slug", SLUGS)
def test_its_flaw_lets_its_attack_through(slug: str) -> None:
    attack, _ = BYPASSES[slug]

    visitor = attack(slug)

    assert visitor.attempts[-1]["outcome"] == "applied"
    assert is_forged(visitor)


@pytest.mark.django_db
@pytest.mark.parametrize("slug", SLUGS)
def test_the_defense_that_fixes_it_refuses_the_same_request(slug: str) -> None:
    attack, reason = BYPASSES[slug]

    visitor = attack(all_defenses()[slug].fixed_by)

    assert visitor.attempts[-1]["reason"] == reason
    assert not is_forged(visitor)


@pytest.mark.django_db
@pytest.mark.parametrize("slug", SLUGS)
def test_a_get_is_let_through_unless_that_is_what_is_refused(slug: str) -> None:
    alice = customer(slug)

    alice.get(f"/transfer?{IN_QUERY}", headers=sent_from("cross-site", alice))

    assert is_forged(alice) == (slug not in {"get-only-refused", "method-list"})


@pytest.mark.django_db
@pytest.mark.parametrize("slug", [slug for slug, reason in STOPS.items() if reason])
def test_alice_is_still_signed_in_after_a_refusal(slug: str) -> None:
    alice = plain_form("cross-site")(slug)

    assert "Hello, alice" in alice.get("/").content.decode()


# --- Honest customers -----------------------------------------------------------------------------

PICTURE = b"\x89PNG\r\n\x1a\n and so on"
# Where an honest customer sends what, and what the public API or the bank's own page then shows.
HONEST: dict[str, tuple[str, dict[str, Any], Callable[[Bank], bool]]] = {
    "transfer": ("/transfer", PAYMENT, lambda bank: bank.balances == (900, 1100)),
    "transfer by script": ("/api/transfer", PAYMENT, lambda bank: bank.balances == (900, 1100)),
    "e-mail": (
        "/email",
        {"email": "alice@example.com"},
        lambda bank: bank.state["accounts"]["alice"]["email"] == "alice@example.com",
    ),
    "password": (
        "/password",
        {"new_password": "looking-glass"},
        lambda bank: bank.state["accounts"]["alice"]["password_changed"],
    ),
    "sign-out": ("/logout", {}, lambda bank: bank.state["accounts"]["alice"]["sessions"] == 0),
    "sign in again": (
        "/login",
        {"username": "alice", "password": "wonderland"},
        lambda bank: bank.attempts[-1]["outcome"] == "applied",
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize("slug", SLUGS)
class TestAnHonestCustomer:
    @pytest.mark.parametrize(("path", "fields", "done"), HONEST.values(), ids=HONEST.keys())
    def test_is_not_hindered(
        self, slug: str, path: str, fields: dict[str, Any], done: Callable[[Bank], bool]
    ) -> None:
        alice = customer(slug)

        honest(alice, path, fields)

        assert done(alice)

    def test_uploads_a_picture_where_a_form_can(self, slug: str) -> None:
        alice = customer(slug)

        alice.honest("/avatar", {"avatar": SimpleUploadedFile("me.png", PICTURE)})

        shown = alice.get("/avatar/image").status_code == 200
        assert shown is not all_defenses()[slug].needs_script


@pytest.mark.django_db
@pytest.mark.parametrize("slug", WITH_TOKEN)
class TestAnHonestCustomersToken:
    def test_works_after_a_new_password(self, slug: str) -> None:
        alice = customer(slug)
        honest(alice, "/password", {"new_password": "looking-glass"})

        honest(alice, "/transfer", PAYMENT)

        assert alice.balances == (900, 1100)

    def test_works_after_a_sign_out(self, slug: str) -> None:
        alice = customer(slug)
        honest(alice, "/logout", {})
        honest(alice, "/login", {"username": "alice", "password": "wonderland"})

        honest(alice, "/transfer", PAYMENT)

        assert alice.balances == (900, 1100)

    def test_works_for_the_next_customer_in_the_same_browser(self, slug: str) -> None:
        bank = customer(slug)
        honest(bank, "/login", MALLORY)

        honest(bank, "/transfer", {"to": "alice", "amount": "100"})

        assert bank.balances == (1100, 900)

    def test_works_after_a_sign_in_by_get(self, slug: str) -> None:
        bank = Bank(slug)
        bank.get("/login?username=alice&password=wonderland")

        honest(bank, "/transfer", PAYMENT)

        assert bank.balances == (900, 1100)

    def test_is_in_every_form_of_a_page(self, slug: str) -> None:
        alice = customer(slug)
        for name in COOKIES:
            alice.cookies.pop(name, None)
        page = alice.get("/").content.decode()
        tokens = re.findall('name="token" value="([^"]+)"', page)

        for token in tokens:
            alice.post("/transfer", {"to": "mallory", "amount": "1", "token": token})

        assert len(tokens) == page.count("<form") > 1
        assert alice.balances == (1000 - len(tokens), 1000 + len(tokens))

    @pytest.mark.parametrize("value", ["é", "a" * 4000, "<b>&quot;", '"', ":::"])
    def test_works_beside_odd_cookies(self, slug: str, value: str) -> None:
        bank = Bank(slug)
        for name in COOKIES:
            bank.cookies[name] = value
        bank.sign_in()

        honest(bank, "/transfer", PAYMENT)

        assert bank.balances == (900, 1100)


@pytest.mark.django_db
@pytest.mark.parametrize("slug", [s for s in SLUGS if not all_defenses()[s].needs_script])
def test_an_honest_customer_may_come_by_https(slug: str) -> None:
    alice = signed_in(slug, scheme="https")

    alice.honest("/transfer", PAYMENT)

    assert alice.balances == (900, 1100)


@pytest.mark.django_db
@pytest.mark.parametrize("slug", SLUGS)
class TestWhatIsHandedOut:
    def test_an_anonymous_visitor_gets_no_session(self, slug: str) -> None:
        bank = Bank(slug)

        for path in ("/", "/login", "/transfer", "/nowhere"):
            bank.get(path)
            bank.forged(path, PAYMENT)

        assert "sessionid" not in bank.cookies

    def test_cookies_beside_the_session_are_hidden_and_lax(self, slug: str) -> None:
        cookies = Bank(slug).get("/login").cookies.values()

        said = {(c["httponly"], c["samesite"], c["path"], c["domain"]) for c in cookies}
        with_session = {"token-from-cookie"}
        assert said <= {(True, "None" if slug in with_session else "Lax", "/", "")}

    def test_a_refusal_and_a_page_without_a_form_set_no_cookie(self, slug: str) -> None:
        bank = Bank(slug)

        assert not bank.forged("/transfer", PAYMENT).cookies
        assert not bank.get("/nowhere").cookies

    def test_a_cookie_that_is_there_is_not_replaced(self, slug: str) -> None:
        bank = Bank(slug)
        bank.get("/login")

        assert not bank.get("/login").cookies


# --- Tokens ---------------------------------------------------------------------------------------

# What a POST of alice brings instead of her token, and why it is refused.
TOKENS = {
    "no token": ({}, "token-missing"),
    "an empty token": ({"token": ""}, "token-missing"),
    "a wrong token": ({"token": "x" * 43}, "token-wrong"),
    "a token that isn't ASCII": ({"token": "töken"}, "token-wrong"),
    "a token with the look of a signed one": ({"token": "a:b"}, "token-wrong"),
    "a very long token": ({"token": "x" * 200_000}, "token-wrong"),
    "Django's field": ({"csrfmiddlewaretoken": "x"}, "token-missing"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("slug", READ_FROM_FORM)
class TestTheToken:
    @pytest.mark.parametrize(("fields", "reason"), TOKENS.values(), ids=TOKENS.keys())
    def test_must_be_alices(self, slug: str, fields: dict[str, str], reason: str) -> None:
        alice = customer(slug)
        alice.get("/transfer")

        alice.post("/transfer", PAYMENT | fields)

        let_through = slug == "token-if-present" and reason == "token-missing"
        assert alice.attempts[-1]["reason"] == (None if let_through else reason)
        assert is_forged(alice) == let_through

    def test_is_all_that_is_looked_at(self, slug: str) -> None:
        alice = customer(slug)

        alice.forged("/transfer", PAYMENT | alice.hidden("/transfer"))

        assert alice.balances == (900, 1100)

    def test_of_another_customer_is_refused_unless_that_is_the_flaw(self, slug: str) -> None:
        alice, mallory = customer(slug), customer(slug, "mallory")
        alice.get("/transfer")

        alice.post("/transfer", PAYMENT | mallory.hidden("/transfer"))

        let_through = slug == "token-from-anyone"
        assert alice.attempts[-1]["reason"] == (None if let_through else "token-wrong")

    def test_of_an_earlier_sign_in_is_refused_where_it_is_kept_in_the_session(
        self, slug: str
    ) -> None:
        alice = customer(slug)
        before = alice.hidden("/transfer")
        alice.sign_in()

        alice.post("/transfer", PAYMENT | before)

        renewed = slug in {"token-if-present", "token-except-api", "signed-in-only"}
        assert alice.attempts[-1]["reason"] == ("token-wrong" if renewed else None)

    def test_is_asked_of_a_sign_in_too_unless_that_is_the_flaw(self, slug: str) -> None:
        visitor = sign_in_as_mallory(slug)

        let_through = slug in {"token-if-present", "signed-in-only"}
        assert is_forged(visitor) == let_through
        assert visitor.attempts[-1]["reason"] == (None if let_through else "token-missing")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("slug", "reason"),
    {
        "token-if-present": "token-wrong",
        "token-beside-session": "cookie-missing",
        "token-except-api": "cookie-missing",
        "token-from-cookie": "token-missing",
        "token-kept-at-login": "cookie-missing",
        "naive-double-submit": "cookie-missing",
        "unbound-signed-double-submit": "cookie-missing",
    }.items(),
)
@pytest.mark.parametrize("token", ["None", "x"])
def test_a_token_without_the_cookie_signs_nobody_in(slug: str, reason: str, token: str) -> None:
    bank = Bank(slug)

    bank.post("/login", MALLORY | {"token": token})

    assert bank.attempts[-1]["reason"] == reason
    assert not is_forged(bank)


# What a page on the sub-domain plants and posts, none of which the flaw accepts.
NOT_ENOUGH: dict[str, tuple[str, dict[str, str], dict[str, str], str]] = {
    "a key without a token": ("token-beside-session", {"token_key": "k"}, {}, "token-missing"),
    "a key that is its own token": (
        "token-beside-session",
        {"token_key": "k"},
        {"token": "k"},
        "token-wrong",
    ),
    "an empty key": ("token-beside-session", {"token_key": ""}, {"token": "t"}, "cookie-missing"),
    "two values that differ": (
        "naive-double-submit",
        {"double_submit": "a"},
        {"token": "b"},
        "token-wrong",
    ),
    "two empty values": (
        "naive-double-submit",
        {"double_submit": ""},
        {"token": ""},
        "token-missing",
    ),
    "two values without a signature": (
        "unbound-signed-double-submit",
        {"double_submit": "made-up"},
        {"token": "made-up"},
        "token-wrong",
    ),
    "two values with a made-up signature": (
        "unbound-signed-double-submit",
        {"double_submit": "a:b"},
        {"token": "a:b"},
        "token-wrong",
    ),
    "two empty signed values": (
        "unbound-signed-double-submit",
        {"double_submit": ""},
        {"token": ""},
        "token-missing",
    ),
    "a sign-in token after sign-in": (
        "token-kept-at-login",
        {"signin_token": "x"},
        {"token": "x"},
        "token-wrong",
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("slug", "tossed", "fields", "reason"), NOT_ENOUGH.values(), ids=NOT_ENOUGH.keys()
)
def test_what_a_subdomain_plants_is_refused(
    slug: str, tossed: dict[str, str], fields: dict[str, str], reason: str
) -> None:
    alice = customer(slug)
    alice.get("/transfer")

    alice.forged("/transfer", PAYMENT | fields, **sent_from("subdomain", alice, tossed))

    assert alice.attempts[-1]["reason"] == reason
    assert not is_forged(alice)


# What is in the cookie of a request by alice, where nothing else is looked at.
COOKIES_WITH_TOKEN: dict[str, tuple[str | None, str | None]] = {
    "her own": (None, None),
    "none": ("", "token-missing"),
    "a made-up one": ("made-up.x", "token-wrong"),
    "one that isn't ASCII": ("töken", "token-wrong"),
}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("value", "reason"), COOKIES_WITH_TOKEN.values(), ids=COOKIES_WITH_TOKEN.keys()
)
@pytest.mark.parametrize("field", [{}, {"token": "anything"}], ids=["no field", "a field"])
def test_a_token_from_the_cookie_is_looked_for_nowhere_else(
    field: dict[str, str], value: str | None, reason: str | None
) -> None:
    alice = customer("token-from-cookie")
    if value is not None:
        alice.cookies["double_submit"] = value

    alice.forged("/transfer", PAYMENT | field)

    assert alice.attempts[-1]["reason"] == reason
    assert is_forged(alice) == (reason is None)


@pytest.mark.django_db
@pytest.mark.parametrize(("scheme", "lines"), [("http", [True, False]), ("https", [True])])
def test_webkit_too_keeps_the_cookie_with_the_token(scheme: str, lines: list[bool]) -> None:
    # Twice over plain http, as the session cookie.
    bank = Bank("token-from-cookie", scheme)

    cookies = bank.get("/login").cookies.values()

    assert [bool(cookie["secure"]) for cookie in cookies] == lines
    assert {cookie.key for cookie in cookies} == {"double_submit"}


@pytest.mark.django_db
def test_a_token_from_the_cookie_belongs_to_one_session() -> None:
    alice, mallory = customer("token-from-cookie"), customer("token-from-cookie", "mallory")
    alice.cookies["double_submit"] = mallory.cookies["double_submit"].value

    alice.forged("/transfer", PAYMENT)

    assert alice.attempts[-1]["reason"] == "token-wrong"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/email", "/transfer", "/api", "/apis/transfer"])
def test_the_api_alone_is_exempt_from_the_token(path: str) -> None:
    alice = customer("token-except-api")
    request = RequestFactory().post(path, PAYMENT)
    vars(request).update(user=SimpleNamespace(is_authenticated=True), session=alice.session)

    verdict = all_defenses()["token-except-api"].refusal(request)

    assert verdict is not None
    assert verdict.code == "token-missing"


@pytest.mark.django_db
def test_a_token_from_anyone_must_have_been_signed_as_a_token() -> None:
    alice = customer("token-from-anyone")

    alice.forged("/transfer", PAYMENT | {"token": Signer().sign("anything")})

    assert alice.attempts[-1]["reason"] == "token-wrong"


@pytest.mark.django_db
def test_a_token_from_anyone_may_be_had_without_an_account() -> None:
    alice, token = customer("token-from-anyone"), Bank("token-from-anyone").hidden("/login")

    alice.forged("/transfer", PAYMENT | token)

    assert is_forged(alice)


@pytest.mark.django_db
def test_the_predictable_token_is_that_of_the_session_and_not_of_a_name_that_is_sent() -> None:
    alice, token = customer("token-predictable"), hashlib.sha256(b"mallory").hexdigest()

    alice.forged("/transfer", PAYMENT | {"token": token, "username": "mallory"})

    assert alice.attempts[-1]["reason"] == "token-wrong"


@pytest.mark.django_db
def test_the_token_kept_at_login_is_that_of_the_sign_in_form() -> None:
    bank = Bank("token-kept-at-login")
    before = bank.hidden("/login")

    bank.sign_in()

    assert bank.hidden("/transfer") == before


@pytest.mark.django_db
def test_a_malformed_signed_cookie_is_replaced() -> None:
    alice = customer("unbound-signed-double-submit")
    alice.cookies["double_submit"] = "made-up"

    honest(alice, "/transfer", PAYMENT)

    assert alice.balances == (900, 1100)


# --- Headers and bodies: a pure verdict each ------------------------------------------------------

HOST = "lab.bank.localhost:8000"
OWN = f"http://{HOST}"
COMMUNITY = "http://community.lab.bank.localhost:9000"
LOOKALIKE = "http://lab.bank.localhost.evil.localhost:9000"
Headers = dict[str, str]
# Defense, method, headers, reason.
HEADERS: dict[str, tuple[str, str, Headers, str | None]] = {
    "own page": ("referer-if-present", "POST", {"referer": f"{OWN}/transfer"}, None),
    "no referer": ("referer-if-present", "POST", {}, None),
    "another site": ("referer-if-present", "POST", {"referer": f"{EVIL}/"}, "referer-mismatch"),
    "a sub-domain": (
        "referer-if-present",
        "POST",
        {"referer": f"{COMMUNITY}/"},
        "referer-mismatch",
    ),
    "a lookalike": ("referer-if-present", "POST", {"referer": LOOKALIKE}, "referer-mismatch"),
    "own name in the query": (
        "referer-if-present",
        "POST",
        {"referer": f"{EVIL}/?{OWN}"},
        "referer-mismatch",
    ),
    "own name in the user part": (
        "referer-if-present",
        "POST",
        {"referer": f"{OWN}@evil.localhost/"},
        "referer-mismatch",
    ),
    "another scheme": (
        "referer-if-present",
        "POST",
        {"referer": f"https://{HOST}/"},
        "referer-mismatch",
    ),
    "another port": (
        "referer-if-present",
        "POST",
        {"referer": "http://lab.bank.localhost:9000/"},
        "referer-mismatch",
    ),
    "a broken referer": (
        "referer-if-present",
        "POST",
        {"referer": "http://["},
        "referer-mismatch",
    ),
    "a referer that isn't an address": (
        "referer-if-present",
        "POST",
        {"referer": HOST},
        "referer-mismatch",
    ),
    "a foreign GET": ("referer-if-present", "GET", {"referer": EVIL}, None),
    "a foreign PUT": ("referer-if-present", "PUT", {"referer": EVIL}, "referer-mismatch"),
    "contains: own page": ("referer-contains", "POST", {"referer": f"{OWN}/transfer"}, None),
    "contains: own name in the query": (
        "referer-contains",
        "POST",
        {"referer": f"{EVIL}/?{OWN}"},
        None,
    ),
    "contains: no referer": ("referer-contains", "POST", {}, "referer-missing"),
    "contains: an empty referer": (
        "referer-contains",
        "POST",
        {"referer": ""},
        "referer-missing",
    ),
    "contains: another site": (
        "referer-contains",
        "POST",
        {"referer": f"{EVIL}/"},
        "referer-mismatch",
    ),
    "contains: a sub-domain, on its port": (
        "referer-contains",
        "POST",
        {"referer": f"{COMMUNITY}/"},
        "referer-mismatch",
    ),
    "contains: a lookalike, on its port": (
        "referer-contains",
        "POST",
        {"referer": f"{LOOKALIKE}/"},
        "referer-mismatch",
    ),
    "contains: a broken referer": (
        "referer-contains",
        "POST",
        {"referer": "http://["},
        "referer-mismatch",
    ),
    "contains: a GET": ("referer-contains", "GET", {}, None),
    "contains: a PUT": ("referer-contains", "PUT", {}, "referer-missing"),
    "if present: own origin": ("origin-if-present", "POST", {"origin": OWN}, None),
    "if present: null": ("origin-if-present", "POST", {"origin": "null"}, None),
    "if present: missing": ("origin-if-present", "POST", {}, None),
    "if present: another site": (
        "origin-if-present",
        "POST",
        {"origin": EVIL},
        "origin-mismatch",
    ),
    "if present: a sub-domain": (
        "origin-if-present",
        "POST",
        {"origin": COMMUNITY},
        "origin-mismatch",
    ),
    "if present: a lookalike": (
        "origin-if-present",
        "POST",
        {"origin": LOOKALIKE},
        "origin-mismatch",
    ),
    "if present: empty": ("origin-if-present", "POST", {"origin": ""}, "origin-mismatch"),
    "if present: broken": (
        "origin-if-present",
        "POST",
        {"origin": "http://["},
        "origin-mismatch",
    ),
    "if present: another scheme": (
        "origin-if-present",
        "POST",
        {"origin": f"https://{HOST}"},
        "origin-mismatch",
    ),
    "if present: a foreign GET": ("origin-if-present", "GET", {"origin": EVIL}, None),
    "if present: a foreign DELETE": (
        "origin-if-present",
        "DELETE",
        {"origin": EVIL},
        "origin-mismatch",
    ),
    "null is same: own origin": ("origin-null-is-same", "POST", {"origin": OWN}, None),
    "null is same: null": ("origin-null-is-same", "POST", {"origin": "null"}, None),
    "null is same: missing": ("origin-null-is-same", "POST", {}, "origin-missing"),
    "null is same: empty": ("origin-null-is-same", "POST", {"origin": ""}, "origin-mismatch"),
    "null is same: in upper case": (
        "origin-null-is-same",
        "POST",
        {"origin": "NULL"},
        "origin-mismatch",
    ),
    "null is same: another site": (
        "origin-null-is-same",
        "POST",
        {"origin": EVIL},
        "origin-mismatch",
    ),
    "null is same: a sub-domain": (
        "origin-null-is-same",
        "PUT",
        {"origin": COMMUNITY},
        "origin-mismatch",
    ),
    "null is same: a foreign GET": ("origin-null-is-same", "GET", {"origin": EVIL}, None),
    "suffix: own origin": ("origin-suffix", "POST", {"origin": OWN}, None),
    "suffix: a sub-domain": ("origin-suffix", "POST", {"origin": COMMUNITY}, None),
    "suffix: a name that ends the same": (
        "origin-suffix",
        "POST",
        {"origin": "http://evillab.bank.localhost"},
        None,
    ),
    "suffix: another site": ("origin-suffix", "POST", {"origin": EVIL}, "origin-mismatch"),
    "suffix: a lookalike": ("origin-suffix", "POST", {"origin": LOOKALIKE}, "origin-mismatch"),
    "suffix: the domain above": (
        "origin-suffix",
        "POST",
        {"origin": "http://bank.localhost:8000"},
        "origin-mismatch",
    ),
    "suffix: another scheme": (
        "origin-suffix",
        "POST",
        {"origin": f"https://{HOST}"},
        "origin-mismatch",
    ),
    "suffix: null": ("origin-suffix", "POST", {"origin": "null"}, "origin-null"),
    "suffix: missing": ("origin-suffix", "POST", {}, "origin-missing"),
    "suffix: empty": ("origin-suffix", "POST", {"origin": ""}, "origin-mismatch"),
    "suffix: broken": ("origin-suffix", "POST", {"origin": "http://["}, "origin-mismatch"),
    "suffix: own name in the path": (
        "origin-suffix",
        "POST",
        {"origin": f"{EVIL}/lab.bank.localhost"},
        "origin-mismatch",
    ),
    "suffix: a foreign GET": ("origin-suffix", "GET", {"origin": EVIL}, None),
    "prefix: own origin": ("origin-prefix", "POST", {"origin": OWN}, None),
    "prefix: a lookalike": ("origin-prefix", "POST", {"origin": LOOKALIKE}, None),
    "prefix: another site": ("origin-prefix", "POST", {"origin": EVIL}, "origin-mismatch"),
    "prefix: a sub-domain": ("origin-prefix", "POST", {"origin": COMMUNITY}, "origin-mismatch"),
    "prefix: another scheme": (
        "origin-prefix",
        "POST",
        {"origin": f"https://{HOST}"},
        "origin-mismatch",
    ),
    "prefix: null": ("origin-prefix", "POST", {"origin": "null"}, "origin-null"),
    "prefix: missing": ("origin-prefix", "POST", {}, "origin-missing"),
    "prefix: empty": ("origin-prefix", "POST", {"origin": ""}, "origin-mismatch"),
    "prefix: broken": ("origin-prefix", "POST", {"origin": "http://["}, "origin-mismatch"),
    "prefix: a foreign GET": ("origin-prefix", "GET", {"origin": EVIL}, None),
    "metadata: same-origin": (
        "fetch-metadata-same-site",
        "POST",
        {"sec-fetch-site": "same-origin", "origin": EVIL},
        None,
    ),
    "metadata: same-site": (
        "fetch-metadata-same-site",
        "POST",
        {"sec-fetch-site": "same-site", "origin": COMMUNITY},
        None,
    ),
    "metadata: none": ("fetch-metadata-same-site", "POST", {"sec-fetch-site": "none"}, None),
    "metadata: cross-site": (
        "fetch-metadata-same-site",
        "POST",
        {"sec-fetch-site": "cross-site", "origin": OWN},
        "fetch-site-cross-site",
    ),
    "metadata: an unknown value": (
        "fetch-metadata-same-site",
        "POST",
        {"sec-fetch-site": "same-planet"},
        "fetch-site-cross-site",
    ),
    "metadata: another case": (
        "fetch-metadata-same-site",
        "POST",
        {"sec-fetch-site": "Same-Site"},
        "fetch-site-cross-site",
    ),
    "metadata: missing, own origin": (
        "fetch-metadata-same-site",
        "POST",
        {"origin": OWN},
        None,
    ),
    "metadata: missing, a sub-domain's origin": (
        "fetch-metadata-same-site",
        "POST",
        {"origin": COMMUNITY},
        "origin-mismatch",
    ),
    "metadata: missing, null": (
        "fetch-metadata-same-site",
        "POST",
        {"origin": "null"},
        "origin-null",
    ),
    "metadata: missing, a broken origin": (
        "fetch-metadata-same-site",
        "POST",
        {"origin": "http://["},
        "origin-mismatch",
    ),
    "metadata: both missing": ("fetch-metadata-same-site", "POST", {}, None),
    "metadata: a foreign GET": (
        "fetch-metadata-same-site",
        "GET",
        {"sec-fetch-site": "cross-site"},
        None,
    ),
    "metadata: TRACE": (
        "fetch-metadata-same-site",
        "TRACE",
        {"sec-fetch-site": "cross-site"},
        "fetch-site-cross-site",
    ),
    "list: a foreign POST": (
        "method-list",
        "POST",
        {"sec-fetch-site": "cross-site"},
        "fetch-site-cross-site",
    ),
    "list: a GET from a sub-domain": (
        "method-list",
        "GET",
        {"sec-fetch-site": "same-site"},
        "fetch-site-same-site",
    ),
    "list: the bank's own": ("method-list", "POST", {"sec-fetch-site": "same-origin"}, None),
    "list: nobody": ("method-list", "GET", {"sec-fetch-site": "none"}, None),
    "list: nothing said": ("method-list", "POST", {"origin": EVIL}, None),
    "list: a foreign PUT": ("method-list", "PUT", {"sec-fetch-site": "cross-site"}, None),
    "list: a foreign HEAD": ("method-list", "HEAD", {"sec-fetch-site": "cross-site"}, None),
    "get only: GET": ("get-only-refused", "GET", {}, "get-refused"),
    "get only: HEAD": ("get-only-refused", "HEAD", {}, None),
    "get only: POST": ("get-only-refused", "POST", {}, None),
}


@pytest.mark.parametrize(
    ("slug", "method", "headers", "reason"), HEADERS.values(), ids=HEADERS.keys()
)
def test_verdict_on_headers(slug: str, method: str, headers: Headers, reason: str | None) -> None:
    request = RequestFactory().generic(method, "/transfer", headers={"host": HOST} | headers)

    verdict = all_defenses()[slug].refusal(request)

    assert (verdict.code if verdict else None) == reason


# Type, origin, reason: where the origin is read only beside the three types of a form.
TYPES: dict[str, tuple[str, str | None, str | None]] = {
    "a form of another site": (FORM, EVIL, "origin-mismatch"),
    "a form with files": ("multipart/form-data; boundary=b", EVIL, "origin-mismatch"),
    "plain text": ("text/plain", EVIL, "origin-mismatch"),
    "plain text in upper case": ("TEXT/PLAIN", EVIL, "origin-mismatch"),
    "a mixed type": ("text/plain; application/json", EVIL, "origin-mismatch"),
    "a form without a page": (FORM, "null", "origin-null"),
    "a form without an origin": (FORM, None, "origin-missing"),
    "the bank's own form": (FORM, OWN, None),
    "no type": ("", EVIL, None),
    "JSON": (JSON, EVIL, None),
}


@pytest.mark.parametrize(("content_type", "origin", "reason"), TYPES.values(), ids=TYPES.keys())
def test_verdict_on_types(content_type: str, origin: str | None, reason: str | None) -> None:
    headers = {"host": HOST} | ({"origin": origin} if origin else {})
    requests = [
        RequestFactory().generic(method, "/transfer", b"{}", content_type, headers=headers)
        for method in ("POST", "DELETE", "GET")
    ]

    verdicts = [all_defenses()["origin-for-form-types"].refusal(request) for request in requests]

    assert [verdict.code if verdict else None for verdict in verdicts] == [reason, reason, None]


OBJECT, DEEP = '{"to": "mallory"}', "[" * 100_000
PARTS = '--b\r\nContent-Disposition: form-data; name="to"\r\n\r\nmallory\r\n--b--\r\n'
# Defense, type, body, reason.
BODIES: dict[str, tuple[str, str, str, str | None]] = {
    "an object": ("json-any-type", JSON, OBJECT, None),
    "an object as plain text": ("json-any-type", "text/plain", OBJECT, None),
    "an object without a type": ("json-any-type", "", OBJECT, None),
    "an object as a form": ("json-any-type", FORM, OBJECT, None),
    "a form": ("json-any-type", FORM, IN_QUERY, "body-not-json"),
    "a form with files": (
        "json-any-type",
        "multipart/form-data; boundary=b",
        PARTS,
        "body-not-json",
    ),
    "nothing": ("json-any-type", JSON, "", "body-not-json"),
    "a list": ("json-any-type", JSON, "[]", "body-not-json"),
    "a number": ("json-any-type", JSON, "1", "body-not-json"),
    "null": ("json-any-type", JSON, "null", "body-not-json"),
    "broken": ("json-any-type", JSON, "{", "body-not-json"),
    "a number too long to convert": (
        "json-any-type",
        JSON,
        '{"amount": ' + "9" * 5000 + "}",
        "body-not-json",
    ),
    "too deep": ("json-any-type", JSON, DEEP, "body-not-json"),
    "bytes that aren't text": ("json-any-type", JSON, "\udcff", "body-not-json"),
    "denylist: JSON": ("json-type-denylist", JSON, OBJECT, None),
    "denylist: no type": ("json-type-denylist", "", OBJECT, None),
    "denylist: a form": ("json-type-denylist", FORM, IN_QUERY, "content-type-refused"),
    "denylist: a form with files": (
        "json-type-denylist",
        "multipart/form-data; boundary=b",
        PARTS,
        "content-type-refused",
    ),
    "denylist: plain text": ("json-type-denylist", "text/plain", OBJECT, "content-type-refused"),
    "denylist: plain text in upper case": (
        "json-type-denylist",
        "TEXT/PLAIN",
        OBJECT,
        "content-type-refused",
    ),
    "denylist: plain text with a charset": (
        "json-type-denylist",
        "text/plain;charset=utf-8",
        OBJECT,
        "content-type-refused",
    ),
    "denylist: a mixed type": (
        "json-type-denylist",
        "text/plain; application/json",
        OBJECT,
        "content-type-refused",
    ),
    "contains: JSON": ("json-type-contains", JSON, OBJECT, None),
    "contains: JSON with a charset": (
        "json-type-contains",
        "Application/JSON; charset=utf-8",
        OBJECT,
        None,
    ),
    "contains: a mixed type": (
        "json-type-contains",
        "text/plain; application/json",
        OBJECT,
        None,
    ),
    "contains: no type": ("json-type-contains", "", OBJECT, "content-type-refused"),
    "contains: plain text": ("json-type-contains", "text/plain", OBJECT, "content-type-refused"),
    "contains: a form": ("json-type-contains", FORM, IN_QUERY, "content-type-refused"),
    "contains: bytes that aren't text": (
        "json-type-contains",
        "\xff\xfe",
        OBJECT,
        "content-type-refused",
    ),
}


@pytest.mark.parametrize(
    ("slug", "content_type", "body", "reason"), BODIES.values(), ids=BODIES.keys()
)
def test_verdict_on_bodies(slug: str, content_type: str, body: str, reason: str | None) -> None:
    sent = body.encode("utf-8", "surrogateescape")
    requests = [
        RequestFactory().generic(method, "/api/transfer", sent, content_type)
        for method in ("POST", "PUT", "GET")
    ]

    verdicts = [all_defenses()[slug].refusal(request) for request in requests]

    assert [verdict.code if verdict else None for verdict in verdicts] == [reason, reason, None]


@pytest.mark.parametrize("slug", ["json-any-type", "json-type-denylist", "json-type-contains"])
def test_the_banks_script_must_say_that_it_sends_json(slug: str) -> None:
    defense = all_defenses()[slug]

    assert defense.needs_script
    assert defense.script_headers(RequestFactory().get("/")) == {"Content-Type": JSON}


def test_a_body_that_has_been_read_already_is_no_json() -> None:
    request = RequestFactory().post("/api/transfer", PAYMENT)
    assert request.POST

    verdict = all_defenses()["json-any-type"].refusal(request)

    assert verdict is not None
    assert verdict.code == "body-not-json"


# --- The check after the effect -------------------------------------------------------------------

# The Origin of a POST, and the status that the visitor sees.
ORIGINS = {
    "own origin": (
        f"http://check-after-effect.bank.localhost:{settings.ADDRESSES.victim_port}",
        303,
    ),
    "another site": (EVIL, 403),
    "a sub-domain": ("http://community.check-after-effect.bank.localhost:9000", 403),
    "null": ("null", 403),
    "missing": (None, 403),
    "broken": ("http://[", 403),
}


@pytest.mark.django_db
class TestCheckAfterEffect:
    @pytest.mark.parametrize(("origin", "status"), ORIGINS.values(), ids=ORIGINS.keys())
    def test_the_answer_differs_and_the_effect_does_not(
        self, origin: str | None, status: int
    ) -> None:
        alice = customer("check-after-effect")

        answer = alice.post("/transfer", PAYMENT, headers={"origin": origin} if origin else {})

        assert answer.status_code == status
        assert ("Location" in answer) == (status == 303)
        assert is_forged(alice)

    def test_the_log_tells_the_truth(self) -> None:
        alice = plain_form("cross-site")("check-after-effect")

        attempt = alice.attempts[-1]
        assert (attempt["outcome"], attempt["reason"]) == ("applied", None)

    def test_the_page_says_that_it_was_refused(self) -> None:
        answer = customer("check-after-effect").forged("/api/transfer", PAYMENT)

        assert answer.status_code == 403
        assert answer["Content-Type"].startswith("text/plain")
        assert "refused" in answer.content.decode()

    @pytest.mark.parametrize("path", ["/", "/transfer", "/pay?to=mallory&amount=1"])
    def test_a_get_is_answered_as_ever(self, path: str) -> None:
        answer = customer("check-after-effect").get(path, headers=CROSS_SITE)

        assert answer.status_code == 200
        assert "Lantern Bank" in answer.content.decode()


# --- Garbage --------------------------------------------------------------------------------------

LONG = "x" * 50_000


def cookies_of(value: str) -> str:
    return "; ".join(f"{name}={value}" for name in COOKIES)


# Headers and the token of a POST.
GARBAGE: dict[str, tuple[Headers, str]] = {
    "bytes that aren't text": (
        {
            "origin": "\xff\xfe",
            "referer": "\xff\xfe",
            "sec-fetch-site": "\xff",
            "cookie": cookies_of("\xff\xfe"),
        },
        "\xff\xfe",
    ),
    "very long values": (
        {"origin": LONG, "referer": LONG, "sec-fetch-site": LONG, "cookie": cookies_of(LONG)},
        LONG,
    ),
    "broken addresses": (
        {"origin": "http://[::1", "referer": "http://[x]/", "cookie": cookies_of("http://[")},
        "http://[",
    ),
    "characters that addresses must not have": (
        {"origin": "http://a\u2100b".encode().decode("latin-1"), "referer": "http://%00"},
        "\u2100",
    ),
    "quotes and escapes": (
        {"origin": '"', "referer": "\\", "cookie": cookies_of('"\\000\\377"')},
        '"\\000\\377"',
    ),
    "colons alone": (
        {"origin": ":::", "referer": ":::", "cookie": cookies_of(":::")},
        ":::",
    ),
    "empty values": (
        {"origin": "", "referer": "", "sec-fetch-site": "", "cookie": cookies_of("")},
        "",
    ),
    "thousands of cookies": (
        {"cookie": "; ".join(f"c{i}=x" for i in range(5000)) + "; " + cookies_of("x")},
        "x",
    ),
    "cookies of one name": ({"cookie": "; ".join([cookies_of("a"), cookies_of("b")])}, "a"),
    "a token that cannot be stored": ({}, "\0"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("slug", SLUGS)
def test_garbage_breaks_nothing(slug: str) -> None:
    alice = customer(slug)
    session = f"sessionid={alice.cookies['sessionid'].value}; "

    broken = []
    for name, (headers, token) in GARBAGE.items():
        sent = headers | {"cookie": session + headers.get("cookie", "")}
        fields = PAYMENT | {"token": token}
        answers = {
            "the form": alice.get("/transfer", headers=sent),
            "a sign-in": alice.post("/login", fields, headers=headers),
            "a transfer": alice.forged(f"/transfer?{IN_QUERY}", fields, **sent),
            "JSON": alice.post("/api/transfer", fields, content_type=JSON, headers=sent),
        }
        broken += [(name, what) for what, answer in answers.items() if answer.status_code >= 500]

    assert broken == []
