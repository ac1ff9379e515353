"""The teaching side's pages: all there, under a strict policy, and protected as it teaches."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from functools import cache
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client

from victim_site.conftest import Bank, Site, playground, signed_in, state
from victim_site.label import stacks
from victim_site.teaching import texts
from victim_site.teaching.lessons import progress

pytestmark = pytest.mark.django_db

LAB = "post-only--session-token--for-pages"
PAGES = [
    "/",
    "/labs/",
    "/labs/no-defense/",
    "/labs/rule-of-thumb/",
    f"/labs/{LAB}/",
    f"/labs/{LAB}/log/",
    "/attacks/",
    "/defenses/",
    "/weaknesses/",
    *(f"/weaknesses/{slug}/" for slug in texts.weaknesses()),
    "/matrix/",
    *(f"/matrix/?profile={profile}" for profile in texts.the_matrix().profiles),
    "/play/",
    "/play/?defense=post-only&defense=csrf-token&owner=pages&try=onsite-redirect-get.cross-site",
    "/play/?defense=samesite-lax&defense=samesite-strict&weakness=nothing&weakness=two-step",
    "/compare/",
    f"/compare/?a={LAB}&b=csrf-tokem&attack=image-get&position=lookalike",
    "/known-labs/",
    "/policies/",
    "/self-check/",
    *(f"/self-check/?cookies={answer}" for answer in ("0", "1", "2", "3", "error")),
    "/cookies/",
    "/lessons/",
    *(f"/lessons/{slug}/?all" for slug in progress.lessons()),
    "/lessons/the-image/",
    "/lessons/the-image/present/",
    "/lessons/the-image/live/?for=otter42",
    "/glossary/",
    "/handout/",
    "/facilitator/",
    *(f"/attacks/{slug}/" for slug in texts.attacks()),
    *(f"/defenses/{slug}/" for slug in [*texts.defenses(), *stacks()]),
]
NOT_FOUND = {
    "a page": "/nowhere/",
    "a lab": "/labs/csrf-tokem/",
    "a lab in upper case": "/labs/NO-DEFENSE/",
    "a lab's log": "/labs/csrf-tokem/log/",
    "a lab's attempt": "/labs/csrf-tokem/attempt/?since=0",
    "a lab's picture of an attempt": "/labs/csrf-tokem/attempts/1/",
    "a picture of no attempt": f"/labs/{LAB}/attempts/{2**62}/",
    "a picture of attempt 0": f"/labs/{LAB}/attempts/0/",
    "a picture of attempt 10 to the 30": f"/labs/{LAB}/attempts/1{'0' * 30}/",
    "a picture of attempt 10 to the 5000": f"/labs/{LAB}/attempts/1{'0' * 5000}/",
    "an attack": "/attacks/form-pots/",
    "a defense": "/defenses/csrf-tokem/",
    "a module that is no defense": "/defenses/reasons/",
    "a profile": "/matrix/?profile=netscape",
    "an answer of the self-check": "/self-check/?cookies=4",
    "a lesson": "/lessons/the-imgae/",
    "a lesson's presenter view": "/lessons/the-imgae/present/",
    "a run of the cookie page": "/cookies/0123456789abcdef/",
    "an attempt without a moment": f"/labs/{LAB}/attempt/",
    "an attempt since a word": f"/labs/{LAB}/attempt/?since=now",
    "an attempt since the end of time": f"/labs/{LAB}/attempt/?since={'9' * 30}",
    "an attempt since 5000 digits": f"/labs/{LAB}/attempt/?since={'9' * 5000}",
    "an attempt before all time": f"/labs/{LAB}/attempt/?since=-{'9' * 16}",
}
POLICY = {
    "default-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "object-src 'none'",
}


class Audit(HTMLParser):
    """What a strict content policy would stop, and every address."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.inline: list[str] = []
        self.loads: list[str] = []
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if tag == "style" or (tag == "script" and "src" not in names):
            self.inline.append(tag)
        self.inline += [name for name in names if name == "style" or name.startswith("on")]
        for name in ("src", "href", "action", "data", "srcset", "poster", "hx-get"):
            if value := names.get(name):
                (self.links if tag == "a" else self.loads).append(value)


@cache
def page(path: str) -> tuple[Any, Audit]:
    """Ask for a page once, after something has happened in the lab; each test looks at one side."""
    signed_in(LAB).forged("/transfer", {"to": "mallory", "amount": "100"})
    answer = playground().get(path)
    return answer, Audit(answer.content.decode())


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_there(path: str) -> None:
    assert page(path)[0].status_code == 200


