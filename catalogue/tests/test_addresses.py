"""Addresses as a function of the environment, and back from a host name to what it is."""

from __future__ import annotations

import pytest

from catalogue.addresses import (
    DEFAULT,
    AddressError,
    Addresses,
    Domains,
    Host,
    Kind,
    read,
)

ELSEWHERE = {
    "HTTPS": "1",
    "PLAYGROUND_DOMAIN": "play.example.net",
    "BANK_DOMAIN": "Bank.Test",
    "EVIL_DOMAIN": "evil.example",
}
LONGEST = "a" * 63


def test_the_default_addresses_are_those_of_the_public_contract() -> None:
    here = read({})

    assert here == DEFAULT == Addresses()
    assert here.playground == "http://playground.localhost:8000"
    assert here.evil == "http://evil.localhost:9000"
    assert here.bank("a") == "http://a.bank.localhost:8000"
    assert here.community("a") == "http://community.a.bank.localhost:9000"
    assert here.lookalike("a") == "http://a.bank.localhost.evil.localhost:9000"


def test_addresses_follow_ports_scheme_and_domains() -> None:
    here = read({**ELSEWHERE, "VICTIM_PORT": "8123", "ATTACKER_PORT": "9123"})

    assert here.playground == "https://play.example.net:8123"
    assert here.evil == "https://evil.example:9123"
    assert here.bank("a") == "https://a.bank.test:8123"
    assert here.bank_host == "bank.test:8123"
    assert here.community("a") == "https://community.a.bank.test:9123"
    assert here.lookalike("a") == "https://a.bank.test.evil.example:9123"


def test_an_attacker_without_https_may_aim_at_a_bank_with_it() -> None:
    here = read({**ELSEWHERE, "HTTPS": "0", "VICTIM_SCHEME": "https"})

    assert here.bank("a") == "https://a.bank.test:8000"
    assert here.community("a") == "http://community.a.bank.test:9000"


def test_an_origin_lacks_the_schemes_own_port_as_browsers_write_it() -> None:
    assert Addresses(80, 443).playground == "http://playground.localhost"
    assert Addresses(80, 443).evil == "http://evil.localhost:443"
    assert Addresses(443, 80, "https", "https").bank("a") == "https://a.bank.localhost"


def test_an_empty_variable_counts_as_not_set() -> None:
    names = ("VICTIM_PORT", "ATTACKER_PORT", "HTTPS", "VICTIM_SCHEME", "BANK_DOMAIN", "EVIL_DOMAIN")
    assert read(dict.fromkeys(names, "")) == DEFAULT


