"""Which hosts the port answers for."""

from __future__ import annotations

from pathlib import Path

import pytest

from attacker_site.app import create_app
from attacker_site.hosts import Visit, read_host
from attacker_site.tests.conftest import ARSENAL, EVIL, Get, closed_port, getter
from catalogue.addresses import Domains

LONGEST = "a" * 63

ANSWERED = {
    "the attacker": "evil.localhost:9000",
    "the attacker without a port": "evil.localhost",
    "another port": "evil.localhost:1234",
    "upper case": "EVIL.localhost:9000",
    "below the attacker": "deep.below.evil.localhost:9000",
    "the lookalike of a lab": "no-defense.bank.localhost.evil.localhost:9000",
    "the lookalike of a private lab": "csrf-token--for-otter42.bank.localhost.evil.localhost:9000",
    "the lookalike of the longest label": f"{LONGEST}.bank.localhost.evil.localhost:9000",
    "the taken-over sub-domain": "community.csrf-token.bank.localhost:9000",
    "the sub-domain of a private lab": "community.post-only--for-otter42.bank.localhost:9000",
    "the longest label": f"community.{LONGEST}.bank.localhost:9000",
}
# Which position a host is, and which lab it names. A name that isn't a label is a host of the
# attacker's own, like any other below it: there the query names the lab.
VISITS = {
    "the attacker": ("evil.localhost:9000", "cross-site", None),
    "below the attacker": ("deep.evil.localhost:9000", "cross-site", None),
    "the sub-domain": ("community.a--for-b.bank.localhost:9000", "subdomain", "a--for-b"),
    "the lookalike": ("a--for-b.bank.localhost.evil.localhost:9000", "lookalike", "a--for-b"),
    "upper case": ("A.Bank.localhost.EVIL.localhost", "lookalike", "a"),
    "a lookalike of no lab": ("bank.localhost.evil.localhost", "cross-site", None),
    "a lookalike of a reserved name": ("www.bank.localhost.evil.localhost", "cross-site", None),
    "a lookalike of an ill-formed label": (
        "a---b.bank.localhost.evil.localhost",
        "cross-site",
        None,
    ),
    "below a lookalike": ("x.a.bank.localhost.evil.localhost", "cross-site", None),
    "a lookalike of the sub-domain": (
        "community.a.bank.localhost.evil.localhost",
        "cross-site",
        None,
    ),
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
    "a lookalike that ends elsewhere": "no-defense.bank.localhost.evil.example:9000",
    "a lookalike with a long name": f"{LONGEST}a.bank.localhost.evil.localhost:9000",
    "below the bank, through the attacker": "evil.localhost.bank.localhost:9000",
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


@pytest.mark.parametrize(("host", "position", "lab"), VISITS.values(), ids=VISITS)
def test_a_host_says_from_where_an_attack_comes_and_at_which_lab_it_aims(
    host: str, position: str, lab: str | None
) -> None:
    name = host.lower().removesuffix(":9000")

    assert read_host(host, Domains()) == Visit(name, position, lab)


@pytest.mark.parametrize(
    "path",
    ["/", "/loot/", "/foreign-token-post/", "/form-post/", "/static/bait.css", "/favicon.ico"],
)
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


ELSEWHERE = {
    "HTTPS": "1",
    "PLAYGROUND_DOMAIN": "play.example.net",
    "BANK_DOMAIN": "bank.test",
    "EVIL_DOMAIN": "evil.example",
}


@pytest.fixture
def get_elsewhere(tmp_path: Path) -> Get:
    """The site at other domains, while the bank is down."""
    nobody = f"127.0.0.1:{closed_port()}"
    return getter(
        create_app({**ELSEWHERE, "VICTIM_ADDRESS": nobody, "VAR_DIR": str(tmp_path)}, ARSENAL)
    )


@pytest.mark.parametrize(
    ("host", "lab"),
    [
        ("evil.example:9000", "?lab=no-defense"),
        ("community.no-defense.bank.test:9000", ""),
        ("no-defense.bank.test.evil.example:9000", ""),
    ],
)
def test_at_other_domains_every_page_names_those(get_elsewhere: Get, host: str, lab: str) -> None:
    for path in ("/", "/form-post/", "/form-post/behind/", "/self-check/", "/loot/", "/nothing/"):
        page = get_elsewhere(f"{path}{lab}", host).text
        assert "localhost" not in page, path
    page = get_elsewhere(f"/form-post/{lab}", host).text
    assert 'action="https://no-defense.bank.test:8000/transfer"' in page


def test_at_other_domains_the_stolen_mail_is_there_too(get_elsewhere: Get) -> None:
    path = "/form-post/?lab=no-defense&action=change-email"
    assert 'value="mallory@evil.example"' in get_elsewhere(path, "evil.example:9000").text
    panel = get_elsewhere(path.replace("/?", "/behind/?"), "evil.example:9000").text
    assert "change alice’s e-mail address to mallory@evil.example" in panel


@pytest.mark.parametrize("host", [EVIL, "community.no-defense.bank.localhost:9000"])
def test_at_other_domains_the_default_hosts_are_refused(get_elsewhere: Get, host: str) -> None:
    answer = get_elsewhere("/", host)

    assert answer.status_code == 421
    assert "https://evil.example:9000/" in answer.text
    assert "localhost" not in answer.text
