"""The statement feed: what a handshake must be, whom it is opened for, and how it ends."""

from __future__ import annotations

import base64
import json
import os
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from simple_websocket import Client as WebSocket  # type: ignore[import-untyped,unused-ignore]
from simple_websocket import ConnectionClosed

from tools.run import Playground
from victim_site.bank.feed import AT_ONCE, PATH
from victim_site.conftest import Bank, signed_in

HANDSHAKE = {
    "connection": "Upgrade",
    "upgrade": "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": base64.b64encode(b"sixteen bytes ok").decode(),
}


def shake(bank: Bank, **changed: str | None) -> Any:
    """Send a handshake as the bank's own page does, but for what is changed."""
    headers = (
        HANDSHAKE | {"origin": bank.origin} | {k.replace("_", "-"): v for k, v in changed.items()}
    )
    return bank.get(PATH, headers={k: v for k, v in headers.items() if v is not None})


@pytest.mark.django_db
class TestHandshake:
    LABS = ("no-defense", "everything", "post-only", "csrf-token", "custom-header", "json-only")

    @pytest.mark.parametrize("lab", ["no-defense", "everything", "post-only", "rule-of-thumb"])
    def test_the_banks_own_page_is_let_through_and_written_down(self, lab: str) -> None:
        alice = signed_in(lab)

        assert shake(alice).status_code == 101
        attempt = alice.attempts[-1]
        assert (attempt["kind"], attempt["action"]) == ("websocket", "statement")
        assert (attempt["outcome"], attempt["user"]) == ("applied", "alice")

    @pytest.mark.parametrize("origin", ["http://evil.localhost:9000", "null", "", None])
    def test_another_origin_is_refused_by_websocket_origin_alone(self, origin: str | None) -> None:
        assert shake(signed_in("no-defense"), origin=origin).status_code == 101
        alice = signed_in("websocket-origin")

        assert shake(alice, origin=origin).status_code == 403
        assert alice.attempts[-1]["reason"] == "websocket-origin"

    def test_without_a_session_the_reason_is_the_browsers(self) -> None:
        signed_in("samesite-strict")
        stranger = Bank("samesite-strict")

        answer = shake(stranger, origin="http://evil.localhost:9000")

        assert answer.status_code == 401
        assert stranger.attempts[-1]["reason"] == "cookie-strict"

    @pytest.mark.parametrize(
        "changed",
        [
            {"sec_websocket_key": None},
            {"sec_websocket_key": ""},
            {"sec_websocket_key": "short"},
            {"sec_websocket_key": "é" * 24},
            {"sec_websocket_key": "A" * 5000},
            {"sec_websocket_version": None},
            {"sec_websocket_version": "8"},
            {"connection": "close"},
            {"upgrade": "h2c"},
            {"upgrade": None},
        ],
    )
    def test_a_broken_one_gets_a_sentence(self, changed: dict[str, str | None]) -> None:
        answer = shake(signed_in("no-defense"), **changed)

        assert answer.status_code == 400
        assert answer.content.decode().endswith(".\n")

    @pytest.mark.parametrize("method", ["post", "head", "put", "options"])
    def test_no_other_method_will_do(self, method: str) -> None:
        answer = getattr(signed_in("no-defense"), method)(PATH, headers=HANDSHAKE)

        assert answer.status_code == 400


