"""A small site to try the worker with: each address does one thing that a client may abuse."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

ASKED = ("REMOTE_ADDR", "SCRIPT_NAME", "PATH_INFO", "wsgi.url_scheme")


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    body = environ["wsgi.input"].read()
    answer = b"hello"
    if path == "/echo":
        cookie = environ.get("HTTP_COOKIE", "").encode("latin-1").hex()
        answer = f"{environ['REQUEST_METHOD']} {body.decode('latin-1')} {cookie}".encode()
    elif path == "/length":
        answer = str(len(body)).encode()
    elif path == "/environ":
        answer = json.dumps({name: environ[name] for name in ASKED}).encode()
    elif path == "/large":
        answer = bytes(20_000_000)
    elif path == "/file":
        answer = b""
    elif path == "/broken":
        raise ValueError("This is broken on purpose.")
    elif path == "/wait":
        _wait_for(Path(os.environ["VAR_DIR"], "go-on"))
    elif path == "/take-over":
        environ["playground.take_over"](lambda: _talk(environ["gunicorn.socket"]))
        return []
    start_response("200 OK", [("Content-Length", str(len(answer)))])
    return [answer]


def _wait_for(file: Path) -> None:
    deadline = time.monotonic() + 10
    while not file.exists() and time.monotonic() < deadline:
        time.sleep(0.01)


def _talk(connection: Any) -> None:
    connection.sendall(b"taken")
    while said := connection.recv(100):
        connection.sendall(said.upper())
