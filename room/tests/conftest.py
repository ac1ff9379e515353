"""A room with a small site behind it, and a client that knows the code."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh

from room.arrivals import Arrivals
from room.lan import File, Lan
from room.tunnel import MOST_SOCKETS, Limits, host_key, serve

CODE = "tulip-kitchen-42"
ADDRESS = "127.0.0.1"


@dataclass
class Room:
    """A running room; `port` is the site's that it leads to."""

    arrivals: Arrivals
    limits: Limits
    site: asyncio.Server
    port: int
    ssh_port: int
    page_port: int

    def ssh(self, code: str = CODE, **more: Any) -> Any:
        """Connect as a laptop does."""
        return asyncssh.connect(
            ADDRESS,
            self.ssh_port,
            username="room",
            password=code,
            known_hosts=None,
            config=None,
            client_keys=None,
            agent_path=None,
            **more,
        )


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say what came, and end."""
    writer.write(b"site: " + await reader.read(1000))
    writer.close()


@asynccontextmanager
async def room(tmp_path: Path, most_sockets: int = MOST_SOCKETS) -> AsyncIterator[Room]:
    site = await asyncio.start_server(_answer, "localhost", 0)
    port = site.sockets[0].getsockname()[1]
    (tmp_path / "room").mkdir()
    arrivals = Arrivals(tmp_path / "room" / "way-in.json", CODE)
    limits = Limits(CODE, arrivals, most_sockets)
    tunnel = await serve(ADDRESS, 0, host_key(tmp_path), limits, [port])
    lan = Lan({"/": File("text/html", b"join")}, limits, [port])
    page = await lan.serve(ADDRESS, 0)
    page_port = page.sockets[0].getsockname()[1]
    try:
        yield Room(arrivals, limits, site, port, tunnel.get_port(), page_port)
    finally:
        tunnel.close()
        page.close()
        site.close()


async def soon(holds: Callable[[], bool], seconds: float = 30) -> bool:
    """Wait until something holds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while not holds():
                await asyncio.sleep(0.01)
    return holds()
