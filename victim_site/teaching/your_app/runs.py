"""Runs of csrf-proof: each is a process that writes into a folder of its own.

Whichever process of the site is asked reads the folder, so all that is known is in files.
"""

from __future__ import annotations

import atexit
import importlib.util
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

from django.conf import settings

from csrf_proof.command.options import PASSWORD
from csrf_proof.command.status import Status

FOLDER: Path = settings.VAR_DIR / "your-app"
# Exists while something runs, and is touched all the time.
BUSY = FOLDER / "busy"
KEPT = 10
COMMAND = (sys.executable, "-m", "csrf_proof")
_BEAT, _STALE = 0.2, 5.0  # Seconds.
_LONGEST_OUTPUT = 200_000  # Bytes; it's the end that is shown.
_processes: set[subprocess.Popen[bytes]] = set()


class Busy(Exception):
    """Another run isn't over. Two at once would find each other's changes in the state."""


@dataclass(frozen=True)
class Run:
    """A run, by its name. `status` is csrf-proof's exit status, or None while it runs."""

    name: str

    @property
    def folder(self) -> Path:
        return FOLDER / self.name

    @property
    def url(self) -> str:
        return self._read("url")

    @property
    def output(self) -> str:
        try:
            with (self.folder / "output").open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - _LONGEST_OUTPUT))
                return file.read().decode("utf-8", "replace")
        except FileNotFoundError:
            return ""

    @property
    def status(self) -> int | None:
        if said := self._read("status"):
            return int(said)
        return None if _is_busy() else Status.INTERRUPTED

    @property
    def report(self) -> str:
        """The report for people, or nothing."""
        return self._read("report.html")

    @property
    def results(self) -> list[dict[str, Any]]:
        """The result of each attack, from csrf-proof's JSON."""
        said = self._read("report.json")
        actions = json.loads(said)["actions"] if said else []
        return [result for action in actions for result in action["results"]]

    def stop(self) -> None:
        with suppress(FileNotFoundError):  # It's gone, and so over.
            (self.folder / "stop").touch()

    def _read(self, name: str) -> str:
        try:
            return (self.folder / name).read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""


def lacks_browsers() -> bool:
    """Tell whether what drives browsers isn't installed."""
    return importlib.util.find_spec("playwright") is None


def find(name: str) -> Run | None:
    run = Run(name)
    return run if (run.folder / "url").is_file() else None


def newest() -> list[Run]:
    """Return the runs that are kept, the newest first."""
    files = FOLDER.glob("*/url")
    return [Run(file.parent.name) for file in sorted(files, key=_age, reverse=True)]


def _age(file: Path) -> float:
    with suppress(FileNotFoundError):
        return file.stat().st_mtime
    return 0


def start(arguments: Sequence[str], password: str) -> Run:
    """Start csrf-proof with these arguments, of which the first is the address.

    Raises:
        Busy: Another run isn't over.
        OSError: The folder can't be written.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    if not _is_busy():
        with suppress(FileNotFoundError):
            BUSY.rmdir()  # Of a process that was killed.
    try:
        BUSY.mkdir()
    except FileExistsError:
        raise Busy from None
    try:
        return _start(arguments, password)
    except BaseException:
        BUSY.rmdir()
        raise


def _start(arguments: Sequence[str], password: str) -> Run:
    for old in newest()[KEPT - 1 :]:
        shutil.rmtree(old.folder, ignore_errors=True)
    run = Run(secrets.token_hex(4))
    run.folder.mkdir()
    reports = (f"--{kind}={run.folder / f'report.{kind}'}" for kind in ("html", "json"))
    # Without a password nobody can be asked for one, since there is no terminal.
    given = {PASSWORD: password} if password else {}
    with (run.folder / "output").open("wb") as output:
        process = subprocess.Popen(
            [*COMMAND, *arguments, *reports],
            cwd=settings.CHECKOUT,
            env={**os.environ, **given, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    _processes.add(process)
    (run.folder / "url").write_text(arguments[0], encoding="utf-8")
    Thread(target=_watch, args=(process, run), daemon=True).start()
    return run


def _watch(process: subprocess.Popen[bytes], run: Run) -> None:
    try:
        asked_to_stop = False
        while process.poll() is None:
            os.utime(BUSY)
            if not asked_to_stop and (run.folder / "stop").exists():
                asked_to_stop = True
                _interrupt(process)
            time.sleep(_BEAT)
        unfinished = run.folder / ".status"
        unfinished.write_text(str(process.returncode))
        unfinished.replace(run.folder / "status")
    finally:
        _processes.discard(process)
        BUSY.rmdir()


def _interrupt(process: subprocess.Popen[bytes]) -> None:
    """End it as Ctrl-C does, with its browsers."""
    if sys.platform == "win32":
        process.terminate()
    else:
        process.send_signal(signal.SIGINT)


@atexit.register
def _end_all() -> None:
    for process in list(_processes):
        _interrupt(process)


def _is_busy() -> bool:
    try:
        return time.time() - BUSY.stat().st_mtime < _STALE
    except FileNotFoundError:
        return False
