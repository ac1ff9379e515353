"""Two machines on one network, as far as their network goes: Linux network namespaces.

It takes root, and the commands `ip` and `ssh`. Each namespace has loopback addresses and ports of
its own, so both machines can use port 8000.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Machine:
    """One of the two. `address` is where the other one reaches it."""

    namespace: str
    address: str

    def command(self, *arguments: str) -> list[str]:
        return ["ip", "netns", "exec", self.namespace, *arguments]

    def start(self, *arguments: str, **more: Any) -> subprocess.Popen[str]:
        return subprocess.Popen(self.command(*arguments), text=True, **more)

    def run(self, *arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments), capture_output=True, text=True, check=False, **more
        )


def why_not() -> str:
    """Return why this machine can't have two networks, or nothing."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "making network namespaces takes root on Linux"
    for command in ("ip", "ssh"):
        if not shutil.which(command):
            return f"there is no command {command}"
    name = f"probe{os.getpid()}"
    if _ip("netns", "add", name, check=False):
        return "this kernel makes no network namespaces"
    _ip("netns", "del", name)
    return ""


@contextmanager
def two_machines() -> Iterator[tuple[Machine, Machine]]:
    """Give two machines that reach each other and nothing else."""
    number = os.getpid() % 250
    machines = [
        Machine(f"room{os.getpid()}{letter}", f"10.77.{number}.{host}")
        for letter, host in (("a", 1), ("b", 2))
    ]
    ends = [f"veth{os.getpid() % 10_000_000}{letter}" for letter in "ab"]
    try:
        for machine in machines:
            _ip("netns", "add", machine.namespace)
            _ip("-n", machine.namespace, "link", "set", "lo", "up")
        _ip("link", "add", ends[0], "type", "veth", "peer", "name", ends[1])
        for machine, end in zip(machines, ends, strict=True):
            _ip("link", "set", end, "netns", machine.namespace)
            _ip("-n", machine.namespace, "addr", "add", f"{machine.address}/24", "dev", end)
            _ip("-n", machine.namespace, "link", "set", end, "up")
        yield machines[0], machines[1]
    finally:
        for machine in machines:
            _ip("netns", "del", machine.namespace, check=False)


def _ip(*arguments: str, check: bool = True) -> int:
    command: Sequence[str] = ["ip", *arguments]
    return subprocess.run(command, capture_output=True, check=check).returncode
