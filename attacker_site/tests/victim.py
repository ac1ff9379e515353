"""A victim to aim at: a server that says what it is told to, and a little bank for it to be."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import Message
from html import escape
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qsl


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    headers: Message
    body: bytes

    @property
    def host(self) -> str:
        """The host that it names; more than one would be a mistake."""
        (host,) = self.headers.get_all("Host", [])
        return str(host)

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies that came with it."""
        pairs = self.headers.get("Cookie", "").split("; ")
        return dict(pair.split("=", 1) for pair in pairs if pair)


@dataclass(frozen=True)
class Answer:
    """What the victim says: `raw` replaces all of it, `silence` are seconds that pass before."""

    body: bytes | str = b""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    raw: bytes = b""
    silence: float = 0

    def wire(self) -> bytes:
        """Return the bytes that are sent."""
        body = self.body.encode() if isinstance(self.body, str) else self.body
        lines = [f"HTTP/1.1 {self.status} Said", *(": ".join(header) for header in self.headers)]
        head = "\r\n".join([*lines, "Connection: close", "", ""])
        return self.raw or head.encode("latin-1") + body


class Victim:
    """A server that says what it is told to, and remembers what it was asked."""

    def __init__(self) -> None:
        """Listen on a spare port."""
        self.body = b""
        self.status = 200
        self.requests: list[Asked] = []
        self.reply: Callable[[Asked], Answer] = lambda _: Answer(self.body, self.status)
        victim = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                asked = Asked(self.command, self.path, self.headers, body)
                victim.requests.append(asked)
                answer = victim.reply(asked)
                time.sleep(answer.silence)
                # Who asked may have gone.
                with suppress(ConnectionError):
                    self.wfile.write(answer.wire())

            def do_POST(self) -> None:
                self.do_GET()

            def log_message(self, *args: Any) -> None:
                """Keep the test's output clean."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))

    @property
    def address(self) -> str:
        """Where it listens, as VICTIM_ADDRESS says it."""
        return f"127.0.0.1:{self.server.server_port}"

    @property
    def asked(self) -> list[tuple[str, str]]:
        """Who asked for what: hosts and paths."""
        return [(asked.host, asked.path) for asked in self.requests]

    def says(self, balance: object) -> None:
        """Answer like the lab's API, with this balance for alice."""
        self.body = json.dumps({"accounts": {"alice": {"balance": balance}}}).encode()

    @contextmanager
    def running(self) -> Iterator[Victim]:
        """Answer until the end of the block."""
        self.thread.start()
        try:
            yield self
        finally:
            self.server.shutdown()
            self.thread.join()
            self.server.server_close()


@dataclass
class LittleBank:
    """A bank of two pages and one customer, whose every form brings a token.

    `token` is the one that she finds in her form. `headers` is what the bank's script says that it
    sends. `prefix` stands before the names of its cookies. A `plain` bank has no tokens.
    """

    token: str = "token-of-mallory"
    headers: str | None = None
    prefix: str = ""
    plain: bool = False

    def __call__(self, asked: Asked) -> Answer:
        """Answer as the bank would."""
        session = f"{self.prefix}sessionid"
        if (asked.method, asked.path) == ("GET", "/login"):
            return self._page("token-of-nobody", "cookie-of-nobody")
        if (asked.method, asked.path) == ("POST", "/login"):
            return self._sign_in(asked, session)
        if asked.path == "/transfer" and asked.cookies.get(session) == "mallorys":
            return self._page(self.token, "cookie-of-mallory")
        if asked.path.startswith("/lighthouse"):
            return self._lighthouse(asked)
        if asked.path == "/transfer":
            return Answer(status=302, headers=(("Location", "/login"),))
        return Answer("No such page.", 404)

    def _page(self, token: str, cookie: str) -> Answer:
        script = f"<script data-headers='{self.headers}'></script>" if self.headers else ""
        field = f'<input type="hidden" name="token" value="{escape(token)}">'
        if self.plain:
            return Answer("<!doctype html><form><input name=amount></form>")
        page = f"<!doctype html>{script}<form>{field}<input name=amount></form>"
        kept = f"{self.prefix}token={cookie}; Path=/; SameSite=Lax"
        return Answer(page, headers=(("Set-Cookie", kept),))

    def _lighthouse(self, asked: Asked) -> Answer:
        """Ask who the visitor is, and then lead back with a code."""
        hidden = {"for": "connect"}
        if asked.method == "POST":
            fields = dict(parse_qsl(asked.body.decode()))
            if fields != {**hidden, "username": "mallory", "password": "mischief"}:
                return Answer("Who are you?", 403)
            hidden = {"code": "code-of-mallory"}
        [(name, value)] = hidden.items()
        return Answer(f'<form><input type="hidden" name="{name}" value="{value}"></form>')

    def _sign_in(self, asked: Asked, session: str) -> Answer:
        as_json = asked.headers["Content-Type"] == "application/json"
        text = asked.body.decode()
        fields = json.loads(text) if as_json else dict(parse_qsl(text))
        token = {} if self.plain else {"token": "token-of-nobody"}
        cookies = {} if self.plain else {f"{self.prefix}token": "cookie-of-nobody"}
        honest = token | {"username": "mallory", "password": "mischief"}
        if (fields, asked.cookies) != (honest, cookies):
            return Answer("Who are you?", 403)
        signed_in = ("Set-Cookie", f"{session}=mallorys; HttpOnly; Path=/")
        return Answer(status=303, headers=(("Location", "/?signed-in"), signed_in))
