"""What tests of the workbench share: an owner, and somebody who sends forms to hosts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from attacker_site.tests.conftest import EVIL, closed_port, site

FORM = "application/x-www-form-urlencoded"


@dataclass
class Sender:
    """Sends requests to the hosts of a site, as a program does or, with `headers`, a browser."""

    app: Flask

    def send(
        self,
        host: str,
        path: str = "/",
        method: str = "GET",
        body: bytes = b"",
        kind: str = "",
        **headers: Any,
    ) -> TestResponse:
        named = {name.replace("_", "-"): said for name, said in headers.items()}
        return Client(self.app, use_cookies=False).open(
            path,
            base_url=f"http://{host}",
            method=method,
            data=body or None,
            content_type=kind or None,
            headers=named,
            buffered=True,
        )


@dataclass
class Bench(Sender):
    """One owner's two hosts."""

    writing: str
    reading: str

    def post(self, fields: Mapping[str, str | bytes], **headers: Any) -> TestResponse:
        body = urlencode(fields).encode()
        return self.send(self.writing, "/", "POST", body, FORM, **headers)

    def store(
        self,
        body: str | bytes = "hello",
        file: str = "/exploit",
        head: str = "HTTP/1.1 200 OK\nContent-Type: text/html; charset=utf-8",
        action: str = "STORE",
    ) -> TestResponse:
        fields = {"responseFile": file, "responseHead": head, "responseBody": body}
        return self.post({"urlIsHttps": "on", **fields, "formAction": action})

    def read(self, path: str = "/exploit", method: str = "GET", **headers: Any) -> TestResponse:
        return self.send(self.reading, path, method, **headers)

    def write_page(self, path: str = "/") -> TestResponse:
        return self.send(self.writing, path)


def new_owner(app: Flask, body: bytes = b'{"name": "otter42"}') -> Bench:
    """Return what a new owner has, as the site tells it."""
    answer = Sender(app).send(EVIL, "/api/owners", "POST", body, "application/json")
    assert answer.status_code == 201
    said = answer.get_json()
    reading, slash, file = said["exploit_url"].removeprefix("http://").partition("/")
    assert slash + file == "/exploit"
    return Bench(app, said["exploit_host"], reading)


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    """A site with no owner yet, while the bank is down."""
    return site(f"127.0.0.1:{closed_port()}", tmp_path)


@pytest.fixture
def bench(app: Flask) -> Bench:
    return new_owner(app)
