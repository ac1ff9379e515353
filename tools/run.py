"""Start both sites, wait until they answer, and stop them both: ``make run`` and ``start.py``.

``python -m tools.run`` checks what can be checked before anything starts (ports, the folder for
state), starts each site on both loopback addresses and prints one address to open. Ctrl-C,
SIGTERM, SIGHUP, or the end of either site stops both. Exit status: 0 after Ctrl-C or another
signal, or if a playground is running there already; 1 when a site died; 2 when something has to
be changed first.

Tests and benchmarks use ``Playground`` and ``free_port`` from here.
"""

from __future__ import annotations

import ipaddress
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from catalogue.addresses import Addresses
from room.settings import Room
from tools.runner import running, settings
from tools.runner.failures import Interrupted, PortInUse, ServiceDied, SetupError
from tools.runner.playground import ROOT, Playground
from tools.runner.services import APPLICATIONS
from tools.runner.settings import WAITRESS
from tools.runner.signals import Signals
from tools.runner.sockets import LOOPBACK, free_port, loopback_addresses

__all__ = [
    "APPLICATIONS",
    "LOOPBACK",
    "ROOT",
    "Playground",
    "free_port",
    "loopback_addresses",
    "main",
]


def main(environment: Mapping[str, str] = os.environ, root: Path = ROOT) -> int:
    signals = Signals()
    try:
        return _run(environment, root, signals)
    except Interrupted:
        return 0
    except ServiceDied as error:
        print(error, file=sys.stderr)
        return 1
    except SetupError as error:
        print(error, file=sys.stderr)
        return 2


def _run(environment: Mapping[str, str], root: Path, signals: Signals) -> int:
    """Run a playground until a signal or the end of a service ends it with an exception."""
    where = settings.read_where(environment)
    addresses = settings.read_addresses(environment)
    settings.check_most_labs(environment)
    var_dir = Path(environment.get("VAR_DIR") or root / "var")
    playground = Playground(
        victim_port=where.victim_port,
        attacker_port=where.attacker_port,
        var_dir=var_dir,
        root=root,
        addresses=addresses,
        pause=signals.pause,
        https=where.scheme == "https",
        server=settings.read_server(environment),
        room=settings.read_room(environment, var_dir),
        victims_browser=settings.read_victims_browser(environment),
    )
    if not all(ipaddress.ip_address(address).is_loopback for address in addresses):
        print(
            "Warning: BIND lets other machines reach a bank that is vulnerable on purpose.",
            file=sys.stderr,
        )
    try:
        with playground:
            _announce(playground)
            while (dead := playground.dead()) is None:
                playground.revive()
                signals.pause()
    except PortInUse:
        address = running.find(addresses, where)
        if address is None:
            raise
        print(f"The CSRF Playground is already running at {address}")
        return 0
    raise ServiceDied(dead.died)


def _announce(playground: Playground) -> None:
    print(f"The CSRF Playground is ready: {playground.address}")
    if playground.https:
        print(f"Browsers warn at each host until they trust {playground.ca_file}")
        print("How, and how to take it back: docs/https.md")
    if not playground.where.domains.resolve_by_themselves:
        print("The names have to lead to this machine: make hosts prints lines for a hosts file.")
    if playground.server == WAITRESS:
        print("The server is waitress, so the live statement and websocket-hijack don't work.")
    if playground.room:
        _announce_room(playground.room, playground.where)
    print("Ctrl-C stops both sites.", flush=True)


def _announce_room(room: Room, where: Addresses) -> None:
    """Print how the trainer gets to their page, and how everybody else comes in."""
    print(f"trainer: {where.playground}/room/enter/?key={room.secret}")
    ways = json.loads(room.ways.read_text(encoding="utf-8"))
    for way in ways["ways"]:
        print(f"join: {way['ssh']}")
        print(f"  or {way['page']} with more help; the code is {ways['code']}")
    if not ways["ways"]:
        print("This machine isn't in a network yet. As soon as it is, the room is open.")


if __name__ == "__main__":
    sys.exit(main())
