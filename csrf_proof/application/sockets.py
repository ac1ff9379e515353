"""Messages for an application's WebSocket, said without a browser."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from websockets.exceptions import InvalidHandshake, InvalidStatus, WebSocketException
from websockets.sync.client import connect
from websockets.typing import Origin

from csrf_proof.address import TIMEOUT_SECONDS, Address, WrongUse, any_certificate


@contextmanager
def said(
    target: Address, messages: Sequence[str], origin: str, headers: Mapping[str, str]
) -> Iterator[int]:
    """Open a WebSocket as a page of `origin` does, say the messages, and yield the status of the
    answer; the WebSocket stays open until the end.

    Raises:
        WrongUse: The application doesn't answer, or not as a WebSocket does.
    """
    try:
        opened = connect(
            target.origin.replace("http", "ws", 1) + target.target,
            sock=target.connected(_connected),
            ssl=any_certificate() if target.origin.startswith("https") else None,
            origin=Origin(origin),
            additional_headers=headers,
            user_agent_header=None,
            proxy=None,
            open_timeout=TIMEOUT_SECONDS,
            close_timeout=1,
        )
    except InvalidStatus as refused:
        yield refused.response.status_code
        return
    except (OSError, InvalidHandshake) as failure:
        raise WrongUse(
            f"{target.origin}{target.target} opens no WebSocket: {failure}."
        ) from failure
    with opened:
        try:
            for message in messages:
                opened.send(message)
        except WebSocketException:
            pass  # The application has closed it, which is its way to say no.
        yield 101


def _connected(scheme: str, host: str, port: int) -> socket.socket:
    return socket.create_connection((host, port), TIMEOUT_SECONDS)
