"""What the network gets by plain http: one page, the script for people without ssh, and its relay.

The relay is an HTTP proxy (CONNECT, RFC 9110, 9.3.6) that leads to the playground's two ports and
asks for the room's code. The code isn't shown here: it's on the trainer's wall.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.utils import formatdate

import h11

from room.tunnel import HERE, Limits, released

# A whole request's head, however slowly it comes.
HEAD_SECONDS = 10
LONGEST_HEAD = 8192
# What one address may have open here; a browser behind the relay needs the most.
MOST_CONNECTIONS = 128
_CHUNK = 65536
_LEAD = {"server": "CSRF-Playground", "connection": "close", "cache-control": "no-store"}


@dataclass(frozen=True)
class File:
    """Something to be fetched."""

    type: str
    body: bytes


class Lan:
    """One server for all addresses. `files` is what there is to fetch, by path."""

    def __init__(self, files: Mapping[str, File], limits: Limits, ports: Sequence[int]) -> None:
        self.files = files
        self._limits = limits
        self._ports = ports

    async def serve(self, address: str, port: int) -> asyncio.Server:
        """Listen at one address of this machine.

        Raises:
            OSError: Nothing can listen there.
        """
        return await asyncio.start_server(self._connected, address, port, limit=_CHUNK)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = writer.get_extra_info("peername")[0]
        pages = self._limits.pages
        pages[address] += 1
        try:
            if pages[address] <= MOST_CONNECTIONS and not self._limits.is_full:
                await self._answer(reader, writer, address)
        except (OSError, TimeoutError, EOFError, asyncio.CancelledError):
            # The network has gone, or the client. Or the room ends: Python 3.11 would print a
            # traceback for each task that it cancels.
            pass
        finally:
            released(pages, address)
            writer.close()

    async def _answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: str
    ) -> None:
        http = h11.Connection(h11.SERVER, max_incomplete_event_size=LONGEST_HEAD)
        try:
            async with asyncio.timeout(HEAD_SECONDS):
                request = await _request(http, reader)
        except h11.RemoteProtocolError as mistake:
            status = mistake.error_status_hint
            await _send(http, writer, status, "This isn't a request that can be understood.\n")
            return
        if request is None:
            return
        if request.method == b"CONNECT":
            await self._relay(http, request, reader, writer, address)
            return
        if request.method not in {b"GET", b"HEAD"}:
            await _send(http, writer, 405, "There's only something to read here.\n")
            return
        path = request.target.partition(b"?")[0].decode("ascii", "replace")
        file = self.files.get(path)
        if file is None:
            await _send(http, writer, 404, "There's nothing here but the page at /.\n")
            return
        await _send(http, writer, 200, file.body, file.type)

    async def _relay(
        self,
        http: h11.Connection,
        request: h11.Request,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        address: str,
    ) -> None:
        said = dict(request.headers).get(b"proxy-authorization", b"").decode("latin-1")
        if not await self._limits.is_code(said.removeprefix("Bearer "), address):
            await _send(http, writer, 407, "That isn't this room's code.\n")
            return
        host, _, port = request.target.decode("ascii", "replace").rpartition(":")
        if host != HERE or port not in map(str, self._ports):
            sentence = "This room leads to the playground's two ports and nowhere else.\n"
            await _send(http, writer, 403, sentence)
            return
        if not self._limits.may_forward(address):
            await _send(http, writer, 503, "Too many connections are open; close a few windows.\n")
            return
        forwards = self._limits.forwards
        forwards[address] += 1
        try:
            site, to_site = await asyncio.open_connection(HERE, int(port))
        except OSError:
            released(forwards, address)
            await _send(http, writer, 502, "The playground doesn't answer.\n")
            return
        self._limits.arrivals.joined(writer, address)
        try:
            answer = http.send(h11.Response(status_code=200, headers=[], reason=b"Go on"))
            writer.write(answer or b"")
            to_site.write(http.trailing_data[0])
            await asyncio.gather(_pump(reader, to_site), _pump(site, writer))
        finally:
            self._limits.arrivals.left(writer)
            released(forwards, address)
            to_site.close()


async def _request(http: h11.Connection, reader: asyncio.StreamReader) -> h11.Request | None:
    """Return a request's head, or None where the client has gone."""
    while True:
        event = http.next_event()
        if isinstance(event, h11.Request):
            return event
        if event is not h11.NEED_DATA:
            return None
        http.receive_data(await reader.read(_CHUNK))


async def _send(
    http: h11.Connection,
    writer: asyncio.StreamWriter,
    status: int,
    body: str | bytes,
    kind: str = "text/plain; charset=utf-8",
) -> None:
    content = body.encode() if isinstance(body, str) else body
    headers = {**_LEAD, "date": formatdate(usegmt=True), "content-type": kind}
    headers["content-length"] = str(len(content))
    if status == 407:
        headers["proxy-authenticate"] = "Bearer"
    events = (
        h11.Response(status_code=status, headers=list(headers.items())),
        h11.Data(data=content),
        h11.EndOfMessage(),
    )
    with suppress(h11.LocalProtocolError):  # To HEAD there's no body.
        for event in events:
            writer.write(http.send(event) or b"")
    await writer.drain()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hand on all that comes, and that nothing comes any more."""
    with suppress(OSError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
