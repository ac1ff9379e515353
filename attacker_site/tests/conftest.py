"""A site under test, a client that names its host, and a victim that can be told what to say."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from attacker_site.app import create_app

EVIL = "evil.localhost:9000"
Get = Callable[..., TestResponse]


def closed_port() -> int:
    """Return a port at which nothing listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def community(lab: str) -> str:
    """Return the Host header of the sub-domain of a lab."""
    return f"community.{lab}.bank.localhost:9000"


def getter(app: Flask) -> Get:
    """Return a function that asks the site for a path, from `evil` unless told otherwise."""

    def named(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        # The test client names a host of its own; what the test says replaces it, or leaves none.
        host = environ.pop("tests.host")
        del environ["HTTP_HOST"]
        if host is not None:
            environ["HTTP_HOST"] = host
        return app(environ, start_response)

    def get(path: str, host: str | None = EVIL, method: str = "GET") -> TestResponse:
        overrides = {"tests.host": host}
        return Client(named).open(path, method=method, buffered=True, environ_overrides=overrides)

    return get


@pytest.fixture(scope="session")
def get() -> Get:
    """The site while the bank is down."""
    return getter(create_app({"VICTIM_ADDRESS": f"127.0.0.1:{closed_port()}"}))


class Victim:
    """A server that gives one answer and remembers who asked for what."""

    def __init__(self) -> None:
        """Listen on a spare port."""
        self.body = b""
        self.status = 200
        self.asked: list[tuple[str, str]] = []
        victim = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                victim.asked.append((self.headers["Host"], self.path))
                self.send_response(victim.status)
                self.end_headers()
                self.wfile.write(victim.body)

            def log_message(self, *args: Any) -> None:
                """Keep the test's output clean."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))

    def says(self, balance: object) -> None:
        """Answer like the lab's API, with this balance for alice."""
        self.body = json.dumps({"accounts": {"alice": {"balance": balance}}}).encode()


@pytest.fixture
def victim() -> Iterator[Victim]:
    """A running victim."""
    victim = Victim()
    victim.thread.start()
    yield victim
    victim.server.shutdown()
    victim.thread.join()
    victim.server.server_close()


@pytest.fixture
def get_beside(victim: Victim) -> Get:
    """The site beside a running victim."""
    address = f"127.0.0.1:{victim.server.server_port}"
    return getter(create_app({"VICTIM_ADDRESS": address}))


class Document(HTMLParser):
    """A page, read strictly enough to notice a tag that is not closed."""

    VOID = frozenset({"meta", "link", "img", "input", "br"})

    def __init__(self, html: str) -> None:
        """Read the page."""
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: dict[str, str] = {}
        self.open: list[tuple[str, str]] = []
        self.mistakes: list[str] = []
        self.feed(html)
        self.close()
        self.mistakes += [f"<{tag}> is not closed" for tag, _ in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the element, and that it is open."""
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append((tag, dict(attrs).get("id") or tag))

    def handle_endtag(self, tag: str) -> None:
        """Close the element, which must be the one opened last."""
        if self.open and self.open[-1][0] == tag:
            self.open.pop()
        else:
            self.mistakes.append(f"</{tag}> closes nothing")

    def handle_data(self, data: str) -> None:
        """Add the text to every element around it, by id or by name."""
        for _, name in self.open:
            self.text[name] = self.text.get(name, "") + data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of every element of this name."""
        return [attributes for name, attributes in self.tags if name == tag]

    def addresses(self) -> list[str]:
        """Return everything that the page loads, links to or sends to."""
        names = ("href", "src", "action")
        return [
            value
            for _, attributes in self.tags
            for name in names
            if (value := attributes.get(name)) is not None
        ]

    def link(self, text: str) -> str:
        """Return the only address that contains the text."""
        (found,) = {address for address in self.addresses() if text in address}
        return found