HTTPS = {"HTTPS": "1"}
REFUSED = {
    "a port of letters": ({"VICTIM_PORT": "eight"}, "VICTIM_PORT is 'eight'.*VICTIM_PORT=8000"),
    "a port with an underscore": ({"VICTIM_PORT": "8_000"}, "VICTIM_PORT is"),
    "other digits": ({"ATTACKER_PORT": "٨٠٠٠"}, "ATTACKER_PORT is"),
    "port 0": ({"ATTACKER_PORT": "0"}, "ATTACKER_PORT is '0'"),
    "a port too high": ({"ATTACKER_PORT": "65536"}, "ATTACKER_PORT is"),
    "a port with a line break": ({"ATTACKER_PORT": "9000\n"}, "ATTACKER_PORT is"),
    "one port for both": ({"VICTIM_PORT": "9000"}, "are both 9000.*ATTACKER_PORT=9001"),
    "https that is neither": ({"HTTPS": "yes"}, "HTTPS is 'yes'.*HTTPS=1"),
    "another scheme": ({"VICTIM_SCHEME": "ftp"}, "VICTIM_SCHEME is 'ftp'"),
    "another name over http": ({"BANK_DOMAIN": "bank.test"}, "BANK_DOMAIN is .*set HTTPS=1"),
    "another evil over http": ({"EVIL_DOMAIN": "evil.example"}, "EVIL_DOMAIN is .*set HTTPS=1"),
    "a name that ends alike": ({"EVIL_DOMAIN": "evil.notlocalhost"}, "set HTTPS=1"),
    "a bare name": (HTTPS | {"BANK_DOMAIN": "localhost"}, "two or more parts"),
    "an IP address": (HTTPS | {"BANK_DOMAIN": "127.0.0.1"}, "not a domain name"),
    "an IPv6 address": (HTTPS | {"BANK_DOMAIN": "[::1]"}, "not a domain name"),
    "a port in the name": (HTTPS | {"BANK_DOMAIN": "bank.test:80"}, "not a domain name"),
    "an address": (HTTPS | {"BANK_DOMAIN": "https://bank.test"}, "BANK_DOMAIN=bank.example"),
    "a closing dot": (HTTPS | {"EVIL_DOMAIN": "evil.example."}, "EVIL_DOMAIN=evil.example"),
    "an empty part": (HTTPS | {"EVIL_DOMAIN": "evil..example"}, "not a domain name"),
    "an underscore": (HTTPS | {"EVIL_DOMAIN": "my_evil.example"}, "not a domain name"),
    "a leading hyphen": (HTTPS | {"EVIL_DOMAIN": "-evil.example"}, "not a domain name"),
    "a part too long": (HTTPS | {"EVIL_DOMAIN": f"{LONGEST}a.example"}, "not a domain name"),
    "a line break": (HTTPS | {"EVIL_DOMAIN": "evil.example\n"}, "not a domain name"),
    "a wildcard": (HTTPS | {"BANK_DOMAIN": "*.bank.test"}, "not a domain name"),
    "no ASCII": (HTTPS | {"BANK_DOMAIN": "bänk.test"}, "not a domain name"),
    "playground and bank alike": (
        {"PLAYGROUND_DOMAIN": "bank.localhost"},
        "PLAYGROUND_DOMAIN and BANK_DOMAIN both end in bank.localhost",
    ),
    "evil inside the bank": (
        {"EVIL_DOMAIN": "evil.bank.localhost"},
        "BANK_DOMAIN and EVIL_DOMAIN both end in bank.localhost",
    ),
    "bank and evil of one site": (
        HTTPS | {"BANK_DOMAIN": "bank.example.com", "EVIL_DOMAIN": "evil.example.com"},
        "both end in example.com",
    ),
    "playground and evil of one site": (
        HTTPS | {"PLAYGROUND_DOMAIN": "a.example.com", "EVIL_DOMAIN": "example.com"},
        "PLAYGROUND_DOMAIN and EVIL_DOMAIN both end in example.com",
    ),
    "a bank too long": (
        HTTPS | {"BANK_DOMAIN": f"{LONGEST}.{LONGEST}.{LONGEST}.test"},
        "BANK_DOMAIN is .* characters too long",
    ),
    "bank and evil too long together": (
        HTTPS | {"BANK_DOMAIN": f"{LONGEST}.{LONGEST}.test", "EVIL_DOMAIN": f"{LONGEST}.example"},
        "BANK_DOMAIN and EVIL_DOMAIN together are 15 characters too long",
    ),
}


