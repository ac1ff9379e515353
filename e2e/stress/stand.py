"""The playground under stress: started by the real runner, its output kept, its processes known."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from e2e.bank import Lab, Site
from tools.postgresql import ends_with_this_process
from tools.run import APPLICATIONS, ROOT, free_port

SITES = ("victim", "attacker")
# The runner gives up by itself, and says what it waited for.
START_SECONDS = 180.0
STOP_SECONDS = 20.0
# What says that a request ended in a way that nobody has thought of.
TRACEBACK = re.compile(r"Traceback \(most recent call last\)")
# These would make it another playground.
_NOT_INHERITED = {"BIND", "DATABASE_URL", "HTTPS", "SERVER", "PLAYGROUND_RUNNER", "ROOM"}


class StandError(Exception):
    """The playground didn't start or stop; the text says which."""


@dataclass(frozen=True)
class Exchange:
    """Where one site takes raw bytes, and a host that it answers for."""

    port: int
    host: str

    def connect(self, timeout: float = 10.0, receive_buffer: int = 0) -> socket.socket:
        connection = socket.socket()
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.settimeout(timeout)
        try:
            connection.connect(("127.0.0.1", self.port))
        except OSError:
            connection.close()
            raise
        return connection


def answer_of(connection: socket.socket) -> str:
    """Return the status of the first answer, "closed", or "nothing" where neither comes."""
    try:
        data = connection.recv(65536)
        while data and b" " not in data[9:]:
            more = connection.recv(65536)
            data = data + more if more else b""
    except TimeoutError:
        return "nothing"
    except OSError:
        return "closed"
    return data.split(b" ")[1].decode(errors="replace") if data else "closed"


class Stand:
    """A playground in a folder, as a context manager.

    `before` is put before the runner's command, `env` is laid over this process's environment.
    """

    def __init__(
        self, folder: Path, *, env: Mapping[str, str] | None = None, before: Sequence[str] = ()
    ) -> None:
        self.var_dir = folder / "var"
        self.output = folder / "output.txt"
        self.site = Site(free_port(), free_port())
        inherited = {k: v for k, v in os.environ.items() if k not in _NOT_INHERITED}
        self._env = (
            inherited
            | dict(env or {})
            | {
                "VICTIM_PORT": str(self.site.victim_port),
                "ATTACKER_PORT": str(self.site.attacker_port),
                "VAR_DIR": str(self.var_dir),
                "VICTIM_BROWSER": "0",
            }
        )
        self._before = tuple(before)
        self._runner: subprocess.Popen[bytes] | None = None
        self._seen = 0

    def __enter__(self) -> Stand:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the runner and wait until it says that both sites answer."""
        begin = self._size()
        command = [*ends_with_this_process(), *self._before, sys.executable, "-m", "tools.run"]
        with self.output.open("ab") as output:
            self._runner = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Ctrl-C goes to this process, which then stops the runner.
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while "The CSRF Playground is ready" not in self._text(begin):
            if self._runner.poll() is not None or time.monotonic() > deadline:
                raise StandError(f"The playground didn't start:\n{self._text(begin)[-3000:]}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop the runner as Ctrl-C does; what is left afterwards is killed."""
        if self._runner is None:
            return
        left = self.processes()
        if self._runner.poll() is None:
            self._runner.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                self._runner.wait(STOP_SECONDS)
        _, alive = psutil.wait_procs(left, timeout=STOP_SECONDS)
        for process in alive:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self._runner.wait()
        self._runner = None
        if alive:
            raise StandError(f"{len(alive)} processes outlived the runner by {STOP_SECONDS:.0f} s.")

    def wait_until_ended(self, processes: Sequence[psutil.Process]) -> None:
        """Wait until the runner and these processes are gone, as they should be after a kill."""
        assert self._runner is not None
        self._runner.wait(STOP_SECONDS)
        _, alive = psutil.wait_procs(processes, timeout=STOP_SECONDS)
        if alive:
            raise StandError(f"{len(alive)} processes are still there.")

    @property
    def runner(self) -> psutil.Process:
        assert self._runner is not None
        return psutil.Process(self._runner.pid)

    def arbiter(self, site: str) -> psutil.Process:
        """Return gunicorn's first process of a site."""
        (found,) = (
            child for child in self.runner.children() if APPLICATIONS[site] in child.cmdline()
        )
        return found

    def workers(self, site: str) -> list[psutil.Process]:
        return self.arbiter(site).children()

    def exchange(self, site: str, lab: str = "no-defense") -> Exchange:
        if site == "victim":
            port = self.site.victim_port
            return Exchange(port, f"{self.site.domains.lab(lab)}:{port}")
        port = self.site.attacker_port
        return Exchange(port, f"{self.site.domains.evil}:{port}")

    @property
    def playground_host(self) -> str:
        """Return the teaching side's host, as a request names it."""
        return f"{self.site.domains.playground}:{self.site.victim_port}"

    def lab(self, label: str = "no-defense") -> Lab:
        return Lab(self.site, label)

    def tracebacks(self) -> list[str]:
        """Return the sites' tracebacks since the last call, each with its last lines."""
        text = self._text(self._seen)
        self._seen = self._size()
        return [text[max(0, found.start() - 200) :][:2500] for found in TRACEBACK.finditer(text)]

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """Ask the bank's database, or a copy of it where the sites' folder is theirs alone."""
        with tempfile.TemporaryDirectory() as copies:
            file = self.var_dir / "playground.sqlite3"
            if self.root != Path("/"):
                for part in (self.root / file.relative_to("/")).parent.glob(f"{file.name}*"):
                    shutil.copy(part, copies)
                file = Path(copies, file.name)
            with closing(sqlite3.connect(file, timeout=20)) as database:
                return database.execute(query, values).fetchall()

    @property
    def root(self) -> Path:
        """Return where the sites' file system is seen from here."""
        return Path(f"/proc/{self.runner.pid}/root") if self._before else Path("/")

    def processes(self) -> list[psutil.Process]:
        assert self._runner is not None
        try:
            return psutil.Process(self._runner.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def _size(self) -> int:
        return self.output.stat().st_size if self.output.exists() else 0

    def _text(self, begin: int) -> str:
        with self.output.open("rb") as output:
            output.seek(begin)
            return output.read().decode(errors="replace")
