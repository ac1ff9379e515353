"""Laptops in a room, all on this machine: each has an address of its own, and an ssh.

On Linux all of 127.0.0.0/8 is this machine, so each laptop can use the playground's own ports, and
the room tells them apart as it would on a network.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from catalogue.addresses import LOCALHOST
from csrf_proof.waiting import soon
from e2e.bank import Site

CODE = "tulip-kitchen-42"
JOIN_SECONDS = 60.0
# How many join at once: a room's people don't press Enter in the same moment either.
_TOGETHER = 20


def why_not() -> str:
    """Return why this machine can't be many laptops, or nothing."""
    if sys.platform != "linux":
        return "only Linux has addresses enough on the loopback"
    return "" if shutil.which("ssh") else "there is no command ssh"


def address(number: int) -> str:
    """Return the address of a laptop, from 0 on. Nothing of the playground listens there."""
    return f"127.7.{number // 250}.{number % 250 + 1}"


def environment(tunnel: int, page: int) -> dict[str, str]:
    """Return what makes a playground the room that these laptops join."""
    return {
        "ROOM": "1",
        "ROOM_CODE": CODE,
        "ROOM_PORT": str(tunnel),
        "ROOM_PAGE_PORT": str(page),
        "ROOM_BIND": "127.0.0.1",
    }


def secret(var_dir: Path) -> str:
    """Return what only the trainer of a running room knows."""
    return (var_dir / "room" / "secret").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Tunnel:
    """The way into a room: its port, and a folder for what ssh needs."""

    port: int
    site: Site
    folder: Path

    def command(self, laptop: str) -> list[str]:
        """Return the line that a laptop joins with, as the wall shows it but for the addresses."""
        options = (
            *("UserKnownHostsFile=/dev/null", "StrictHostKeyChecking=no", "LogLevel=ERROR"),
            *("ExitOnForwardFailure=yes", "PubkeyAuthentication=no", "NumberOfPasswordPrompts=1"),
        )
        ports = (self.site.victim_port, self.site.attacker_port)
        forwards = [
            part for port in ports for part in ("-L", f"{laptop}:{port}:{LOCALHOST}:{port}")
        ]
        said = [part for option in options for part in ("-o", option)]
        target = ("-b", laptop, "-p", str(self.port), "room@127.0.0.1")
        return ["ssh", "-F", "none", "-N", *said, *forwards, *target]

    def join(self, laptop: str) -> subprocess.Popen[bytes]:
        """Start a laptop's ssh, which types the code by itself."""
        ask = self.folder / "ask"
        if not ask.exists():
            ask.write_text(f"#!/bin/sh\necho {CODE}\n")
            ask.chmod(0o700)
        asks = {"SSH_ASKPASS": str(ask), "SSH_ASKPASS_REQUIRE": "force"}
        return subprocess.Popen(
            self.command(laptop), env={**os.environ, **asks}, stdin=subprocess.DEVNULL
        )

    def at(self, laptop: str) -> Site:
        """Return the playground as a laptop reaches it."""
        return replace(self.site, reached_at=laptop)

    def has_joined(self, laptop: str) -> bool:
        try:
            self.at(laptop).get(self.site.domains.playground, "/health")
        except OSError:
            return False
        return True


@contextmanager
def joined(tunnel: Tunnel, laptops: Sequence[str]) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Let laptops join; yield their ssh processes.

    Raises:
        TimeoutError: One of them can't.
    """
    running: list[subprocess.Popen[bytes]] = []
    try:
        for begin in range(0, len(laptops), _TOGETHER):
            some = laptops[begin : begin + _TOGETHER]
            running += [tunnel.join(laptop) for laptop in some]
            for laptop in some:
                if not soon(partial(tunnel.has_joined, laptop), JOIN_SECONDS):
                    raise TimeoutError(f"The laptop {laptop} didn't join in {JOIN_SECONDS:.0f} s.")
        yield running
    finally:
        for ssh in running:
            ssh.terminate()
        for ssh in running:
            ssh.wait()
