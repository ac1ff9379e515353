"""The small hostile server: what it answers besides an attack's page."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

import pytest

from csrf_proof import attacker
from csrf_proof.arsenal import Arsenal, Shot

ORIGIN = "http://app.localhost:5055"


@pytest.fixture(scope="module")
def arsenal() -> Arsenal:
    return Arsenal()


def asked(address: str, path: str) -> tuple[int, str | None]:
    """Return the status of an address of the server, and where it leads."""
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(address).port or 0, timeout=10)
    connection.request("GET", path)
    with connection.getresponse() as answer:
        found = answer.status, answer.headers["Location"]
    connection.close()
    return found


@pytest.mark.parametrize("position", ["cross-site", "subdomain"])
def test_a_short_link_leads_to_the_act(arsenal: Arsenal, position: str) -> None:
    attack = arsenal.attacks["short-link-get"]
    shot = Shot(attack=attack, origin=ORIGIN, action_path="/email", forged={"email": "a@b.c"})

    with attacker.serving(arsenal, shot, position) as server:
        assert f'value="{server.address}go/"' in server.page
        led = asked(server.address, "/short-link-get/go/")

    assert led == (302, f"{ORIGIN}/email?email=a%40b.c")


def test_no_other_attack_has_one(arsenal: Arsenal) -> None:
    shot = Shot(attack=arsenal.attacks["link-get"], origin=ORIGIN, action_path="/email")

    with attacker.serving(arsenal, shot, "cross-site") as server:
        assert asked(server.address, "/link-get/go/") == (404, None)
