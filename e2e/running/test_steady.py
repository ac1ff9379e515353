"""The playground as it really runs: a client that stops half-way delays no one else's act or page.

What the server does about slow clients is tried in detail in `webserver/tests`.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tools.run import Playground
from tools.runner.settings import GUNICORN, WAITRESS

FORM = "application/x-www-form-urlencoded"
HOSTS = {"victim": "playground.localhost", "attacker": "evil.localhost"}


@pytest.fixture(
    scope="module", params=[(GUNICORN, False), (GUNICORN, True), (WAITRESS, False)], ids=str
)
def playground(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Playground]:
    server, https = request.param
    folder = tmp_path_factory.mktemp("var")
    with Playground(var_dir=folder, env={"DATABASE_URL": ""}, server=server, https=https) as site:
        yield site


def connect(playground: Playground, site: str, host: str) -> socket.socket:
    plain = socket.create_connection((playground.addresses[0], playground.ports[site]), timeout=10)
    if not playground.https:
        return plain
    context = ssl.create_default_context(cafile=playground.ca_file)
    return context.wrap_socket(plain, server_hostname=host)


def head(method: str, path: str, host: str, *lines: str) -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", f"Host: {host}", *lines, "", ""]).encode()


def post(path: str, host: str, fields: str, cookie: str = "") -> bytes:
    lines = [f"Content-Type: {FORM}", f"Content-Length: {len(fields)}", f"Cookie: {cookie}"]
    return head("POST", path, host, *lines, "Connection: close") + fields.encode()


def ask(playground: Playground, site: str, host: str, data: bytes) -> bytes:
    with connect(playground, site, host) as connection:
        connection.sendall(data)
        received = b""
        while more := connection.recv(65536):
            received += more
    return received


def signed_in(playground: Playground, host: str) -> str:
    """Return the cookie of alice's session."""
    fields = "username=alice&password=wonderland"
    answer = ask(playground, "victim", host, post("/login", host, fields))
    found = re.search(rb"Set-Cookie: +(sessionid=[^;]+)", answer, re.IGNORECASE)
    assert found, answer
    return found[1].decode()


def test_a_payment_that_stops_half_way_does_not_lock_the_database(playground: Playground) -> None:
    slow, other = (
        f"no-defense--for-{name}.bank.localhost:{playground.victim_port}"
        for name in ("slow", "other")
    )
    slow_host, other_host = (name.partition(":")[0] for name in (slow, other))
    begun = post("/transfer", slow, "to=mallory&amount=1", signed_in(playground, slow_host))
    cookie = signed_in(playground, other_host)
    with ExitStack() as stack:
        for _ in range(24):
            connection = stack.enter_context(connect(playground, "victim", slow_host))
            connection.sendall(begun[:-5])
        payment = post("/transfer", other, "to=mallory&amount=1", cookie)
        # SQLite would wait 20 seconds for its lock; this client waits 10.
        assert b" 303 " in ask(playground, "victim", other_host, payment).partition(b"\r\n")[0]
        # What was begun is as good as before.
        connection.sendall(begun[-5:])
        assert b" 303 " in connection.recv(65536).partition(b"\r\n")[0]


@pytest.mark.parametrize("site", HOSTS)
def test_both_sites_answer_beside_clients_that_stop_half_way(
    playground: Playground, site: str
) -> None:
    host = HOSTS[site]
    half_a_head = head("GET", "/", host)[:-4]
    half_a_body = head("POST", "/", host, f"Content-Type: {FORM}", "Content-Length: 1000") + b"half"
    with ExitStack() as stack:
        for begun in [half_a_head, half_a_body] * 32:
            stack.enter_context(connect(playground, site, host)).sendall(begun)
        for _ in range(4):
            answer = ask(playground, site, host, head("GET", "/health", host, "Connection: close"))
            assert b" 200 " in answer.partition(b"\r\n")[0]


@pytest.mark.parametrize("header", ["SCRIPT_NAME: /x", "X-Forwarded-Proto: https"])
def test_the_sites_believe_nobody_who_speaks_as_a_proxy(
    playground: Playground, header: str
) -> None:
    name = "no-defense--for-proxy.bank.localhost"
    fields = "username=alice&password=wonderland"
    sign_in = post("/login", name, fields).replace(b"\r\n", f"\r\n{header}\r\n".encode(), 1)
    answer = ask(playground, "victim", name, sign_in)
    assert b" 303 " in answer.partition(b"\r\n")[0]
    # Sent twice over http, the second time without Secure; over https once.
    cookies = re.findall(rb"\nSet-Cookie: +sessionid", answer, re.IGNORECASE)
    assert len(cookies) == (1 if playground.https else 2)
    gallery = head("GET", "/", HOSTS["attacker"], header, "Connection: close")
    answer = ask(playground, "attacker", HOSTS["attacker"], gallery)
    assert b" 200 " in answer.partition(b"\r\n")[0]
