"""The grammar of a lab's label, and the environment."""

from __future__ import annotations

import pytest

from attacker_site.app import create_app
from attacker_site.targets import is_label, read_addresses
from catalogue.addresses import AddressError

GOOD = [
    "no-defense",
    "csrf-token",
    "post-only--csrf-token",
    "samesite-strict--with-open-redirect",
    "csrf-token--for-otter42",
    "csrf-token--for-abcdefghijkl",
    "a--b--with-c--with-d--for-e",
    "no-defense--with-two-step--for-a-b",
    "2--3",
    "formal",
    "without",
    "a" * 63,
]
BAD = {
    "empty": "",
    "upper case": "No-Defense",
    "underscore": "csrf_token",
    "dot": "a.b",
    "slash": "a/b",
    "at sign": "a@b",
    "port": "a:80",
    "line break at the end": "no-defense\n",
    "other digits": "a٣",
    "leading hyphen": "-a",
    "trailing hyphen": "a-",
    "three hyphens": "a---b",
    "trailing separator": "a--",
    "weakness first": "with-open-redirect",
    "owner first": "for-otter42",
    "weakness before a defense": "a--with-b--c",
    "owner before a weakness": "a--for-b--with-c",
    "two owners": "a--for-b--for-c",
    "owner too long": "a--for-abcdefghijklm",
    "owner without a name": "a--for",
    "weakness without a name": "a--with",
    "reserved community": "community",
    "reserved www": "a--www",
    "too long": "a" * 64,
}


@pytest.mark.parametrize("label", GOOD)
def test_a_well_formed_label_is_accepted(label: str) -> None:
    assert is_label(label)


@pytest.mark.parametrize("label", BAD.values(), ids=BAD)
def test_anything_else_is_no_label(label: str) -> None:
    assert not is_label(label)


def test_the_victim_is_reached_on_this_machine_at_its_port() -> None:
    addresses = read_addresses({"VICTIM_PORT": "8123", "ATTACKER_PORT": "9123"})

    assert addresses.victim_address == ("127.0.0.1", 8123)
    assert addresses.evil == "http://evil.localhost:9123"


def test_the_victim_may_be_reached_elsewhere() -> None:
    assert read_addresses({"VICTIM_ADDRESS": "victim:8000"}).victim_address == ("victim", 8000)
    assert read_addresses({"VICTIM_ADDRESS": "[::1]:80"}).victim_address == ("::1", 80)


@pytest.mark.parametrize("value", ["victim", "victim:99999", "http://victim:8000"])
def test_a_malformed_address_of_the_victim_is_named(value: str) -> None:
    with pytest.raises(AddressError, match="VICTIM_ADDRESS must be host:port"):
        read_addresses({"VICTIM_ADDRESS": value})


@pytest.mark.parametrize(
    ("name", "value"),
    [("VICTIM_PORT", "eight"), ("BANK_DOMAIN", "bank.test"), ("EVIL_DOMAIN", "evil")],
)
def test_the_site_does_not_start_with_addresses_that_do_not_work(name: str, value: str) -> None:
    with pytest.raises(AddressError, match=f"^{name} is "):
        create_app({name: value})
