"""The attacks that have a server: what each gets out of the bank, and what it does without one."""

from __future__ import annotations

import hashlib

import pytest

from attacker_site.mallory import visit
from attacker_site.targets import read_addresses
from attacker_site.tests.conftest import (
    ARSENAL,
    SERVERS,
    TAKE_TOKENS,
    Document,
    Get,
    community,
    launched,
)
from attacker_site.tests.victim import Answer, LittleBank, Victim
from csrf_proof.visitor import Prepared

LAB = "csrf-token--for-otter42"
ATTACKS = ARSENAL.attacks
TOSSERS = ["prefix-smuggling-post", "tossed-cookie-post"]
HASHES = {
    "md5": (hashlib.md5(b"mallory").hexdigest(), hashlib.md5(b"alice").hexdigest()),
    "sha1": (hashlib.sha1(b"mallory").hexdigest(), hashlib.sha1(b"alice").hexdigest()),
    "sha256": (hashlib.sha256(b"mallory").hexdigest(), hashlib.sha256(b"alice").hexdigest()),
}
NO_HASHES = {
    "a random token": "SEJKo9XvZs9VEoPKf9gj9GSJJ9g0oSb8",
    "a hash with a secret": hashlib.sha256(b"secret mallory").hexdigest(),
    "a hash of another name": hashlib.sha256(b"bob").hexdigest(),
    "a hash of nothing": hashlib.sha256(b"").hexdigest(),
    "the plain name": "mallory",
    "nothing": "",
}


def prepared(slug: str, victim: Victim, bank: LittleBank | None = None) -> Prepared:
    """Let an attack's server visit a little bank, and return what it got there."""
    victim.reply = bank or LittleBank()
    addresses = read_addresses({"VICTIM_ADDRESS": victim.address})
    return SERVERS[slug](visit(addresses, LAB))


@pytest.mark.parametrize(("of_mallory", "of_alice"), HASHES.values(), ids=HASHES)
def test_a_token_that_is_a_plain_hash_of_her_name_becomes_the_victim_s(
    victim: Victim, of_mallory: str, of_alice: str
) -> None:
    bank = LittleBank(token=of_mallory)

    assert prepared("foreign-token-post", victim, bank) == Prepared({"token": of_alice})


@pytest.mark.parametrize("token", NO_HASHES.values(), ids=NO_HASHES)
def test_any_other_token_stays_the_attacker_s_own(victim: Victim, token: str) -> None:
    bank = LittleBank(token=token)

    assert prepared("foreign-token-post", victim, bank) == Prepared({"token": token})


@pytest.mark.parametrize("slug", TOSSERS)
@pytest.mark.parametrize("prefix", ["", "__Host-"])
def test_the_token_s_cookie_is_tossed_and_the_session_s_never(
    victim: Victim, slug: str, prefix: str
) -> None:
    got = prepared(slug, victim, LittleBank(prefix=prefix))

    assert got.fields == {"token": "token-of-mallory"}
    assert got.cookies == {f"{prefix}token": "cookie-of-mallory"}


def test_a_token_for_a_stranger_is_got_without_signing_in(victim: Victim) -> None:
    got = prepared("fixed-session-post", victim)

    assert got == Prepared({"token": "token-of-nobody"}, {"token": "cookie-of-nobody"})
    assert [(asked.method, asked.path) for asked in victim.requests] == [("GET", "/login")]


def test_the_session_of_a_stranger_is_not_planted(victim: Victim) -> None:
    cookies = (("Set-Cookie", "__Host-sessionid=x"), ("Set-Cookie", "sessionid=y"))
    victim.reply = lambda asked: Answer("<form></form>", headers=cookies)
    addresses = read_addresses({"VICTIM_ADDRESS": victim.address})

    assert SERVERS["fixed-session-post"](visit(addresses, LAB)) == Prepared()


@pytest.mark.parametrize("slug", ["foreign-token-post", *TOSSERS])
def test_the_others_sign_in_as_mallory_and_open_her_form(victim: Victim, slug: str) -> None:
    prepared(slug, victim)

    paths = [(asked.method, asked.path) for asked in victim.requests]
    assert paths == [("GET", "/login"), ("POST", "/login"), ("GET", "/transfer")]
    assert {asked.host for asked in victim.requests} == {f"{LAB}.bank.localhost:8000"}


@pytest.mark.parametrize("slug", TAKE_TOKENS)
def test_a_bank_without_tokens_leaves_the_plain_attack(
    get_beside: Get, victim: Victim, slug: str
) -> None:
    victim.reply = LittleBank(plain=True)

    page = get_beside(f"/{slug}/", community(LAB)).text

    names = [field["name"] for field in Document(page).all("input")]
    assert names == ["to", "amount"]
    assert "document.cookie" not in page


@pytest.mark.parametrize("slug", sorted(SERVERS))
def test_a_dead_bank_is_told_on_a_page_that_leads_on(get: Get, slug: str) -> None:
    path, host = launched(slug, LAB)
    answer = get(path, host)

    document = Document(answer.text)
    assert answer.status_code == 502
    assert document.mistakes == []
    assert "/static/site.css" in document.addresses()
    assert document.text["h1"] == "The attacker’s server couldn’t get what it needs"
    assert "The bank doesn't answer. Is it running?" in document.text["p"]
    assert path in document.addresses()
    assert f"http://playground.localhost:8000/labs/{LAB}/" in document.addresses()
    assert not document.all("form")
    assert not document.all("script")
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("slug", sorted(SERVERS))
def test_a_bank_that_answers_rubbish_is_told_in_the_same_way(
    get_beside: Get, victim: Victim, slug: str
) -> None:
    victim.reply = lambda asked: Answer("<script data-headers='{'></script>")

    answer = get_beside(*launched(slug, LAB))

    assert answer.status_code == 502
    assert "The bank's page /login can't be read." in Document(answer.text).text["p"]


def test_to_try_again_keeps_the_lab(get: Get) -> None:
    links = Document(get(f"/foreign-token-post/?lab={LAB}").text).addresses()

    assert f"/foreign-token-post/?lab={LAB}" in links


def test_trying_again_works_once_the_bank_is_back(get_beside: Get, victim: Victim) -> None:
    victim.reply = lambda asked: Answer(status=503)
    down = get_beside("/foreign-token-post/")
    victim.reply = LittleBank()

    (again,) = [link for link in Document(down.text).addresses() if "foreign-token-post" in link]

    assert down.status_code == 502
    assert get_beside(again).status_code == 200


@pytest.mark.parametrize("slug", sorted(SERVERS))
def test_looking_behind_an_attack_does_not_visit_the_bank(
    get_beside: Get, victim: Victim, slug: str
) -> None:
    victim.reply = LittleBank()

    path, host = launched(slug, LAB)

    behind = path.replace(f"/{slug}/", f"/{slug}/behind/")
    answer = get_beside(f"{behind}{'&' if '?' in path else '?'}amount=100", host)

    assert answer.status_code == 200
    assert victim.requests == []


def test_an_empty_account_is_told_before_the_bank_is_visited(
    get_beside: Get, victim: Victim
) -> None:
    victim.says(0)

    page = get_beside("/foreign-token-post/").text

    assert "nothing left to take" in page
    assert [asked.path for asked in victim.requests] == ["/api/labs/no-defense"]
