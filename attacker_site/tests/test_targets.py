"""Where this site reaches the victim."""

from __future__ import annotations

import pytest

from attacker_site.app import create_app
from attacker_site.targets import read_addresses
from catalogue.addresses import AddressError


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
