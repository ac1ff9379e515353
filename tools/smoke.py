"""Start the playground with `start.py`, ask each site whether it's well, and stop it again.

    python -m tools.smoke http://playground.localhost:8000/health http://evil.localhost:9000/health

It needs nothing but Python, because `start.py` makes the environment. The workflows run it on
Windows and macOS, where no other test runs. Exit status: 0 if all went well, otherwise 1.
"""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import urlsplit

START_SECONDS = 600.0  # The packages are downloaded first.
STOP_SECONDS = 30.0
COMMAND = (sys.executable, "start.py")


def answers(address: str) -> bool:
    """Ask on loopback, since not every system resolves names that end in .localhost."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection("127.0.0.1", parts.port or 80, timeout=5)
    try:
        connection.request("GET", parts.path, headers={"Host": parts.netloc})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start the command in a group of its own, so that Ctrl-C reaches it and not this process."""
    if sys.platform == "win32":
        return subprocess.Popen(command, creationflags=subprocess.CREATE_NEW_PROCESS_GROUP)
    return subprocess.Popen(command, start_new_session=True)


def press_ctrl_c(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        # Windows can't send Ctrl-C to another group, but Ctrl-Break it can.
        process.send_signal(signal.CTRL_BREAK_EVENT)
    else:
        os.killpg(process.pid, signal.SIGINT)


def problem(
    addresses: Sequence[str],
    command: Sequence[str] = COMMAND,
    start_seconds: float = START_SECONDS,
    stop_seconds: float = STOP_SECONDS,
) -> str | None:
    """Return a sentence about what went wrong, or None."""
    for address in addresses:
        if answers(address):
            return f"{address} answers already, so this would test another playground."
    process = start(command)
    try:
        deadline = time.monotonic() + start_seconds
        while not all(answers(address) for address in addresses):
            if process.poll() is not None:
                return f"It ended while starting, with exit status {process.returncode}."
            if time.monotonic() > deadline:
                return f"It wasn't well after {start_seconds:g} seconds."
            time.sleep(0.2)
        press_ctrl_c(process)
        deadline = time.monotonic() + stop_seconds
        try:
            status = process.wait(stop_seconds)
        except subprocess.TimeoutExpired:
            return f"It was still running {stop_seconds:g} seconds after Ctrl-C."
        # On Windows, start.py may end before the sites that it started.
        while any(answers(address) for address in addresses):
            if time.monotonic() > deadline:
                return (
                    f"It ended, but a site was still there {stop_seconds:g} seconds after Ctrl-C."
                )
            time.sleep(0.2)
        # Windows reports the Ctrl-Break, whatever the process did about it.
        if status != 0 and sys.platform != "win32":
            return f"It ended with exit status {status} after Ctrl-C."
        return None
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End the process and, where that's possible, what it started."""
    if sys.platform == "win32":
        process.kill()
    else:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def main(addresses: Sequence[str]) -> int:
    if not addresses:
        print("Name the addresses to ask, for example http://…/health", file=sys.stderr)
        return 1
    found = problem(addresses)
    print(found or "It started, answered and stopped.", file=sys.stderr if found else sys.stdout)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
