"""A playground that is a room, its trainer, and people in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from victim_site.conftest import Site, playground

SECRET = "the-trainers-secret"
WAY = {
    "page": "http://192.168.1.5:8080/",
    "ssh": "ssh -N room@192.168.1.5",
    "shifted": "ssh -N room@192.168.1.5",
    "relay": "python3 join.py 192.168.1.5:8080 CODE",
    "fingerprint": "SHA256:abc",
}


@pytest.fixture(autouse=True)
def room(tmp_path: Path) -> Iterator[None]:
    ways = tmp_path / "way-in.json"
    said = {"code": "tulip-kitchen", "ways": [WAY], "laptops": ["192.168.1.7"]}
    ways.write_text(json.dumps(said))
    with override_settings(ROOM=True, ROOM_SECRET=SECRET, ROOM_WAYS=str(ways)):
        yield


def trainer() -> Site:
    site = playground()
    assert site.get(f"/room/enter/?key={SECRET}").status_code == 302
    return site


def post(site: Site, path: str, **fields: Any) -> Any:
    """Send a form of the teaching side's own, with its token."""
    return site.post(path, {**site.hidden("/join/"), **fields}, headers={"origin": site.origin})


def person(name: str, second: str = "") -> Site:
    site = playground()
    answer = post(site, "/join/", name=name, second=second, next="/lessons/")
    assert answer.status_code == 302, answer.content.decode()
    return site
