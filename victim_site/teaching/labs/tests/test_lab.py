"""The page of a lab, its live log, the links to an attempt, and the reset."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings

from victim_site.bank.attempts import KEPT
from victim_site.bank.models import Attempt
from victim_site.conftest import Bank, playground, signed_in, state
from victim_site.teaching.labs.log import SHOWN

pytestmark = pytest.mark.django_db

LAB = "post-only--session-token--for-pages"


@pytest.mark.parametrize("lab", ["samesite-strict--with-open-redirect", "no-defense"])
def test_a_lab_begins_with_the_attack_that_needs_its_weakness(lab: str) -> None:
    page = playground().get(f"/labs/{lab}/").content.decode()

    (first,) = re.findall(r'class="button big" href="[^"]*#try=([a-z0-9-]+)\.', page)
    assert first == ("onsite-redirect-get" if "--with" in lab else "image-get")


def test_every_lab_page_escapes_what_the_attacker_wrote() -> None:
    alice = signed_in(LAB)
    alice.forged("/transfer", {}, referer="<b>x</b>", origin="<script>x</script>")

    text = playground().get(f"/labs/{LAB}/").content.decode()

    assert "&lt;script&gt;x" in text
    assert "<script>x" not in text


def test_looking_at_a_lab_brings_none_into_being() -> None:
    playground().get(f"/labs/{LAB}/")

    assert state(LAB)["attempts"] == []
    assert version(LAB).endswith("=0.0")


# --- Links to an attempt --------------------------------------------------------------------------


def test_an_attempt_leads_to_its_line_in_the_log() -> None:
    alice = signed_in(LAB)

    answer = playground().get(f"/labs/{LAB}/attempt/?since=0")

    assert answer["Location"] == f"/labs/{LAB}/#attempt-{alice.attempts[0]['id']}"


def test_where_no_attempt_has_arrived_a_page_says_so() -> None:
    answer = playground().get(f"/labs/{LAB}/attempt/?since=9999999999999")

    assert answer.status_code == 200
    assert "Nothing has arrived" in answer.content.decode()


# --- The log --------------------------------------------------------------------------------------


def version(lab: str) -> str:
    text = playground().get(f"/labs/{lab}/").content.decode()
    found = re.search('data-version="([^"]+)"', text)
    assert found
    return found[1]


def entries(path: str) -> list[int]:
    """Return the attempts that a page shows in full, in its order."""
    return [
        int(n)
        for n in re.findall(r'<li id="attempt-(\d+)"', playground().get(path).content.decode())
    ]


def test_the_newest_attempts_are_shown_and_the_others_are_a_link_away() -> None:
    alice = signed_in(LAB)
    for _ in range(SHOWN + 4):
        alice.forged("/transfer", {})
    newest_first = [attempt["id"] for attempt in alice.attempts[::-1]]

    page = html.unescape(playground().get(f"/labs/{LAB}/").content.decode())

    assert entries(f"/labs/{LAB}/") == entries(f"/labs/{LAB}/log/") == newest_first[:SHOWN]
    (href,) = re.findall(r'<a href="([^"]+)">Show 5 older attempts</a>', page)
    assert href == f"/labs/{LAB}/?all#attempt-{newest_first[SHOWN - 1]}"
    assert entries(href.partition("#")[0]) == newest_first


def test_all_attempts_stay_when_the_log_is_updated() -> None:
    alice = signed_in(LAB)
    for _ in range(SHOWN):
        alice.forged("/transfer", {})

    page = playground().get(f"/labs/{LAB}/?all").content.decode()

    (address,) = re.findall(r'hx-get="([^"]+)"', page)
    assert len(entries(address)) == SHOWN + 1
    assert f'<a href="/labs/{LAB}/#log">Show only the newest {SHOWN} attempts</a>' in page


@pytest.mark.parametrize("arrived", [1, SHOWN])
def test_a_log_that_fits_offers_nothing_more(arrived: int) -> None:
    alice = signed_in(LAB)
    for _ in range(arrived - 1):
        alice.forged("/transfer", {})

    for path in (f"/labs/{LAB}/", f"/labs/{LAB}/?all"):
        page = playground().get(path).content.decode()
        assert "older attempt" not in page
        assert "Show only the newest" not in page


def test_an_attempt_that_is_not_among_the_newest_is_linked_to_where_it_is() -> None:
    alice = signed_in(LAB)
    first = alice.attempts[0]["id"]
    for _ in range(SHOWN):
        alice.forged("/transfer", {})

    answer = playground().get(f"/labs/{LAB}/attempt/?since=0")

    assert answer["Location"] == f"/labs/{LAB}/?all#attempt-{first}"
    page = playground().get(f"/labs/{LAB}/attempts/{first}/").content.decode()
    assert f'href="{answer["Location"]}"' in page


def test_the_log_never_shows_more_than_a_lab_keeps() -> None:
    signed_in(LAB)
    (attempt,) = Attempt.objects.filter(lab__label=LAB)
    Attempt.objects.bulk_create(
        Attempt(
            **{
                f.attname: getattr(attempt, f.attname)
                for f in Attempt._meta.fields
                if f.name != "id"
            }
        )
        for _ in range(KEPT + 10)
    )

    assert (
        f"Show {KEPT - SHOWN} older attempts" in playground().get(f"/labs/{LAB}/").content.decode()
    )
    assert len(entries(f"/labs/{LAB}/?all")) == KEPT


FRAMED = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"}
HANDSHAKE = {"upgrade": "websocket", "origin": "http://evil.localhost:9000"}
# What is asked of the bank, and how the newest entry of the log tells it.
TOLD: dict[str, tuple[Callable[[Bank], Any], str, str]] = {
    "a frame": (
        lambda alice: alice.get(
            "/pay?to=mallory&amount=1", headers=FRAMED | {"referer": "http://evil.localhost:9000/"}
        ),
        "A page of another site requested this page of the bank for a frame.",
        "done",
    ),
    "a click in a frame": (
        lambda alice: alice.post(
            "/transfer",
            {"to": "mallory", "amount": "1"},
            headers=FRAMED | {"sec-fetch-site": "same-origin"},
        ),
        "The bank’s own page, inside a frame, made the bank move alice’s money.",
        "done",
    ),
    "a preflight": (
        lambda alice: alice.options(
            "/api/transfer",
            headers={
                "access-control-request-method": "POST",
                "origin": "http://evil.localhost:9000",
                **FRAMED,
            },
        ),
        "A page of another site made the browser ask the bank for permission to move",
        "blocked",
    ),
    "a handshake": (
        lambda alice: alice.get("/statement/feed", headers=HANDSHAKE),
        "A page of another site made the bank send alice’s statement.",
        "forged",
    ),
    "a handshake from a sub-domain": (
        lambda alice: alice.get(
            "/statement/feed",
            headers=HANDSHAKE | {"origin": "http://community.no-defense.bank.localhost:9000"},
        ),
        "A page on a sub-domain of the bank made the bank send alice’s statement.",
        "forged",
    ),
    "a sign-in": (
        lambda alice: alice.sign_in(),
        "The bank’s own page, or a program that says so, made the bank sign somebody in.",
        "done",
    ),
    "the bank's own handshake": (
        lambda alice: alice.get("/statement/feed", headers=HANDSHAKE | {"origin": alice.origin}),
        "The bank’s own page made the bank send alice’s statement.",
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
# Whether the cookie is sent, whether the token is, and the Origin.
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
    assert "Only the playground’s own pages may do that" in answer.content.decode()
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
