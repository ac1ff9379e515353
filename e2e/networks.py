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
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Machine:
    """One of the two. `address` is where the other one reaches it, on the network of `device`."""

    namespace: str
    address: str
    device: str

    def command(self, *arguments: str) -> list[str]:
        return ["ip", "netns", "exec", self.namespace, *arguments]

    def start(self, *arguments: str, **more: Any) -> subprocess.Popen[str]:
        return subprocess.Popen(self.command(*arguments), text=True, **more)

    def run(self, *arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments), capture_output=True, text=True, check=False, **more
        )

    @contextmanager
    def cut_off(self) -> Iterator[None]:
        """Take the machine off its network for a while."""
        _ip("-n", self.namespace, "link", "set", self.device, "down")
        try:
            yield
        finally:
            _ip("-n", self.namespace, "link", "set", self.device, "up")

    @contextmanager
    def moved_to(self, address: str) -> Iterator[Machine]:
        """Give the machine another address for a while, instead of its own."""
        self._change(self.address, address)
        try:
            yield replace(self, address=address)
        finally:
            self._change(address, self.address)

    def _change(self, old: str, new: str) -> None:
        _ip("-n", self.namespace, "addr", "del", f"{old}/24", "dev", self.device)
        _ip("-n", self.namespace, "addr", "add", f"{new}/24", "dev", self.device)


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
    number, key = os.getpid() % 250, os.getpid() % 10_000_000
    machines = [
        Machine(f"room{key}{letter}", f"10.77.{number}.{host}", f"veth{key}{letter}")
        for letter, host in (("a", 1), ("b", 2))
    ]
    ends = [machine.device for machine in machines]
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
