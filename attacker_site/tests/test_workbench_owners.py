"""How an owner is made, and who may."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import Client

from attacker_site.app import create_app
from attacker_site.tests.conftest import ARSENAL, EVIL, community
from attacker_site.tests.test_hosts import ELSEWHERE
from attacker_site.tests.workbench import FORM, Sender, app, new_owner
from attacker_site.workbench import store

__all__ = ["app"]
JSON = "application/json"


def test_an_owner_gets_a_secret_host_and_a_public_address(app: Flask) -> None:
    answer = Sender(app).send(EVIL, "/api/owners", "POST", b'{"name": "otter42"}', JSON)

    said = answer.get_json()
    assert answer.status_code == 201
    assert set(said) == {"name", "exploit_host", "exploit_url"}
    assert said["name"] == "otter42"
    assert re.fullmatch(r"workbench-[0-9a-f]{32}\.localhost:9000", said["exploit_host"])
    assert re.fullmatch(r"http://exploit-[0-9a-f]{10}\.localhost:9000/exploit", said["exploit_url"])
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_two_owners_share_no_host(app: Flask) -> None:
    one, another = new_owner(app), new_owner(app)
    assert len({one.writing, one.reading, another.writing, another.reading}) == 4


def test_a_name_may_be_left_out(app: Flask) -> None:
    answer = Sender(app).send(EVIL, "/api/owners", "POST", b"{}", JSON)
    assert re.fullmatch("guest-[a-z0-9]{6}", answer.get_json()["name"])


BAD = {
    "upper case": b'{"name": "Otter"}',
    "too long": b'{"name": "otter-otter-42"}',
    "two hyphens": b'{"name": "a--b"}',
    "a line break": b'{"name": "otter\\n42"}',
    "a number": b'{"name": 42}',
    "a list": b"[]",
    "nothing": b"",
    "no JSON": b"{",
    "brackets": b"[" * 9_000,
    "broken bytes": b'{"name": "\xff"}',
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
def test_a_bad_name_is_refused_in_a_sentence(app: Flask, body: bytes) -> None:
    answer = Sender(app).send(EVIL, "/api/owners", "POST", body, JSON)
    assert answer.status_code == 400
    assert set(answer.get_json()) == {"error"}


def test_an_endless_name_is_refused(app: Flask) -> None:
    body = b'{"name": "' + b"a" * 100_000 + b'"}'
    answer = Sender(app).send(EVIL, "/api/owners", "POST", body, JSON)
    assert answer.status_code in {400, 413}


@pytest.mark.parametrize("kind", ["", FORM, "text/plain"])
def test_what_a_form_of_another_site_can_send_makes_no_owner(app: Flask, kind: str) -> None:
    answer = Sender(app).send(EVIL, "/api/owners", "POST", b'{"name": "otter42"}', kind)
    assert answer.status_code == 415


OTHERS = {
    "another site's page": {"Sec_Fetch_Site": "cross-site"},
    "a subdomain's page": {"Sec_Fetch_Site": "same-site"},
    "an older browser's": {"Origin": "http://exploit-a.localhost:9000"},
    "a hidden origin": {"Origin": "null"},
}


@pytest.mark.parametrize("headers", OTHERS.values(), ids=OTHERS)
def test_another_sites_page_makes_no_owner(app: Flask, headers: dict[str, str]) -> None:
    answer = Sender(app).send(EVIL, "/api/owners", "POST", b"{}", JSON, **headers)
    assert answer.status_code == 403


@pytest.mark.parametrize("host", [community("no-defense"), "deep.evil.localhost:9000"])
def test_owners_are_made_at_one_host_only(app: Flask, host: str) -> None:
    answer = Sender(app).send(host, "/api/owners", "POST", b"{}", JSON)
    assert answer.status_code == 403


def test_a_flood_of_owners_is_refused(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "OWNERS_A_MINUTE", 2)
    new_owner(app)
    new_owner(app)
    answer = Sender(app).send(EVIL, "/api/owners", "POST", b"{}", JSON)
    assert answer.status_code == 429


def test_the_longest_idle_owner_makes_room_but_none_of_this_hour(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MOST_OWNERS", 1)
    old = new_owner(app)
    old.store()
    assert Sender(app).send(EVIL, "/api/owners", "POST", b"{}", JSON).status_code == 503
    assert old.read().status_code == 200

    monkeypatch.setattr(store, "HOUR", -1)
    new_owner(app)

    assert old.write_page().status_code == 404
    assert old.read().status_code == 404


def test_at_other_domains_the_hosts_are_below_the_attackers(tmp_path: Path) -> None:
    app = create_app({**ELSEWHERE, "VAR_DIR": str(tmp_path)}, ARSENAL)
    sender = Sender(app)

    said = sender.send("evil.example:9000", "/api/owners", "POST", b"{}", JSON).get_json()

    host = said["exploit_host"]
    assert re.fullmatch(r"workbench-[0-9a-f]{32}\.evil\.example:9000", host)
    assert re.fullmatch(
        r"https://exploit-[0-9a-f]+\.evil\.example:9000/exploit", said["exploit_url"]
    )
    # Over https, as the site there is asked.
    page = Client(app, use_cookies=False).get("/", base_url=f"https://{host}")
    assert page.status_code == 200
    assert "localhost" not in page.text
    form = {"responseBody": "x", "formAction": "STORE"}
    own, other = (f"{scheme}://{host}" for scheme in ("https", "http"))
    for origin, status in ((own, 303), (other, 403)):
        stored = Client(app, use_cookies=False).post(
            "/", base_url=own, data=form, headers={"Origin": origin}
        )
        assert stored.status_code == status
