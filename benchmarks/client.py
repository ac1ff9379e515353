"""A client that costs little, since it shares the processor with what it measures."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Request:
    """A request, written out once."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: str = ""

    @property
    def bytes(self) -> bytes:
        length = {"Content-Length": str(len(self.body.encode()))} if self.body else {}
        lines = [f"{name}: {value}\r\n" for name, value in {**self.headers, **length}.items()]
        return f"{self.method} {self.path} HTTP/1.1\r\n{''.join(lines)}\r\n{self.body}".encode()


def get(host: str, path: str, cookie: str = "") -> Request:
    headers = {"Host": host, "Accept-Encoding": "gzip"}
    return Request("GET", path, {**headers, "Cookie": cookie} if cookie else headers)


def post(host: str, path: str, cookie: str, body: str) -> Request:
    """Return a form that is sent from a page of the same host."""
    headers = {
        "Host": host,
        "Accept-Encoding": "gzip",
        "Cookie": cookie,
        "Origin": f"http://{host}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return Request("POST", path, headers, body)


@dataclass(frozen=True)
class Response:
    status: int
    head: bytes
    body: bytes

    @property
    def text(self) -> str:
        zipped = b"content-encoding: gzip" in self.head.lower()
        return (gzip.decompress(self.body) if zipped else self.body).decode()

    def cookies(self) -> dict[str, str]:
        """Return the cookies that are set, as a browser would send them back."""
        lines = (line.partition(b":") for line in self.head.split(b"\r\n"))
        set_ = (value for name, _, value in lines if name.strip().lower() == b"set-cookie")
        pairs = (value.partition(b";")[0].decode().strip().partition("=") for value in set_)
        return {name: value for name, _, value in pairs if value}


class Connection:
    """One connection that is kept alive, and opened again if the server has closed it."""

    def __init__(self, port: int, address: str = "127.0.0.1") -> None:
        self._port, self._address = port, address
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, request: Request) -> Response:
        if self._reader is None or self._reader.at_eof():
            self.close()
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(
                self._address, self._port, limit=2**20
            )
        self._writer.write(request.bytes)
        head = await self._reader.readuntil(b"\r\n\r\n")
        lower = head.lower()
        body = b""
        if b"\r\ncontent-length:" in lower:
            length = lower.partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0]
            body = await self._reader.readexactly(int(length))
        elif b"\r\ntransfer-encoding: chunked" in lower:
            body = await self._chunks(self._reader)
        if b"\r\nconnection: close" in lower:
            self.close()
        return Response(int(head[9:12]), head, body)

    @staticmethod
    async def _chunks(reader: asyncio.StreamReader) -> bytes:
        body = b""
        while length := int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16):
            body += await reader.readexactly(length)
            await reader.readexactly(2)
        await reader.readexactly(2)
        return body

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None