def test_an_attempt_leads_to_its_line_in_the_log() -> None:
    alice = signed_in(LAB)

    answer = playground().get(f"/labs/{LAB}/attempt/?since=0")

    assert answer["Location"] == f"/labs/{LAB}/#attempt-{alice.attempts[0]['id']}"


def test_where_no_attempt_has_arrived_a_page_says_so() -> None:
    answer = playground().get(f"/labs/{LAB}/attempt/?since=9999999999999")

    assert answer.status_code == 200
    assert "Nothing has arrived" in answer.content.decode()


@pytest.mark.parametrize("path", [*PAGES, *NOT_FOUND.values()])
def test_a_page_has_the_strict_policy(path: str) -> None:
    answer, _ = page(path)

    assert set(answer["Content-Security-Policy"].split("; ")) == POLICY
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", [*PAGES, *NOT_FOUND.values()])
def test_a_page_holds_nothing_that_the_policy_would_stop(path: str) -> None:
    assert page(path)[1].inline == []


@pytest.mark.parametrize("path", [*PAGES, *NOT_FOUND.values()])
def test_a_page_loads_nothing_from_elsewhere(path: str) -> None:
    own = re.compile(rf"/(?!/)|{re.escape(settings.ADDRESSES.playground)}/")

    assert [address for address in page(path)[1].loads if not own.match(address)] == []


@pytest.mark.parametrize("path", [*PAGES, *NOT_FOUND.values()])
def test_a_page_links_to_the_playground_or_to_a_source(path: str) -> None:
    known = re.compile(r"/(?!/)|[#?]|\.\.?/|http://([a-z0-9-]+\.)+localhost:\d+(/|$)|https://")

    assert [address for address in page(path)[1].links if not known.match(address)] == []


def test_every_address_within_the_teaching_side_leads_somewhere() -> None:
    audits = [page(path)[1] for path in PAGES]
    named = {a for audit in audits for a in audit.links + audit.loads}
    here = {a.removeprefix(settings.ADDRESSES.playground).partition("#")[0] for a in named}
    dead = []
    # The attempts that the pages were asked for after are gone; see `test_picture`.
    lasting = (a for a in here if "/attempts/" not in a)
    for address in sorted(a for a in lasting if a.startswith("/")):
        answer = playground().get(address)
        answer.close()
        # A form that changes something posts to an address that takes nothing else.
        dead += [address] * (answer.status_code not in {200, 302, 405})

    assert dead == []


@pytest.mark.parametrize("path", NOT_FOUND.values(), ids=NOT_FOUND)
def test_what_is_not_there_is_a_404_page_with_a_sentence(path: str) -> None:
    answer, _ = page(path)

    text = answer.content.decode()
    assert answer.status_code == 404
    assert "<h1>No such page</h1>" in text
    assert re.search(r'<p class="lead">[^<]{20,}\.[^<]*</p>', text)


@pytest.mark.parametrize("path", [*PAGES, f"/labs/{LAB}/attempt/?since=0"])
def test_no_page_takes_another_method(path: str) -> None:
    site = Client(headers={"host": urlsplit(settings.ADDRESSES.playground).netloc})

    assert site.put(path).status_code == 405


@pytest.mark.parametrize(
    "query", {"101 fields": "x=1&" * 101, "NUL": "version=%00", "no UTF-8": "version=%ff"}.values()
)
@pytest.mark.parametrize("path", ["/", f"/labs/{LAB}/log/", f"/labs/{LAB}/attempt/", "/matrix/"])
def test_a_broken_query_is_survived(path: str, query: str) -> None:
    assert playground().get(f"{path}?since=0&{query}").status_code in {200, 302, 400}


def test_every_lab_page_escapes_what_the_attacker_wrote() -> None:
    alice = signed_in(LAB)
    alice.forged("/transfer", {}, referer="<b>x</b>", origin="<script>x</script>")

    text = playground().get(f"/labs/{LAB}/").content.decode()

    assert "&lt;script&gt;x" in text
    assert "<script>x" not in text


# --- The live log ---------------------------------------------------------------------------------


def version(lab: str) -> str:
    text = playground().get(f"/labs/{lab}/").content.decode()
    found = re.search('data-version="([^"]+)"', text)
    assert found
    return found[1]


def test_nothing_new_is_a_204_without_a_body() -> None:
    signed_in(LAB)

    answer = playground().get(f"/labs/{LAB}/log/", {"version": version(LAB)})

    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize("seen", [None, "", "x", "0-0"])
def test_an_unknown_version_gets_the_log(seen: str | None) -> None:
    answer = playground().get(f"/labs/{LAB}/log/", {} if seen is None else {"version": seen})

    assert answer.status_code == 200


