"""Both sites speak https, with a certificate for each name that is asked for, and none for others.

The sites are the stand-ins of ``test_run.py``.
"""

from __future__ import annotations

import os
import signal
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from e2e.running.test_run import Runner, complaints, make_tree, start, tree
from tools.run import Playground

__all__ = ["start", "tree"]

LAB = "csrf-token.bank.localhost"
REQUEST = b"GET /health HTTP/1.1\r\nHost: playground.localhost\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    root = make_tree(tmp_path_factory.mktemp("secure") / "tree")
    with Playground(root=root, https=True) as playground:
        yield playground


def connect(playground: Playground, name: str, port: int | None = None) -> ssl.SSLSocket:
    """Meet a site as a browser does that trusts the authority, and nobody else."""
    plain = socket.create_connection(("127.0.0.1", port or playground.victim_port), timeout=10)
    context = ssl.create_default_context(cafile=playground.ca_file)
    return context.wrap_socket(plain, server_hostname=name)


def status(connection: socket.socket) -> bytes:
    connection.sendall(REQUEST)
    return connection.recv(4096)[:13]


@pytest.mark.parametrize(
    "name", [LAB, f"community.{LAB}", f"{LAB}.evil.localhost", "PLAYGROUND.localhost", "127.0.0.1"]
)
def test_each_host_has_a_certificate_at_either_site(secure: Playground, name: str) -> None:
    for port in secure.ports.values():
        connect(secure, name, port).close()
    with connect(secure, name) as connection:
        assert status(connection) == b"HTTP/1.1 200 "


def test_every_process_shows_the_same_certificate(secure: Playground) -> None:
    """Otherwise an exception that somebody has made in a browser would hold now and then."""
    shown = set()
    for _ in range(20):
        with connect(secure, LAB) as connection:
            shown.add(connection.getpeercert(binary_form=True))
    assert len(shown) == 1


@pytest.mark.parametrize("name", ["bank.example", "localhost.example", "a.localhost.example"])
def test_a_name_that_is_not_below_localhost_gets_none(secure: Playground, name: str) -> None:
    with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):
        connect(secure, name)


ELSEWHERE = {
    "PLAYGROUND_DOMAIN": "play.example.net",
    "BANK_DOMAIN": "bank.test",
    "EVIL_DOMAIN": "evil.example",
}


def test_at_other_domains_their_hosts_have_certificates_and_no_others(tree: Path) -> None:
    for file in ("victim_site/config/wsgi.py", "attacker_site/app.py"):
        text = (tree / file).read_text()
        text = text.replace("playground.localhost", "play.example.net")
        (tree / file).write_text(text.replace("evil.localhost", "evil.example"))
    with Playground(root=tree, https=True, env=ELSEWHERE) as playground:
        assert playground.address == f"https://play.example.net:{playground.victim_port}/"
        for name in ("community.a.bank.test", "a.bank.test.evil.example", "127.0.0.1"):
            connect(playground, name, playground.attacker_port).close()
        for name in ("bank.localhost", "localhost", "example.net", "notbank.test"):
            with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):
                connect(playground, name)


def test_silent_connections_hold_no_thread_even_after_the_handshake(secure: Playground) -> None:
    """Browsers open connections ahead of need, more of them than there are threads."""
    silent = [connect(secure, LAB) for _ in range(24)]
    begin = time.monotonic()
    assert all(secure.answers("victim") for _ in range(10))
    assert time.monotonic() - begin < 3
    assert status(silent[0]) == b"HTTP/1.1 200 ", "a silent connection is of no use any more"
    for connection in silent:
        connection.close()


def test_a_connection_is_kept_for_the_next_request(secure: Playground) -> None:
    request = REQUEST.replace(b"Connection: close\r\n", b"")
    with connect(secure, LAB) as connection:
        for _ in range(3):
            connection.sendall(request)
            assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")


def test_a_request_without_tls_is_told_what_to_do(secure: Playground) -> None:
    with socket.create_connection(("127.0.0.1", secure.victim_port)) as connection:
        connection.sendall(REQUEST)
        answer = connection.recv(4096).decode()
    assert answer.startswith("HTTP/1.1 400 ")
    assert "begin the address with https://" in answer


def test_a_browser_that_trusts_nobody_leaves_no_line_in_the_terminal(
    start: Callable[..., Runner],
) -> None:
    runner = start(HTTPS="1")
    runner.wait_until_ready()
    plain = socket.create_connection(("127.0.0.1", int(runner.environment["VICTIM_PORT"])))
    with pytest.raises(ssl.SSLCertVerificationError):
        ssl.create_default_context().wrap_socket(plain, server_hostname=LAB)
    time.sleep(0.2)
    runner.process.send_signal(signal.SIGINT)
    status, errors = runner.finish()
    assert (status, complaints(errors)) == (0, [])


def test_the_start_says_what_to_trust(start: Callable[..., Runner]) -> None:
    runner = start(HTTPS="1")
    runner.wait_until_ready()
    assert runner.process.stdout is not None
    line = runner.process.stdout.readline()
    file = Path(runner.environment["VAR_DIR"], "https", "ca.pem")
    assert str(file) in line
    assert "docs/https.md" in runner.process.stdout.readline()
    assert file.exists()


def test_https_and_http_take_turns_on_one_folder(tree: Path) -> None:
    files = []
    for https in (True, False, True):
        with Playground(root=tree, https=https) as playground:
            assert playground.address.startswith("https://" if https else "http://")
            files.append((playground.var_dir / "https" / "ca.pem").read_bytes())
    assert len(set(files)) == 1


def test_the_environment_does_not_decide_for_a_playground(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "HTTPS", "1")
    with Playground(root=tree) as playground:
        assert playground.address.startswith("http://")
