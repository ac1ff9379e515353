"""A room on two machines: the trainer's has the playground, the other has ssh and a browser.

The machines are network namespaces (`e2e.networks`), so this runs where there can be any.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from catalogue import lessons
from csrf_proof.waiting import soon
from e2e.networks import Machine, two_machines, why_not
from tools.run import ROOT

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(bool(why_not()), reason=f"Not tried on this machine: {why_not()}."),
]
CODE = "tulip-kitchen-42"
# Longer than a walk to another access point, or a cable that somebody trips over.
DROPPED_SECONDS = 20
# Generous: an open page asks once a second, and both browsers share the processor with the sites.
SEEN_SECONDS = 5
STATES = ("predicted", "tried", "fixed")
FIRST_LESSONS = [lesson.slug for lesson in lessons.read_all()[0][:5]]
ASK = f"""#!/bin/sh
case "$1" in *yes/no*) echo yes;; *) echo {CODE};; esac
"""
API = """
import sys, urllib.request
request = urllib.request.Request(f"http://127.0.0.1:8000{sys.argv[1]}", headers={
    "Host": "playground.localhost:8000", "Authorization": f"Bearer {sys.argv[2]}"})
sys.stdout.write(urllib.request.urlopen(request).read().decode())
"""
REACH = """
import socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=5).close()
    print("open")
except OSError:
    print("closed")
