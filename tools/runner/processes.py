"""Starting and stopping programs, with all the processes that they start themselves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

Process = subprocess.Popen[bytes]


def start(
    arguments: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
) -> Process:
    """Start a Python program in a process group of its own.

    The terminal sends Ctrl-C to its whole foreground group. In another group the program doesn't
    get it, and is stopped once, by the runner. The pipe to its standard input stays open for as
    long as the runner lives.
    """
    command = [sys.executable, *arguments]
    if sys.platform == "win32":
        return subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.PIPE,
            creationflags=subprocess.CREATE_NEW_PROCESS_GROUP,
        )
    return subprocess.Popen(
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.PIPE,
        start_new_session=True,
    )


def stop(processes: Iterable[Process], grace: float) -> None:
    """Ask programs to end, and kill them when the grace period is over."""
    processes = list(processes)
    for process in processes:
        _ask_to_end(process)
    deadline = time.monotonic() + grace
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, deadline - time.monotonic()))
        _end(process)
        process.wait()


def _ask_to_end(process: Process) -> None:
    if process.stdin is not None:
        with suppress(OSError):
            process.stdin.close()
    # On Windows terminate() doesn't ask.
    if sys.platform != "win32":
        process.terminate()


def _end(process: Process) -> None:
    if sys.platform == "win32":
        process.kill()
        return
    # The workers of a killed gunicorn are still there, in its group.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def group_members(leader: int) -> list[int]:
    """Return the living processes of a group; none outside Linux, which alone has /proc."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # The name, in parentheses, may hold anything; state, parent and group follow it.
            state, _, group = stat.read_text().rpartition(")")[2].split()[:3]
            if int(group) == leader and state != "Z":
                found.append(int(stat.parent.name))
    return sorted(found)