CHANGES = {
    "an attempt that is refused": lambda bank: bank.forged("/logout", {}),
    "a transfer": lambda bank: bank.honest("/transfer", {"to": "mallory", "amount": "1"}),
    "a sign-out": lambda bank: bank.honest("/logout", {}),
    "a sign-in elsewhere": lambda bank: signed_in(LAB, "mallory"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_log_is_new_after(change: Callable[[Bank], Any]) -> None:
    alice = signed_in(LAB)
    seen = version(LAB)

    change(alice)

    answer = playground().get(f"/labs/{LAB}/log/", {"version": seen})
    assert answer.status_code == 200
    assert version(LAB) != seen


def test_what_happens_in_another_lab_is_nothing_new() -> None:
    seen = version(LAB)

    signed_in("no-defense")

    assert version(LAB) == seen


def test_looking_at_a_lab_brings_none_into_being() -> None:
    playground().get(f"/labs/{LAB}/")

    assert state(LAB)["attempts"] == []
    assert version(LAB).startswith("0-")


# --- Reset ----------------------------------------------------------------------------------------


class Visitor:
    """Somebody with the lab's page open, and a lab in which money has moved."""

    def __init__(self) -> None:
        alice = signed_in(LAB)
        alice.honest("/transfer", {"to": "mallory", "amount": "100"})
        self.bank = alice
        self.site = playground()
        self.token = self.site.hidden(f"/labs/{LAB}/")["csrfmiddlewaretoken"]


RESETS = [f"/labs/{LAB}/reset/", f"/api/labs/{LAB}/reset"]
EVIL = "http://evil.localhost:9000"
BANK = f"http://{LAB}.bank.localhost:{settings.ADDRESSES.victim_port}"
# Whether the cookie comes along, whether the token does, and the Origin.
NOT_OWN = {
    "no token": (True, False, settings.ADDRESSES.playground),
    "no cookie": (False, True, settings.ADDRESSES.playground),
    "no token and no Origin": (True, False, None),
    "another site, with the token": (True, True, EVIL),
    "another site, with nothing": (False, False, EVIL),
    "a bank, with the token": (True, True, BANK),
    "null, with the token": (True, True, "null"),
    "another port, with the token": (True, True, "http://playground.localhost:9000"),
}


@pytest.mark.parametrize("path", RESETS)
def test_an_own_page_resets_the_lab(path: str) -> None:
    visitor = Visitor()

    visitor.site.post(
        path,
        {"csrfmiddlewaretoken": visitor.token},
        headers={"origin": settings.ADDRESSES.playground, "x-csrftoken": visitor.token},
    )

    assert visitor.bank.balances == (1000, 1000)


@pytest.mark.parametrize("path", RESETS)
@pytest.mark.parametrize(("cookie", "token", "origin"), NOT_OWN.values(), ids=NOT_OWN)
def test_nobody_else_does(path: str, cookie: bool, token: bool, origin: str | None) -> None:
    visitor = Visitor()
    site = visitor.site if cookie else playground()
    headers = {"origin": origin} if origin else {}
    fields = {"csrfmiddlewaretoken": visitor.token} if token else {}
    before = state(LAB)

    answer = site.post(path, fields, headers=headers)

    assert answer.status_code == 403
    assert "Only the playground's own pages may do that" in answer.content.decode().replace(
        "&#x27;", "'"
    )
    assert state(LAB) == before


@pytest.mark.parametrize("path", RESETS)
@pytest.mark.parametrize("method", ["get", "head"])
def test_a_get_resets_nothing(path: str, method: str) -> None:
    visitor = Visitor()

    answer = getattr(visitor.site, method)(path)

    assert answer.status_code == 405
    assert visitor.bank.balances == (900, 1100)


@pytest.mark.parametrize("path", ["/labs/csrf-tokem/reset/", "/api/labs/csrf-tokem/reset"])
def test_a_lab_that_does_not_exist_cannot_be_reset(path: str) -> None:
    visitor = Visitor()
    headers = {"origin": settings.ADDRESSES.playground, "x-csrftoken": visitor.token}

    assert visitor.site.post(path, headers=headers).status_code == 404


def test_the_teaching_side_sets_no_session_cookie() -> None:
    site = playground()
    for path in PAGES:
        site.get(path)

    assert set(site.cookies) <= {"csrftoken", "learner"}


# --- The self-check -------------------------------------------------------------------------------

CHECK = "no-defense--for-self-check"
WIDTHS = {(): 1, ("check_none",): 2, ("check_unset",): 3, ("check_none", "check_unset"): 4}


@pytest.mark.parametrize(("cookies", "width"), WIDTHS.items())
def test_the_picture_is_as_wide_as_the_cookies_say(cookies: tuple[str, ...], width: int) -> None:
    bank = Bank(CHECK)
    bank.cookies.load(dict.fromkeys(cookies, "1"))

    assert f'width="{width}"' in bank.get("/self-check/echo.svg").content.decode()


def test_the_check_starts_with_one_cookie_that_may_travel_and_one_that_does_not_say() -> None:
    answer = Bank(CHECK).get("/self-check/start")

    assert answer["Location"] == f"{settings.ADDRESSES.evil}/self-check/?lab={CHECK}"
    assert {name: morsel["samesite"] for name, morsel in answer.cookies.items()} == {
        "check_none": "None",
        "check_unset": "",
    }


def test_the_pages_of_the_bank_and_the_teaching_side_do_not_mix() -> None:
    assert Bank("no-defense").get("/matrix/").status_code == 404
    assert Site(settings.ADDRESSES.domains.playground).get("/transfer").status_code == 404


@pytest.mark.django_db
def test_the_matrix_shows_what_https_changes_and_nothing_else() -> None:
    page = playground().get("/matrix/").content.decode().partition('id="over-https"')[2]
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</tr>", page, re.DOTALL)
    (strict,) = (row for row in rows if "link-get" in row and "samesite-strict" in row)
    assert "whose page came by http" in strict
    shown = re.findall(r"</svg> (forged|blocked)", strict)
    assert shown == ["blocked", "blocked", "forged", "forged"]
    assert not any("from another site" in row and "samesite-lax" in row for row in rows)


FRAMED = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"}
HANDSHAKE = {"upgrade": "websocket", "origin": "http://evil.localhost:9000"}
# What is asked of the bank, and how the newest entry of the log tells it.
TOLD: dict[str, tuple[Callable[[Bank], Any], str, str]] = {
    "a frame": (
        lambda alice: alice.get("/pay?to=mallory&amount=1", headers=FRAMED),
        "A page of another site put this page of the bank into a frame.",
        "done",
    ),
    "a click in a frame": (
        lambda alice: alice.post(
            "/transfer",
            {"to": "mallory", "amount": "1"},
            headers=FRAMED | {"sec-fetch-site": "same-origin"},
        ),
        "The bank's own page, inside a frame, made the bank move alice's money.",
        "done",
    ),
    "a preflight": (
        lambda alice: alice.options(
            "/api/transfer", headers={"access-control-request-method": "POST", **FRAMED}
        ),
        "A page of another site had the browser ask whether it may make the bank move",
        "blocked",
    ),
    "a handshake": (
        lambda alice: alice.get("/statement/feed", headers=HANDSHAKE),
        "A page of another site made the bank read alice's statement out.",
        "forged",
    ),
    "a handshake from a sub-domain": (
        lambda alice: alice.get(
            "/statement/feed",
            headers=HANDSHAKE | {"origin": "http://community.no-defense.bank.localhost:9000"},
        ),
        "A page on a sub-domain of the bank made the bank read alice's statement out.",
        "forged",
    ),
    "the bank's own handshake": (
        lambda alice: alice.get("/statement/feed", headers=HANDSHAKE | {"origin": alice.origin}),
        "The bank's own page made the bank read alice's statement out.",
        "done",
    ),
}


@pytest.mark.parametrize(("ask", "story", "verdict"), TOLD.values(), ids=TOLD)
def test_the_log_tells_what_is_no_plain_act(
    ask: Callable[[Bank], Any], story: str, verdict: str
) -> None:
    ask(signed_in("no-defense"))

    page = html.unescape(playground().get("/labs/no-defense/").content.decode())

    newest = page.partition('<li id="attempt-')[2].partition("</li>")[0]
    assert story in newest
    assert f"</svg> {verdict}</span>" in newest


@pytest.mark.parametrize("lab", ["samesite-strict--with-open-redirect", "no-defense"])
def test_a_lab_begins_with_the_attack_that_needs_its_weakness(lab: str) -> None:
    page = playground().get(f"/labs/{lab}/").content.decode()

    (first,) = re.findall(r'class="button big" href="[^"]*#try=([a-z0-9-]+)\.', page)
    assert first == ("onsite-redirect-get" if "--with" in lab else "image-get")


@pytest.mark.parametrize("slug", ["no-such-weakness", "open_redirect"])
def test_an_unknown_weakness_gets_a_sentence(slug: str) -> None:
    answer = playground().get(f"/weaknesses/{slug}/")

    assert answer.status_code == 404
    assert f"There is no weakness called “{slug}”." in answer.content.decode()
