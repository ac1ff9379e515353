"""The fence: it carries what goes to the playground, as it is, and nothing else."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest

from catalogue.addresses import Addresses
from victim_bot.fence import Fence

PLACES = {
    "the bank": ("no-defense.bank.localhost", 8000, True),
    "the teaching side": ("playground.localhost", 8000, True),
    "the attacker": ("evil.localhost", 9000, True),
    "the subdomain": ("community.no-defense.bank.localhost", 9000, True),
    "an exploit": ("exploit-abc.localhost", 9000, True),
    "upper case": ("EVIL.localhost", 9000, True),
    "the bank at the attacker's port": ("no-defense.bank.localhost", 9000, False),
    "the attacker at the bank's port": ("evil.localhost", 8000, False),
    "another port": ("evil.localhost", 22, False),
    "this machine by name": ("localhost", 8000, False),
    "this machine by number": ("127.0.0.1", 8000, False),
    "this machine by IPv6": ("::1", 8000, False),
    "another name of this machine": ("x.localhost", 8000, False),
    "the network": ("192.168.1.1", 80, False),
    "a cloud's metadata": ("169.254.169.254", 80, False),
    "the internet": ("example.com", 443, False),
    "a name that ends alike": ("notevil.localhost", 9000, False),
    "a name that begins alike": ("evil.localhost.example.com", 9000, False),
    "nothing": ("", 9000, False),
}


@pytest.mark.parametrize(("host", "port", "allowed"), PLACES.values(), ids=PLACES)
def test_a_place_is_the_playgrounds_or_refused(host: str, port: int, allowed: bool) -> None:
    with Fence(Addresses()) as fence:
        assert fence.allows(host, port) is allowed


class Site:
    """A server that notes what arrives, and answers the same to everything."""

    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.got = b""
        self.connections = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with closing(connection):
                while b"END" not in self.got and b"\r\n\r\n" not in self.got:
                    self.got += connection.recv(65536)
                connection.sendall(self.answer)

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def site() -> Iterator[Site]:
    with closing(Site()) as site:
        yield site


@pytest.fixture
def fence(site: Site) -> Iterator[Fence]:
    """A fence whose attacker's port is that site's."""
    with Fence(Addresses(1, site.port)) as fence:
        yield fence


def say(fence: Fence, sent: bytes) -> bytes:
    """Return what comes back from the fence until it closes."""
    received = b""
    with closing(socket.create_connection(("127.0.0.1", fence.port), timeout=5)) as connection:
        connection.sendall(sent)
        while chunk := connection.recv(65536):
            received += chunk
    return received


def test_a_request_arrives_as_without_a_proxy(fence: Fence, site: Site) -> None:
    host = f"evil.localhost:{site.port}".encode()
    answer = say(
        fence,
        b"GET http://" + host + b"/a/b?c=http://d HTTP/1.1\r\nHost: " + host + b"\r\n"
        b"Proxy-Connection: keep-alive\r\nConnection: keep-alive\r\n"
        b"Cookie: a=1; b=2\r\nSec-Fetch-Site: cross-site\r\n\r\n",
    )

    assert answer == Site.answer
    assert site.got == (
        b"GET /a/b?c=http://d HTTP/1.1\r\nHost: " + host + b"\r\n"
        b"Cookie: a=1; b=2\r\nSec-Fetch-Site: cross-site\r\nConnection: close\r\n\r\n"
    )
    assert fence.refused == []


@pytest.mark.parametrize("path", [b"", b"/"])
def test_the_root_is_a_path(fence: Fence, site: Site, path: bytes) -> None:
    say(fence, b"GET http://evil.localhost:%d%s HTTP/1.1\r\n\r\n" % (site.port, path))
    assert site.got.startswith(b"GET / HTTP/1.1\r\n")


def test_a_tunnel_carries_whatever_it_is(fence: Fence, site: Site) -> None:
    to = b"evil.localhost:%d" % site.port
    answer = say(fence, b"CONNECT " + to + b" HTTP/1.1\r\nHost: " + to + b"\r\n\r\n\x16\x03END")
    assert answer.endswith(b"\r\n\r\n" + Site.answer)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert site.got == b"\x16\x03END"


HOSTILE = {
    "another port": b"GET http://evil.localhost:%(other)d/ HTTP/1.1\r\n\r\n",
    "another name": b"GET http://127.0.0.1:%(port)d/ HTTP/1.1\r\n\r\n",
    "the place as a user": b"GET http://evil.localhost:%(port)d@127.0.0.1/ HTTP/1.1\r\n\r\n",
    "the name as a user": b"GET http://evil.localhost@evil.localhost:%(port)d/ HTTP/1.1\r\n\r\n",
    "a path only": b"GET / HTTP/1.1\r\nHost: evil.localhost:%(port)d\r\n\r\n",
    "a file": b"GET file:///etc/passwd HTTP/1.1\r\n\r\n",
    "ftp": b"GET ftp://evil.localhost:%(port)d/ HTTP/1.1\r\n\r\n",
    "https without a tunnel": b"GET https://evil.localhost:%(port)d/ HTTP/1.1\r\n\r\n",
    "a tunnel elsewhere": b"CONNECT 127.0.0.1:%(port)d HTTP/1.1\r\n\r\n",
    "a tunnel to another port": b"CONNECT evil.localhost:%(other)d HTTP/1.1\r\n\r\n",
    "a tunnel by IPv6": b"CONNECT [::1]:%(port)d HTTP/1.1\r\n\r\n",
    "a broken port": b"CONNECT evil.localhost:99999 HTTP/1.1\r\n\r\n",
    "brackets": b"CONNECT [:%(port)d HTTP/1.1\r\n\r\n",
    "a closing dot": b"CONNECT evil.localhost.:%(port)d HTTP/1.1\r\n\r\n",
    "a null": b"CONNECT evil.localhost\x00:%(port)d HTTP/1.1\r\n\r\n",
    "bytes": b"\x16\x03\x01\xff\xfe \r\n\r\n",
}


@pytest.mark.parametrize("sent", HOSTILE.values(), ids=HOSTILE)
def test_any_other_place_is_refused_and_nothing_is_connected(
    fence: Fence, site: Site, sent: bytes
) -> None:
    filled = sent % {b"port": site.port, b"other": site.port + 1}
    assert say(fence, filled).startswith(b"HTTP/1.1 403 ")
    assert site.connections == 0
    assert len(fence.refused) == 1


def test_a_site_that_is_down_is_told() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with Fence(Addresses(1, port)) as fence:
        answer = say(fence, b"CONNECT evil.localhost:%d HTTP/1.1\r\n\r\n" % port)
    assert answer.startswith(b"HTTP/1.1 502 ")


def test_what_is_no_request_ends(fence: Fence, site: Site) -> None:
    with closing(socket.create_connection(("127.0.0.1", fence.port), timeout=5)) as connection:
        connection.sendall(b"GET ")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(10) == b""
    with suppress(ConnectionError):  # What it hasn't read resets the connection.
        assert say(fence, b"a" * 200_000) == b""
    assert site.connections == 0
