"""One client's connection, and what has arrived of its next request."""

from __future__ import annotations

import enum
import io
import math
import socket
import threading
from collections.abc import Callable
from typing import Any

from gunicorn.http import errors  # type: ignore[import-untyped]
from gunicorn.http.body import ChunkedReader  # type: ignore[import-untyped]
from gunicorn.http.message import Request  # type: ignore[import-untyped]
from gunicorn.http.unreader import Unreader  # type: ignore[import-untyped]

from webserver.limits import Limits

HEAD_END = b"\r\n\r\n"


class State(enum.Enum):
    """What a connection is doing. In all states but `BUSY` it waits for its client."""

    HANDSHAKE = enum.auto()
    HEAD = enum.auto()
    BODY = enum.auto()
    BUSY = enum.auto()
    """Its request is complete, and in a queue or in a thread."""
    SENDING = enum.auto()
    CLOSING = enum.auto()
    """The last answer is sent; the client hasn't closed its side yet."""
    CLOSED = enum.auto()
    """Closed, or taken over by the application."""


class _Arrived(Unreader):  # type: ignore[misc]
    """Gives gunicorn's parser the bytes that are there, and never waits for more."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.unread(data)

    def chunk(self, size_hint: int | None = None) -> bytes:
        return b""


class Connection:
    """A client's connection. The main loop alone uses it, except while it's `BUSY`."""

    __slots__ = (
        "buffer",
        "client",
        "deadline",
        "large",
        "lock",
        "needed",
        "number",
        "paused",
        "read_on",
        "request",
        "server",
        "since",
        "sock",
        "state",
        "taken",
        "unsent",
    )

    def __init__(self, sock: socket.socket, client: Any, server: Any, state: State) -> None:
        self.sock = sock
        self.client = client
        self.server = server
        self.state = state
        self.since = 0.0
        """When it began to wait for its client."""
        self.deadline = math.inf
        self.buffer = bytearray()
        """What has arrived and isn't a complete request yet."""
        self.number = 0
        self.request: Any = None
        self.needed = 0
        """How many bytes the body of `request` has."""
        self.read_on = True
        """Whether another request can follow this one."""
        self.unsent = memoryview(b"")
        self.large = False
        self.paused = False
        """Whether the poller doesn't watch it, since something arrived while it was busy."""
        self.lock = threading.Lock()
        """Held while a thread ends being `BUSY`, or the main loop makes use of it."""
        self.taken: Callable[[], None] | None = None
        """What the application does with the connection that it takes over."""

    def read_head(self, arrived: int, limits: Limits, cfg: Any) -> bool:
        """Read a request's head if it's complete; `arrived` bytes of the buffer are new.

        Raises:
            ParseException: It's wrong, perhaps before it's complete.
        """
        buffer = self.buffer
        new = len(buffer) - arrived
        end = buffer.find(HEAD_END, max(0, new - 3))
        if end < 0:
            if self._is_hopeless(new, limits, cfg):
                self._parse(bytes(buffer), cfg)
                raise errors.LimitRequestHeaders("the head as a whole")
            return False
        end += len(HEAD_END)
        if end > limits.head_bytes:
            raise errors.LimitRequestHeaders("the head as a whole")
        self.request = request = self._parse(bytes(buffer[:end]), cfg)
        del buffer[:end]
        reader = request.body.reader
        if isinstance(reader, ChunkedReader) or reader.length > limits.body_bytes:
            self.needed, self.read_on = 0, False
        else:
            self.needed, self.read_on = reader.length, True
        return True

    def read_body(self) -> bool:
        """Give the request its body if that's complete."""
        if len(self.buffer) < self.needed:
            return False
        if self.needed:
            self.request.body = io.BytesIO(bytes(self.buffer[: self.needed]))
            del self.buffer[: self.needed]
        else:
            self.request.body = io.BytesIO()
        return True

    def _parse(self, data: bytes, cfg: Any) -> Any:
        self.number += 1
        try:
            return Request(cfg, _Arrived(data), self.client, self.number)
        except errors.NoMoreData:
            # Not wrong in what is there, but already too long.
            raise errors.LimitRequestHeaders("the head as a whole") from None

    def _is_hopeless(self, new: int, limits: Limits, cfg: Any) -> bool:
        """Tell whether a head that isn't complete can't become a valid one.

        A line that ends with a bare LF is wrong, and its sender may wait for the answer.
        """
        buffer = self.buffer
        if len(buffer) > limits.head_bytes:
            return True
        if len(buffer) > cfg.limit_request_line + 2 and buffer.find(b"\r\n", 2) < 0:
            return True
        recent = buffer[max(0, new - 1) :]
        bare = recent.count(b"\n") - recent.count(b"\r\n")
        # The byte before the new ones was counted when it was new.
        return bare > (1 if new and recent[:1] == b"\n" else 0)
