"""The room's way in, as a service of the runner: `python -m room`.

It ends with its standard input, or with SIGTERM.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from catalogue import addresses
from room import settings
from room.arrivals import Arrivals
from room.lan import Lan
from room.network import allowed_sockets, reachable
from room.tunnel import MOST_SOCKETS, Limits, host_key, serve
from room.way_in import WayIn, files

# How soon the wall shows another address of this laptop.
LOOK_AGAIN_SECONDS = 3


async def run(room: settings.Room, var_dir: Path, where: addresses.Addresses) -> None:
    """Let people in until it's cancelled."""
    key = host_key(var_dir)
    fingerprint = key.get_fingerprint()
    ports = (where.victim_port, where.attacker_port)
    arrivals = Arrivals(room.ways, room.code)
    limits = Limits(room.code, arrivals, allowed_sockets(MOST_SOCKETS))
    lan = Lan({}, limits, ports)
    known: list[str] | None = None

    def look() -> None:
        """Say how to come in, unless it's what was said before."""
        nonlocal known
        if (here := reachable(room.binds)) != known:
            known = here
            ways = [
                WayIn(address, room.ssh_port, room.page_port, fingerprint, where)
                for address in here
            ]
            arrivals.told([way.as_json() for way in ways])
            lan.files = files(ways, where)

    look()
    for bind in room.binds:
        await serve(bind, room.ssh_port, key, limits, ports)
        await lan.serve(bind, room.page_port)
    while True:
        await asyncio.sleep(LOOK_AGAIN_SECONDS)
        look()


async def until_told() -> None:
    """Run until the runner ends this, or has gone."""
    var_dir = Path(os.environ["VAR_DIR"])
    where = addresses.read(os.environ)
    running = asyncio.ensure_future(run(settings.read(os.environ, var_dir), var_dir, where))
    loop = asyncio.get_running_loop()
    if sys.platform != "win32":
        loop.add_signal_handler(signal.SIGTERM, running.cancel)
        loop.add_reader(sys.stdin.fileno(), running.cancel)
    with suppress(asyncio.CancelledError):
        await running


if __name__ == "__main__":
    asyncio.run(until_told())