"""


@dataclass(frozen=True)
class Room:
    """An open room, at the usual ports of the trainer's machine."""

    trainer: Machine
    laptop: Machine
    secret: str
    line: str
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """What makes ssh on the laptop answer its own questions."""
        asks = {"SSH_ASKPASS": str(self.folder / "ask"), "SSH_ASKPASS_REQUIRE": "force"}
        return {**os.environ, "HOME": str(self.folder), **asks}

    def ssh(self, *arguments: str) -> list[str]:
        """Return a command that keeps its known hosts to itself."""
        known = f"UserKnownHostsFile={self.folder / 'known_hosts'}"
        return ["ssh", "-F", "none", "-o", known, *arguments]

    def people(self) -> list[dict[str, Any]]:
        said = self.trainer.run(sys.executable, "-c", API, "/api/room", self.secret)
        assert said.returncode == 0, said.stderr
        found: list[dict[str, Any]] = json.loads(said.stdout)["people"]
        return found


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    folder = tmp_path_factory.mktemp("room")
    ask = folder / "ask"
    ask.write_text(ASK)
    ask.chmod(0o755)
    environment = {
        **os.environ,
        "ROOM": "1",
        "ROOM_CODE": CODE,
        "VAR_DIR": str(folder / "var"),
        "VICTIM_PORT": "8000",
        "ATTACKER_PORT": "9000",
    }
    with two_machines() as (trainer, laptop):
        running = trainer.start(
            *(sys.executable, "-m", "tools.run"),
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        try:
            said = ""
            while "Ctrl-C stops" not in said:
                assert running.stdout
                line = running.stdout.readline()
                assert line, said
                said += line
            (secret,) = re.findall(r"^trainer: \S+\?key=(\S+)$", said, re.MULTILINE)
            (join,) = re.findall(r"^join: (ssh .*)$", said, re.MULTILINE)
            assert join.endswith(f"room@{trainer.address}")
            yield Room(trainer, laptop, secret, join, folder)
        finally:
            running.terminate()
            running.communicate(timeout=30)


@contextmanager
def way_in(room: Room, *command: str, port: int = 8000) -> Iterator[str]:
    """Keep a way into the room open on the laptop; yield what it has said so far."""
    log = room.folder / f"way-in-{port}.log"
    with log.open("w") as output:
        running = room.laptop.start(
            *command, env=room.environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        try:
            arrived = soon(lambda: reaches(room.laptop, "127.0.0.1", port), 30)
            assert arrived, log.read_text()
            yield log.read_text()
        finally:
            running.terminate()
            with suppress(subprocess.TimeoutExpired):
                running.wait(10)
            running.kill()


def reaches(machine: Machine, address: str, port: int) -> bool:
    return machine.run(sys.executable, "-c", REACH, address, str(port)).stdout == "open\n"


def visit(room: Room, browser: str, name: str, offset: int = 0) -> dict[str, str]:
    """Let somebody take part at the laptop; return what their pages said."""
    done = room.laptop.run(
        *(sys.executable, "-m", "e2e.room_visit", browser),
        *(str(8000 + offset), str(9000 + offset), name),
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    said: dict[str, str] = json.loads(done.stdout)
    return said


@pytest.mark.parametrize("browser", ["chromium", "firefox"])
def test_a_laptop_with_ssh_and_a_browser_takes_part(room: Room, browser: str) -> None:
    name = f"Ada {browser}"
    with way_in(room, *room.ssh(*room.line.split()[1:])):
        said = visit(room, browser, name)
    assert "forged" in said["log"]
    assert said["bank"] in said["log"], "the Origin of the sign-in"
    (person,) = [person for person in room.people() if person["name"] == name]
    assert person["lessons"]["the-image"]["tried"] == "forged"


@pytest.mark.parametrize("way", ["ssh", "relay"])
@pytest.mark.sample(0)
def test_the_trainer_sees_each_step_of_the_first_five_lessons(
    room: Room, tmp_path: Path, way: str
) -> None:
    """Somebody walks them on the laptop, while the trainer's page stays open."""
    join = room.ssh(*room.line.split()[1:]) if way == "ssh" else relay(room)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "cwd": ROOT}
    python, ports, name = (sys.executable, "-m"), ("8000", "9000"), f"Walter by {way}"
    watch = (*python, "e2e.room_watch", *ports, room.secret, name, str(tmp_path))
    walk = (*python, "e2e.room_walk", *ports, name, str(tmp_path))
    steps = []
    with (
        way_in(room, *join),
        room.trainer.start(*watch, **pipes) as watching,
        room.laptop.start(*walk, **pipes) as walking,
    ):
        assert said_by(watching) == "ready\n"
        while step := said_by(walking):
            steps.append(step.split())
            seen = said_by(watching, step)
            assert seen, f"the trainer's page doesn't show {step}"
            assert float(seen) < SEEN_SECONDS
            said_by(walking, "\n", answers=False)
        watching.communicate()
        assert (walking.wait(), watching.wait()) == (0, 0)
    assert steps == [[lesson, state] for lesson in FIRST_LESSONS for state in STATES]


def relay(room: Room) -> list[str]:
    """Return the command for a laptop without ssh; the script comes from the trainer's page."""
    script = room.folder / "join.py"
    page = f"{room.trainer.address}:8080"
    script.write_text(room.laptop.run("curl", "-sf", f"http://{page}/join.py").stdout)
    return [sys.executable, str(script), page, CODE]


def said_by(process: subprocess.Popen[str], text: str = "", *, answers: bool = True) -> str:
    """Tell a program something, and return the line that it answers."""
    assert process.stdin
    assert process.stdout
    process.stdin.write(text)
    process.stdin.flush()
    return process.stdout.readline() if answers else ""


def test_a_laptop_without_ssh_whose_ports_are_taken_takes_part(room: Room) -> None:
    """The script moves both ports by ten."""
    taken = room.laptop.start(sys.executable, "-m", "http.server", "--bind", "127.0.0.1", "9000")
    try:
        assert soon(lambda: reaches(room.laptop, "127.0.0.1", 9000), 30)
        with way_in(room, *relay(room), port=8010):
            said = visit(room, "chromium", "Ben", offset=10)
    finally:
        taken.kill()
        taken.wait()
    assert said["bank"].endswith(".bank.localhost:8010")
    assert "forged" in said["log"]
    assert said["bank"] in said["log"], "the Origin of the sign-in, moved like everything else"
    assert ":8000" not in said["log"] + said["lesson"]
    (person,) = [person for person in room.people() if person["name"] == "Ben"]
    assert person["lessons"]["the-image"]["tried"] == "forged"


def test_the_network_gets_the_tunnel_and_one_page_and_nothing_else(room: Room) -> None:
    address = room.trainer.address
    found = {port: reaches(room.laptop, address, port) for port in (2222, 8080, 8000, 9000)}
    assert found == {2222: True, 8080: True, 8000: False, 9000: False}
    page = room.laptop.run("curl", "-sf", f"http://{address}:8080/").stdout
    assert room.line in page
    assert CODE not in page


def test_a_command_and_another_port_are_refused(room: Room) -> None:
    """As an attendee would try, with the ssh that everybody has."""
    target = room.line.split()[-1]
    plain = room.ssh("-o", "StrictHostKeyChecking=no", "-p", "2222")
    for asked in (("id",), ("-W", "localhost:22"), ("-W", "127.0.0.1:8000"), ("-W", "[::1]:8000")):
        options = asked if asked[0].startswith("-") else ()
        done = room.laptop.run(
            *plain, *options, target, *(() if options else asked), env=room.environment, timeout=60
        )
        assert done.returncode != 0, asked
        assert done.stdout == "", asked


def ask(machine: Machine, jar: Path, path: str, *options: str) -> str:
    """Open a page of the playground with the cookies in a file; return it."""
    asked = ("-b", str(jar), "-c", str(jar), *options, f"http://playground.localhost:8000{path}")
    done = machine.run("curl", "-sSfL", "--max-time", "60", *asked)
    assert done.returncode == 0, done.stderr
    return done.stdout


def be_called(room: Room, jar: Path, name: str) -> None:
    """Join under a name, in a browser with these cookies."""
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)', ask(room.laptop, jar, "/join/"))
    assert token
    said = ("-d", f"csrfmiddlewaretoken={token[1]}", "-d", f"name={name}", "-d", "next=/lessons/")
    origin = ("-H", "Origin: http://playground.localhost:8000")
    assert f"You’re <b>{name}</b>" in ask(room.laptop, jar, "/join/", *said, *origin)


def test_a_network_that_drops_is_there_again_by_itself(room: Room, tmp_path: Path) -> None:
    """The window with ssh stays as it is, and nobody has to type the code again."""
    jar = tmp_path / "jar"
    with way_in(room, *room.ssh(*room.line.split()[1:])):
        be_called(room, jar, "Dana")
        with room.laptop.cut_off():
            time.sleep(DROPPED_SECONDS)
        assert "You’re <b>Dana</b>" in ask(room.laptop, jar, "/lessons/")


def test_the_trainers_laptop_may_get_another_address(room: Room, tmp_path: Path) -> None:
    """The wall and the page show the new line within seconds, and who has joined goes on."""
    jar, boss = tmp_path / "jar", tmp_path / "boss"
    ask(room.trainer, boss, f"/room/enter/?key={room.secret}")
    with way_in(room, *room.ssh(*room.line.split()[1:])):
        be_called(room, jar, "Cleo")
    shown = re.search(r'data-version="([^"]+)', ask(room.trainer, boss, "/room/wall/live/"))
    assert shown
    other = room.trainer.address.removesuffix(".1") + ".9"
    with room.trainer.moved_to(other):
        ways = room.folder / "var/room/way-in.json"
        assert soon(lambda: other in ways.read_text(), 10), ways.read_text()
        assert ".people" in ask(room.trainer, boss, f"/poll/?{shown[1]}")
        line = room.line.replace(room.trainer.address, other)
        assert line in unescape(ask(room.trainer, boss, "/room/wall/live/"))
        assert line in unescape(room.laptop.run("curl", "-sf", f"http://{other}:8080/").stdout)
        # The key has a name of its own, so ssh doesn't ask again or warn.
        with way_in(room, *room.ssh(*line.split()[1:])) as said:
            assert said == ""
            assert "You’re <b>Cleo</b>" in ask(room.laptop, jar, "/lessons/")
    assert soon(lambda: room.trainer.address in ways.read_text(), 10)


def test_a_rehearsal_fills_the_trainers_page(room: Room) -> None:
    done = room.trainer.run(
        *(sys.executable, "-m", "room.rehearse"),
        cwd=ROOT,
        env={**os.environ, "PEOPLE": "3", "PACE": "0.05", "ATTACKER_PORT": "9000"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    by_name = {person["name"]: person["lessons"] for person in room.people()}
    assert {"Ada", "Alan", "Amina"} <= set(by_name)
    tried = [row for name in ("Ada", "Alan", "Amina") for row in by_name[name].values()]
    assert any(row["tried"] == "forged" for row in tried)
    assert any(row["fixed"] not in {"", "forged"} for row in tried)


def test_the_key_is_the_one_on_the_wall(room: Room) -> None:
    scanned = room.laptop.run("ssh-keyscan", "-p", "2222", "-t", "ed25519", room.trainer.address)
    said = subprocess.run(
        ["ssh-keygen", "-lf", "-"], input=scanned.stdout, capture_output=True, text=True
    )
    ways = json.loads((room.folder / "var/room/way-in.json").read_text())["ways"]
    assert ways[0]["fingerprint"] in said.stdout