@pytest.mark.parametrize(("environ", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_work_is_refused_with_one_sentence(
    environ: dict[str, str], sentence: str
) -> None:
    with pytest.raises(AddressError, match=sentence) as caught:
        read(environ)
    assert "\n" not in str(caught.value)
    assert ". " not in str(caught.value)


def test_the_longest_host_names_fit() -> None:
    evil = f"{LONGEST}.{LONGEST}.{{}}.example"
    here = read({**ELSEWHERE, "EVIL_DOMAIN": evil.format("e" * 43)})
    assert len(here.domains.lookalike(LONGEST)) == 253
    with pytest.raises(AddressError, match="together are 1 characters too long"):
        read({**ELSEWHERE, "EVIL_DOMAIN": evil.format("e" * 44)})


HOSTS = {
    "playground.localhost": (Kind.PLAYGROUND, ""),
    "bank.localhost": (Kind.BANK, ""),
    "csrf-token--for-otter42.bank.localhost": (Kind.BANK, "csrf-token--for-otter42"),
    f"{LONGEST}.bank.localhost": (Kind.BANK, LONGEST),
    "community.bank.localhost": (Kind.BANK, "community"),
    "community.a--for-b.bank.localhost": (Kind.COMMUNITY, "a--for-b"),
    "evil.localhost": (Kind.EVIL, ""),
    "deep.below.evil.localhost": (Kind.EVIL, ""),
    "a--for-b.bank.localhost.evil.localhost": (Kind.LOOKALIKE, "a--for-b"),
    "bank.localhost.evil.localhost": (Kind.EVIL, ""),
    "x.a.bank.localhost.evil.localhost": (Kind.EVIL, ""),
    "exploit-k3x9.localhost": (Kind.EXPLOIT, "k3x9"),
    "workbench-0a1b2c.localhost": (Kind.WORKBENCH, "0a1b2c"),
    "exploit-k3x9.evil.localhost": (Kind.EVIL, ""),
}
NOBODY = [
    "",
    "localhost",
    "127.0.0.1",
    "below.playground.localhost",
    "a.b.bank.localhost",
    "x.community.a.bank.localhost",
    f"{LONGEST}a.bank.localhost",
    "notevil.localhost",
    "evil.localhost.example",
    "evil.localhost.",
    "x..evil.localhost",
    "-.evil.localhost",
    "evil.localhost\n",
    "bankxlocalhost",
    "exploit-.localhost",
    "exploit-a-b.localhost",
    "x.exploit-k3x9.localhost",
    "exploit.localhost",
    "a." * 500 + "evil.localhost",
]


@pytest.mark.parametrize("name", HOSTS)
def test_a_name_says_which_host_it_is(name: str) -> None:
    assert Domains().identify(name) == Host(name, *HOSTS[name])


@pytest.mark.parametrize("name", NOBODY)
def test_any_other_name_is_nobodys(name: str) -> None:
    assert Domains().identify(name) is None


def test_every_host_of_a_lab_is_recognized_at_other_domains() -> None:
    domains = read(ELSEWHERE).domains
    for kind, name in {
        Kind.BANK: domains.lab("a--b"),
        Kind.COMMUNITY: domains.community("a--b"),
        Kind.LOOKALIKE: domains.lookalike("a--b"),
    }.items():
        assert domains.identify(name) == Host(name, kind, "a--b")
    assert not any(map(domains.identify, HOSTS))


def test_at_other_domains_owners_are_below_the_attackers() -> None:
    domains = read(ELSEWHERE).domains

    assert domains.exploit("a") == "exploit-a.evil.example"
    assert domains.identify(domains.exploit("a")) == Host(domains.exploit("a"), Kind.EXPLOIT, "a")
    assert domains.identify(domains.workbench("b")) == Host(
        domains.workbench("b"), Kind.WORKBENCH, "b"
    )


TEXT = """Sign in at http://….bank.localhost:8000/login, then open <http://evil.localhost:9000/>,
http://community.<lab>.bank.localhost:9000/ or http://a.bank.localhost.evil.localhost:9000/x.
A host below `evil.localhost`. Port 8000, notevil.localhost, *.localhost and localhost stay."""


def test_a_text_gets_the_addresses_of_this_playground() -> None:
    here = read({**ELSEWHERE, "VICTIM_PORT": "443", "ATTACKER_PORT": "9123"})

    assert (
        here.in_text(TEXT)
        == """Sign in at https://….bank.test/login, then open <https://evil.example:9123/>,
https://community.<lab>.bank.test:9123/ or https://a.bank.test.evil.example:9123/x.
A host below `evil.example`. Port 8000, notevil.localhost, *.localhost and localhost stay."""
    )
    assert DEFAULT.in_text(TEXT) is TEXT