class RunningBank:
    """A lab of a running playground, by sockets."""

    def __init__(self, site: Playground) -> None:
        self.port = site.victim_port
        self.host = f"no-defense--for-f{os.urandom(4).hex()}.bank.localhost:{self.port}"
        self.cookie = self._sign_in()

    def raw(self, data: bytes, seconds: float = 1) -> bytes:
        """Send bytes; return all that comes until the other side closes, or is silent so long."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as connection:
            connection.sendall(data)
            received = b""
            try:
                while more := connection.recv(65536):
                    received += more
            except TimeoutError:
                pass
            return received

    def request(self, *lines: str, body: str = "") -> bytes:
        head = "\r\n".join([lines[0], f"Host: {self.host}", *lines[1:]])
        return f"{head}\r\n\r\n{body}".encode()

    def _sign_in(self) -> str:
        body = "username=alice&password=wonderland"
        answer = self.raw(
            self.request(
                "POST /login HTTP/1.1",
                "Content-Type: application/x-www-form-urlencoded",
                f"Content-Length: {len(body)}",
                "Connection: close",
                body=body,
            ),
            # The bank closes the connection; on a busy machine a first sign-in takes a while.
            seconds=30,
        )
        found = re.search(rb"Set-Cookie: (sessionid=[^;]+)", answer)
        assert found
        return found[1].decode()

    def handshake(self) -> bytes:
        lines = [f"{name}: {value}" for name, value in HANDSHAKE.items()]
        return self.request(f"GET {PATH} HTTP/1.1", f"Cookie: {self.cookie}", *lines)

    @contextmanager
    def feed(self) -> Iterator[Any]:
        opened = WebSocket(f"ws://{self.host}{PATH}", headers={"Cookie": self.cookie})
        try:
            yield opened
        finally:
            if opened.connected:
                opened.close()

    def healthy(self) -> bool:
        line = b"GET /health HTTP/1.1\r\nHost: playground.localhost:%d\r\nConnection: close\r\n\r\n"
        return self.raw(line % self.port).endswith(b"ok")


@pytest.fixture
def bank(site: Playground, monkeypatch: pytest.MonkeyPatch) -> RunningBank:
    # Python's resolver doesn't know names below localhost, and the client takes only a name.
    resolve = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda _, *rest, **more: resolve("127.0.0.1", *rest, **more)
    )
    return RunningBank(site)


def test_it_sends_the_statement_and_again_when_it_changes(bank: RunningBank) -> None:
    with bank.feed() as feed:
        first = json.loads(feed.receive(timeout=30))
        paid = bank.raw(
            bank.request(
                "GET /transfer?to=mallory&amount=30 HTTP/1.1",
                f"Cookie: {bank.cookie}",
                "Connection: close",
            ),
            seconds=30,
        )
        second = json.loads(feed.receive(timeout=30))

    assert b" 303 " in paid
    assert (first["name"], first["balance"], second["balance"]) == ("alice", 1000, 970)
    assert second["payments"][0] == {"from": "alice", "to": "mallory", "amount": 30}


def read_what_was_on_its_way(feed: WebSocket) -> None:
    while feed.receive(timeout=30) is not None:
        pass


def test_a_message_that_is_too_long_ends_it(bank: RunningBank) -> None:
    with bank.feed() as feed:
        feed.receive(timeout=30)
        feed.send("x" * 5000)
        with pytest.raises(ConnectionClosed) as closed:
            read_what_was_on_its_way(feed)
    assert closed.value.reason == 1009
    assert bank.healthy()


def test_what_comes_in_pieces_or_never_is_survived(bank: RunningBank) -> None:
    whole = bank.handshake()
    pieces = [
        whole[:40],
        whole[: len(whole) // 2],
        whole[:-2],
        whole.replace(b"\r\n\r\n", b"\r\nX: " + b"y" * 70_000 + b"\r\n\r\n"),
        # After a good handshake: no frame at all, and half a frame.
        whole + b"\xff" * 300,
        whole + b"\x81",
    ]

    for piece in pieces:
        bank.raw(piece)

    assert bank.healthy()
    with bank.feed() as feed:
        assert json.loads(feed.receive(timeout=30))["name"] == "alice"


def test_they_are_few_and_the_bank_answers_beside_them(bank: RunningBank) -> None:
    sockets = []
    answers: list[bytes] = []
    try:
        # Each of the two processes has its own number of places.
        for _ in range(2 * AT_ONCE + 6):
            connection = socket.create_connection(("127.0.0.1", bank.port), timeout=5)
            sockets.append(connection)
            connection.sendall(bank.handshake())
            answers.append(connection.recv(4096).partition(b"\r\n")[0])
        assert bank.healthy()
    finally:
        for connection in sockets:
            connection.close()

    statuses = [answer.split()[1] for answer in answers]
    assert statuses.count(b"101") <= 2 * AT_ONCE
    assert set(statuses) == {b"101", b"503"}
    # A place is free again soon after its page has gone.
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if b" 101 " in bank.raw(bank.handshake())[:20]:
            return
    raise AssertionError("no place became free")
