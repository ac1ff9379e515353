"""The addresses, as the environment says."""

from __future__ import annotations

import pytest

from attacker_site.targets import SettingsError, read_addresses


def test_the_addresses_follow_the_ports() -> None:
    addresses = read_addresses({"VICTIM_PORT": "8123", "ATTACKER_PORT": "9123"})

    assert addresses.bank("a") == "http://a.bank.localhost:8123"
    assert addresses.playground == "http://playground.localhost:8123"
    assert addresses.evil == "http://evil.localhost:9123"
    assert addresses.community("a") == "http://community.a.bank.localhost:9123"
    assert addresses.victim_address == ("127.0.0.1", 8123)


def test_the_addresses_follow_the_scheme() -> None:
    addresses = read_addresses({"HTTPS": "1"})

    assert addresses.bank("a") == "https://a.bank.localhost:8000"
    assert addresses.playground == "https://playground.localhost:8000"
    assert addresses.evil == "https://evil.localhost:9000"
    assert addresses.community("a") == "https://community.a.bank.localhost:9000"
    assert addresses.lookalike("a") == "https://a.bank.localhost.evil.localhost:9000"


@pytest.mark.parametrize("https", ["", "0"])
def test_an_attacker_without_https_may_aim_at_a_bank_with_it(https: str) -> None:
    addresses = read_addresses({"HTTPS": https, "VICTIM_SCHEME": "https"})

    assert addresses.bank("a") == "https://a.bank.localhost:8000"
    assert addresses.playground == "https://playground.localhost:8000"
    assert addresses.evil == "http://evil.localhost:9000"
    assert addresses.community("a") == "http://community.a.bank.localhost:9000"


def test_the_victim_may_be_reached_elsewhere() -> None:
    assert read_addresses({"VICTIM_ADDRESS": "victim:8000"}).victim_address == ("victim", 8000)
    assert read_addresses({"VICTIM_ADDRESS": "[::1]:80"}).victim_address == ("::1", 80)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VICTIM_PORT", "eight"),
        ("VICTIM_PORT", ""),
        ("ATTACKER_PORT", "0"),
        ("ATTACKER_PORT", "65536"),
        ("ATTACKER_PORT", "9000\n"),
        ("HTTPS", "yes"),
        ("VICTIM_SCHEME", "ftp"),
        ("VICTIM_ADDRESS", "victim"),
        ("VICTIM_ADDRESS", "victim:99999"),
        ("VICTIM_ADDRESS", "http://victim:8000"),
    ],
)
def test_a_malformed_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} must be "):
        read_addresses({name: value})
