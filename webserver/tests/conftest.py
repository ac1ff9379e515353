"""A process of gunicorn with this worker and two threads for pages: patient, or with deadlines
that end soon."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from catalogue.addresses import DEFAULT
from tools import certificates
from tools.run import ROOT, free_port

THREADS = 2
HEAD_SECONDS = 0.6
BODY_SECONDS = 0.8
SEND_SECONDS = 1.0
CONFIGURATION = f"""
import os, runpy
globals().update(runpy.run_path({str(ROOT / "gunicorn.conf.py")!r}))
workers, threads = 1, {THREADS}
worker_connections = 100
if os.environ.get("WORKER"):  # To see what another worker would do.
    worker_class = os.environ["WORKER"]
else:
    from webserver.limits import Limits
    from webserver.worker import Worker
    deadlines = dict(
        head_seconds={HEAD_SECONDS}, body_seconds={BODY_SECONDS}, send_seconds={SEND_SECONDS}
    ) if os.environ["HASTY"] else {{}}
    class worker_class(Worker):
        limits = Limits(
            **deadlines, closing_seconds=0.5, large_bytes=3 * 1024 * 1024, check_seconds=0.05)
"""


class Server:
    """The running process, by sockets."""

    def __init__(
        self, folder: Path, *, https: bool = False, hasty: bool = False, **environment: str
    ) -> None:
        self.folder = folder
        self.port = free_port()
        self.context = ssl.create_default_context() if https else None
        if self.context:
            authority = certificates.authority(folder, DEFAULT.domains)
            self.context.load_verify_locations(authority.file)
        configuration = folder / "gunicorn.conf.py"
        configuration.write_text(CONFIGURATION)
        self.errors = folder / "errors"
        with self.errors.open("w") as errors:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "gunicorn", "--config", str(configuration)),
                    *(
                        "--bind",
                        f"127.0.0.1:{self.port}",
                        "webserver.tests.application:application",
                    ),
                ],
                cwd=ROOT,
                env=os.environ
                | {
                    "VAR_DIR": str(folder),
                    "HTTPS": "1" if https else "0",
                    "TRUSTED_PROXIES": "",
                    "HASTY": "1" if hasty else "",
                }
                | environment,
                stderr=errors,
            )
        self._wait_until_it_answers()

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(OSError):
                if self.get("/").endswith(b"hello"):
                    return
            time.sleep(0.02)
        raise AssertionError(self.errors.read_text())

    def plain(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def connect(self) -> socket.socket:
        plain = self.plain()
        if self.context is None:
            return plain
        return self.context.wrap_socket(plain, server_hostname="evil.localhost")

    def send(self, data: bytes) -> bytes:
        """Send something on a connection of its own; return all that comes until it's closed."""
        with self.connect() as connection:
            connection.sendall(data)
            return everything(connection)

    def get(self, path: str, *headers: str) -> bytes:
        return self.send(request(path, "Connection: close", *headers))

    @contextmanager
    def many(
        self, count: int, data: bytes = b"", *, plain: bool = False
    ) -> Iterator[list[socket.socket]]:
        """Open connections, send the same on each, and leave them like that."""
        with ExitStack() as stack:
            opened = []
            for _ in range(count):
                connection = stack.enter_context(self.plain() if plain else self.connect())
                if data:
                    connection.sendall(data)
                opened.append(connection)
            yield opened

    def stop(self) -> float:
        """Stop it as the runner does; return the seconds that it takes."""
        begin = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        return time.monotonic() - begin


def request(path: str, *headers: str, method: str = "GET", body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: evil.localhost", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def everything(connection: socket.socket) -> bytes:
    """Read until the other side closes; what is reset has ended as well."""
    received = bytearray()
    with contextlib.suppress(ConnectionError):
        while more := connection.recv(65536):
            received += more
    return bytes(received)


@contextmanager
def running(folder: Path, *, https: bool = False, hasty: bool = False) -> Iterator[Server]:
    server = Server(folder, https=https, hasty=hasty)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()


@pytest.fixture(scope="session", params=["http", "https"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp(request.param)
    with running(folder, https=request.param == "https") as server:
        yield server


@pytest.fixture(scope="session", params=["http", "https"])
def hasty_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp(request.param)
    with running(folder, https=request.param == "https", hasty=True) as server:
        yield server


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    """A server that a test may stop."""
    with running(tmp_path) as server:
        yield server
