"""Which hosts the port answers for."""

from __future__ import annotations

import pytest

from attacker_site.tests.conftest import Get

LONGEST = "a" * 63

ANSWERED = {
    "the attacker": "evil.localhost:9000",
    "the attacker without a port": "evil.localhost",
    "another port": "evil.localhost:1234",
    "upper case": "EVIL.localhost:9000",
    "below the attacker": "deep.below.evil.localhost:9000",
    "a bank's name below the attacker": "no-defense.bank.localhost.evil.localhost:9000",
    "the taken-over sub-domain": "community.csrf-token.bank.localhost:9000",
    "the sub-domain of a private lab": "community.post-only--for-otter42.bank.localhost:9000",
    "the longest label": f"community.{LONGEST}.bank.localhost:9000",
}
REFUSED = {
    "no host": None,
    "an empty host": "",
    "loopback by name": "localhost:9000",
    "loopback by number": "127.0.0.1:9000",
    "loopback by IPv6": "[::1]:9000",
    "the lab itself": "no-defense.bank.localhost:9000",
    "the teaching side": "playground.localhost:9000",
    "the bare community": "community.bank.localhost:9000",
    "a community without a lab's label": "community.-.bank.localhost:9000",
    "a community of a reserved name": "community.www.bank.localhost:9000",
    "below the community": "x.community.no-defense.bank.localhost:9000",
    "a name that ends alike": "notevil.localhost:9000",
    "a name that begins alike": "evil.localhost.example:9000",
    "a rebound name": "attacker.example:9000",
    "a closing dot": "evil.localhost.:9000",
    "an empty part": "x..evil.localhost:9000",
    "a line break": "evil.localhost\n",
    "a port of letters": "evil.localhost:http",
    "credentials": "user@evil.localhost:9000",
    "two hosts": "evil.localhost:9000,evil.localhost:9000",
    "an endless name": "a." * 500 + "evil.localhost",
}


@pytest.mark.parametrize("host", ANSWERED.values(), ids=ANSWERED)
def test_a_listed_host_is_answered(get: Get, host: str) -> None:
    assert get("/", host).status_code == 200


@pytest.mark.parametrize("path", ["/", "/form-post/", "/static/bait.css", "/favicon.ico"])
@pytest.mark.parametrize("host", REFUSED.values(), ids=REFUSED)
def test_any_other_host_is_refused_and_told_which_exist(
    get: Get, host: str | None, path: str
) -> None:
    answer = get(path, host)

    assert answer.status_code == 421
    assert "http://evil.localhost:9000/" in answer.text


@pytest.mark.parametrize("host", ["localhost:9000", "127.0.0.1:9000", "[::1]:9000", "localhost"])
def test_a_loopback_name_may_ask_for_health(get: Get, host: str) -> None:
    answer = get("/health", host)

    assert (answer.status_code, answer.text) == (200, "ok")


def test_health_is_refused_to_a_rebound_name(get: Get) -> None:
    assert get("/health", "attacker.example:9000").status_code == 421


def test_health_cannot_be_posted_to(get: Get) -> None:
    assert get("/health", "localhost:9000", method="POST").status_code == 405
