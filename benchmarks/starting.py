"""Starts what is measured: a checkout's playground, and the floors."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from e2e.bank import Site
from tools.run import ROOT, free_port


@dataclass(frozen=True)
class Running:
    """Processes that serve something, and how long it took until they answered."""

    port: int
    pids: Sequence[int]
    seconds: float

    def cpu_seconds(self) -> float:
        """Return the processor time that they have used so far."""
        times = [psutil.Process(pid).cpu_times() for pid in self.pids]
        return sum(each.user + each.system for each in times)

    def mib(self) -> float:
        """Return the MiB that they take together, shared pages counted once. Linux only."""
        sizes = [psutil.Process(pid).memory_full_info().pss for pid in self.pids]
        return float(sum(sizes)) / 2**20


@dataclass(frozen=True)
class Tree:
    """The playground of a checkout, running."""

    root: Path
    victim: Running
    attacker: Running
    seconds: float
    room: Running | None = None
    """The room's way in, where it's a room."""

    @property
    def playground(self) -> str:
        """Return the teaching side's host, as a request names it."""
        return f"{self.site.domains.playground}:{self.victim.port}"

    @property
    def site(self) -> Site:
        return Site(self.victim.port, self.attacker.port)


@contextmanager
def playground(root: Path, var_dir: Path, more: Mapping[str, str] | None = None) -> Iterator[Tree]:
    """Start a checkout's playground as `make run` does, by that checkout's own runner.

    The time ends when it says that it's ready. `more` is laid over the environment; with ROOM=1
    it's a room.
    """
    ports = free_port(), free_port()
    env = {
        **os.environ,
        "VICTIM_PORT": str(ports[0]),
        "ATTACKER_PORT": str(ports[1]),
        "VAR_DIR": str(var_dir),
        "HTTPS": "0",
        "VICTIM_BROWSER": "0",
        **(more or {}),
    }
    begin = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-m", "tools.run"], cwd=root, env=env, stdout=subprocess.PIPE
    ) as runner:
        try:
            assert runner.stdout is not None
            if not runner.stdout.readline():
                raise SystemExit(f"The playground of {root} didn't start.")
            seconds = time.monotonic() - begin
            pids: dict[str, list[int]] = {"victim": [], "attacker": [], "room": []}
            for child in psutil.Process(runner.pid).children(recursive=True):
                command = child.cmdline()
                what = "attacker" if "attacker_site" in " ".join(command) else "victim"
                pids["room" if command[-2:] == ["-m", "room"] else what].append(child.pid)
            yield Tree(
                root,
                Running(ports[0], pids["victim"], seconds),
                Running(ports[1], pids["attacker"], seconds),
                seconds,
                Running(int(env["ROOM_PORT"]), pids["room"], seconds) if pids["room"] else None,
            )
        finally:
            runner.terminate()


@contextmanager
def floor(name: str, folder: Path, *, filled: int = 0) -> Iterator[tuple[Running, str]]:
    """Start a site of `benchmarks/floors`; yield it, and what filling its database printed."""
    port = free_port()
    module = f"benchmarks.floors.{name}"
    env = {**os.environ, "FLOOR_DATABASE": str(folder / f"{name}.sqlite3")}
    said = ""
    if filled:
        command = [sys.executable, "-m", module, str(filled)]
        done = subprocess.run(
            command, cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True
        )
        said = done.stdout
    begin = time.monotonic()
    master = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py"),
            *("--bind", f"127.0.0.1:{port}", f"{module}:application"),
        ],
        cwd=ROOT,
        env=env,
    )
    try:
        while not _answers(port):
            if master.poll() is not None:
                raise SystemExit(f"The floor {name} ended while starting.")
            time.sleep(0.02)
        seconds = time.monotonic() - begin
        children = psutil.Process(master.pid).children(recursive=True)
        yield Running(port, [master.pid, *(child.pid for child in children)], seconds), said
    finally:
        master.terminate()
        master.wait()


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/health")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    else:
        return True
    finally:
        connection.close()
