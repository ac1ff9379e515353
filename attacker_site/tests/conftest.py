"""A site under test, alone or next to a victim, and a client that names its host."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from attacker_site.app import create_app
from attacker_site.tests.victim import LittleBank, Victim
from csrf_proof.arsenal import Arsenal
from csrf_proof.positions import SUBDOMAIN

# One for all: otherwise each test would read and compile every attack again.
ARSENAL = Arsenal()
SERVERS = ARSENAL.servers
# Those that get a token; another gets a code from a sign-in service.
TAKE_TOKENS = sorted(slug for slug in SERVERS if not ARSENAL.attacks[slug].needs)
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


def lookalike(lab: str) -> str:
    """Return the Host header of the attacker's host that begins with the bank's name."""
    return f"{lab}.bank.localhost.evil.localhost:9000"


def launched(slug: str, lab: str) -> tuple[str, str]:
    """Return a path and a host at which an attack on a lab is launched: the lab's sub-domain if
    it's launched there at all."""
    if SUBDOMAIN in ARSENAL.attacks[slug].positions:
        return f"/{slug}/", community(lab)
    return f"/{slug}/?lab={lab}", EVIL


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
def get(tmp_path_factory: pytest.TempPathFactory) -> Get:
    """The site while the bank is down."""
    nobody = f"127.0.0.1:{closed_port()}"
    return getter(site(nobody, tmp_path_factory.mktemp("down")))


def site(victim_address: str, var_dir: Path) -> Flask:
    """Return a site that knows this victim, and keeps its loot out of the checkout."""
    return create_app({"VICTIM_ADDRESS": victim_address, "VAR_DIR": str(var_dir)}, ARSENAL)


@pytest.fixture
def victim() -> Iterator[Victim]:
    """A running victim."""
    with Victim().running() as victim:
        yield victim


@pytest.fixture
def get_beside(victim: Victim, tmp_path: Path) -> Get:
    """The site next to a running victim."""
    return getter(site(victim.address, tmp_path / "var"))


@pytest.fixture(scope="session")
def get_by_the_bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Get]:
    """The site next to a small bank: attacks with a server get what they need there."""
    victim = Victim()
    victim.reply = LittleBank()
    with victim.running():
        yield getter(site(victim.address, tmp_path_factory.mktemp("bank")))


@pytest.fixture
def get_any(get: Get, get_by_the_bank: Get) -> Get:
    """The site while the bank is down, and next to a small bank if an attack needs one."""

    def get_one(path: str, host: str = EVIL) -> TestResponse:
        needs_bank = path.split("/")[1] in SERVERS
        return (get_by_the_bank if needs_bank else get)(path, host)

    return get_one


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, int]]:
    """Every address to which this process opens a connection."""
    addresses: set[tuple[str, int]] = set()
    connect = socket.create_connection

    def noted(address: tuple[str, int], *rest: Any, **more: Any) -> socket.socket:
        addresses.add(address)
        return connect(address, *rest, **more)

    monkeypatch.setattr(socket, "create_connection", noted)
    return addresses


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

    def link(self, text: str, besides: str = "") -> str:
        """Return the only address that contains the text, besides one that is known."""
        (found,) = {address for address in self.addresses() if text in address} - {besides}
        return found
