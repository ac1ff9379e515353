"""The way into a room for laptops without ssh: lets this laptop's ports lead to the trainer's.

    python3 join.py 192.168.1.5:8080 the-rooms-code

Ctrl-C ends it. It needs Python 3.8 and nothing else, and listens on this laptop alone.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from typing import Any, Awaitable, Callable, Sequence  # noqa: UP035 - for Python 3.8

PORTS = (8000, 9000)
# What the ports are moved by where they are taken, one after the other.
OFFSETS = (0, 10, 20, 30, 100)
CHUNK = 65536
ANSWER_SECONDS = 10


class Refused(Exception):
    """The trainer's laptop said no; the text says why."""


async def open_relay(
    trainer: str, code: str, port: int
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Return a reader and a writer that lead to a port of the playground."""
    host, _, page = trainer.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(page))
    head = f"CONNECT localhost:{port} HTTP/1.1\r\nHost: localhost:{port}\r\n"
    writer.write(f"{head}Proxy-Authorization: Bearer {code}\r\n\r\n".encode())
    answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    status = answer.split(" ", 2)[1]
    if status != "200":
        said = (await reader.read(300)).decode("utf-8", "replace").strip()
        writer.close()
        raise Refused(said or f"The trainer's laptop answered {status}.")
    return reader, writer


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while True:
            data = await reader.read(CHUNK)
            if not data:
                break
            writer.write(data)
            await writer.drain()
        writer.write_eof()


def relay_to(trainer: str, code: str, port: int) -> Callable[[Any, Any], Awaitable[None]]:
    """Return what happens to each connection of a browser."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, to_there = await open_relay(trainer, code, port)
        except (OSError, EOFError, Refused) as problem:
            print(f"The trainer's laptop can't be reached ({problem}); trying again when asked.")
            writer.close()
            return
        await asyncio.gather(pump(reader, to_there), pump(there, writer))
        to_there.close()
        writer.close()

    return connected


async def listen(trainer: str, code: str, ports: Sequence[int], offset: int) -> bool:
    """Listen on this laptop for both sites; on no port if one of them is taken."""
    servers = []
    try:
        for port in ports:
            server = await asyncio.start_server(
                relay_to(trainer, code, port), "127.0.0.1", port + offset
            )
            servers.append(server)
            with suppress(OSError):  # Some laptops have no IPv6.
                servers.append(
                    await asyncio.start_server(relay_to(trainer, code, port), "::1", port + offset)
                )
    except OSError:
        for server in servers:
            server.close()
        return False
    return True


async def join(trainer: str, code: str, ports: Sequence[int]) -> str:
    try:
        _, writer = await asyncio.wait_for(open_relay(trainer, code, ports[0]), ANSWER_SECONDS)
        writer.close()
    except Refused as problem:
        return str(problem)
    except (OSError, EOFError, asyncio.TimeoutError):  # noqa: UP041 - they differ before 3.11
        return (
            f"Nothing answers at {trainer}. Is this laptop in the same network as the trainer's, "
            "and is the address still the one on the wall?"
        )
    for offset in OFFSETS:
        if await listen(trainer, code, ports, offset):
            print(f"Joined. Open http://playground.localhost:{ports[0] + offset}/ in a browser.")
            print("Keep this window open. Ctrl-C leaves the room.", flush=True)
            await asyncio.Event().wait()
    return f"The ports {ports[0]} and {ports[1]} are in use here, and so are the next ones."


def main(arguments: Sequence[str]) -> str | None:
    if len(arguments) not in (2, 4) or ":" not in arguments[0]:
        return "Usage: python3 join.py ADDRESS:PORT CODE, as on the wall"
    trainer, code = arguments[0], arguments[1]
    ports = tuple(int(port) for port in arguments[2:]) or PORTS
    try:
        return asyncio.run(join(trainer, code, ports))
    except KeyboardInterrupt:
        return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
