"""What the environment says about a room, and what's kept of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalogue.addresses import AddressError
from room import settings


def test_a_room_is_the_same_the_next_time(tmp_path: Path) -> None:
    first, second = settings.read({}, tmp_path), settings.read({}, tmp_path)
    assert first == second
    assert settings.CODE.fullmatch(first.code)
    assert first.ports == {"tunnel": 2222, "page": 8080}
    assert first.here == settings.LOOPBACK
    for file in (tmp_path / settings.FOLDER).iterdir():
        assert file.stat().st_mode & 0o077 == 0


def test_a_room_may_have_other_ports_and_a_code_of_the_trainers(tmp_path: Path) -> None:
    said = {"ROOM_CODE": "tulip-42", "ROOM_PORT": "2223", "ROOM_BIND": "10.0.0.5, 10.0.1.5"}
    found = settings.read(said, tmp_path)
    assert (found.code, found.ssh_port, found.here) == ("tulip-42", 2223, "10.0.0.5")
    assert found.binds == ("10.0.0.5", "10.0.1.5")


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"ROOM_PORT": "ssh"}, "ROOM_PORT is 'ssh', which is not a port number"),
        ({"ROOM_PORT": "8080"}, "both 8080, but each needs its own"),
        ({"ROOM_CODE": "short"}, "ROOM_CODE is 'short'; it needs 6 to 40 characters"),
        ({"ROOM_CODE": "Tulip Kitchen"}, "a-z, 0-9 and single hyphens"),
        ({"ROOM_CODE": "t" * 41}, "it needs 6 to 40 characters"),
        ({"ROOM_BIND": "everywhere"}, "which is not a list of IP addresses"),
    ],
)
def test_what_makes_no_sense_is_told(said: dict[str, str], sentence: str, tmp_path: Path) -> None:
    with pytest.raises(AddressError, match=sentence):
        settings.read(said, tmp_path)
