"""Is this laptop ready for the room? `make doctor`, or `make doctor TRAINER=192.168.1.5`.

Each check is a function `check_…`, which returns nothing, or what is wrong and what to do. By
then `start.py` has checked which Python it is.
"""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from playwright.sync_api import sync_playwright

from catalogue.addresses import LOCALHOST, Addresses, read
from csrf_proof.browsers import missing
from csrf_proof.profile_names import PROFILES
from room.settings import DEFAULT_PAGE_PORT, DEFAULT_SSH_PORT
from tools.runner import running, settings
from tools.runner.failures import SetupError
from tools.runner.sockets import loopback_addresses, refusal

# A certificate, a signed cookie or a timer goes wrong with more.
MOST_SECONDS_WRONG = 60
PROXIES = ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")
LEAST_FREE = 500 * 1024 * 1024
ANSWER_SECONDS = 5


@dataclass(frozen=True)
class Finding:
    """Something to do before the room opens."""

    wrong: str
    do: str


@dataclass(frozen=True)
class Laptop:
    """What the checks look at. `trainer` is the address of the room's page, if it's known."""

    where: Addresses
    environment: Mapping[str, str]
    var_dir: Path
    trainer: str


def check_ports(laptop: Laptop) -> Finding | None:
    """The sites' ports, unless the playground itself has them."""
    taken = [
        str(port)
        for port in (laptop.where.victim_port, laptop.where.attacker_port)
        if any(refusal(address, port) for address in loopback_addresses())
    ]
    if not taken or running.find(loopback_addresses(), laptop.where):
        return None
    return Finding(
        f"Another program uses port {' and '.join(taken)}.",
        "Stop it, or use VICTIM_PORT=8100 ATTACKER_PORT=9100; as an attendee, take the line of the "
        "join page that moves both ports.",
    )


def check_room_ports(laptop: Laptop) -> Finding | None:
    """The ports of a room, which only the trainer's laptop needs."""
    if laptop.trainer or running.find(loopback_addresses(), laptop.where):
        return None
    taken = [
        str(port)
        for port in (DEFAULT_SSH_PORT, DEFAULT_PAGE_PORT)
        if refusal("0.0.0.0", port)  # noqa: S104 - where a room listens
    ]
    if not taken:
        return None
    return Finding(
        f"Another program uses port {' and '.join(taken)}, which make room needs.",
        "Stop it, or use ROOM_PORT=2223 ROOM_PAGE_PORT=8081.",
    )


def check_proxy(laptop: Laptop) -> Finding | None:
    """Browsers that ask a proxy for the playground's names never reach this machine."""
    proxies = [laptop.environment[name] for name in PROXIES if laptop.environment.get(name)]
    without = laptop.environment.get("no_proxy", laptop.environment.get("NO_PROXY", ""))
    if not proxies or LOCALHOST in without:
        return None
    return Finding(
        f"A proxy is set ({proxies[0]}), and browsers may ask it for *.{LOCALHOST}.",
        f"Add {LOCALHOST} and .{LOCALHOST} to the proxy's exceptions (NO_PROXY).",
    )


def check_names(laptop: Laptop) -> Finding | None:
    """A hosts file or a resolver that leads one of our names elsewhere."""
    for name in vars(laptop.where.domains).values():
        with suppress(OSError):
            found = socket.gethostbyname(name)
            if not found.startswith("127."):
                return Finding(
                    f"{name} leads to {found}, which is not this machine.",
                    "Remove it from the hosts file, or turn the VPN off.",
                )
    return None


def check_browser(laptop: Laptop) -> Finding | None:
    with sync_playwright() as playwright:
        absent = missing(playwright)
    if len(absent) < len(PROFILES):
        return None
    return Finding(
        "No browser was found that the lessons are proven in.",
        "Install Chrome, Edge, Chromium or Firefox. On a Mac, Safari won't do.",
    )


def check_ssh(laptop: Laptop) -> Finding | None:
    if shutil.which("ssh"):
        return None
    return Finding(
        "There is no ssh on this laptop.",
        "Attendees then use join.py, which the join page offers. Windows has ssh under Optional "
        "features, “OpenSSH Client”.",
    )


def check_folder(laptop: Laptop) -> Finding | None:
    try:
        settings.check_var_dir(laptop.var_dir)
    except SetupError:
        return Finding(
            f"Nothing can be kept in {laptop.var_dir}.",
            "Set VAR_DIR to a folder that can be written.",
        )
    free = shutil.disk_usage(laptop.var_dir).free
    if free >= LEAST_FREE:
        return None
    return Finding(
        f"Only {free // 1024 // 1024} MB are free in {laptop.var_dir}.",
        "Make room for the database, or set VAR_DIR to another disk.",
    )


def check_trainer(laptop: Laptop) -> Finding | None:
    """The trainer's page and tunnel: without them, this network keeps laptops apart."""
    if not laptop.trainer:
        return None
    host, _, port = laptop.trainer.partition(":")
    for number in (int(port or DEFAULT_PAGE_PORT), DEFAULT_SSH_PORT):
        try:
            socket.create_connection((host, number), timeout=ANSWER_SECONDS).close()
        except ConnectionRefusedError:
            return Finding(
                f"{host} is there, and nothing listens at its port {number}.",
                "Run make room there, and let its firewall allow the port.",
            )
        except OSError:
            return Finding(
                f"{host} doesn't answer at port {number}.",
                "Is it the same network? Many guest networks keep laptops apart: try another one, "
                "such as a phone's hotspot.",
            )
    return None


def check_clock(laptop: Laptop) -> Finding | None:
    """Against the trainer's, if that's known."""
    if not laptop.trainer:
        return None
    host, _, port = laptop.trainer.partition(":")
    connection = http.client.HTTPConnection(
        host, int(port or DEFAULT_PAGE_PORT), timeout=ANSWER_SECONDS
    )
    try:
        connection.request("HEAD", "/")
        said = connection.getresponse().headers["Date"]
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    wrong = abs((datetime.now(UTC) - parsedate_to_datetime(said)).total_seconds()) if said else 0
    if wrong <= MOST_SECONDS_WRONG:
        return None
    return Finding(
        f"This clock and the trainer's differ by {wrong:.0f} seconds.",
        "Set the clock by the network; signed cookies and timers depend on it.",
    )


def checks() -> list[tuple[str, Callable[[Laptop], Finding | None]]]:
    """Return every check with what it's about, in the order of this file."""
    return [
        (name.removeprefix("check_").replace("_", " "), function)
        for name, function in globals().items()
        if name.startswith("check_")
    ]


def examine(laptop: Laptop) -> int:
    """Print what each check finds; return how many found something."""
    found = 0
    for about, check in checks():
        begin = time.monotonic()
        finding = check(laptop)
        took = f" ({time.monotonic() - begin:.0f} s)" if time.monotonic() - begin > 2 else ""
        print(f"{'!!' if finding else 'ok'}  {about}{took}")
        if finding:
            found += 1
            print(f"    {finding.wrong}\n    {finding.do}")
    return found


def main() -> int:
    var_dir = Path(os.environ.get("VAR_DIR") or Path(__file__).resolve().parents[1] / "var")
    trainer = os.environ.get("TRAINER", "").removeprefix("http://").strip("/")
    found = examine(Laptop(read(os.environ), os.environ, var_dir, trainer))
    print("This laptop is ready." if not found else f"{found} to see to, marked with !!.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
