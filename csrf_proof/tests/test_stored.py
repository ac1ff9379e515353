"""An exploit that somebody has written: where it comes from, and what it aims at."""

from __future__ import annotations

import re
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from csrf_proof.address import WrongUse
from csrf_proof.application import stored
from csrf_proof.serving import serve

APP = "http://app.localhost:5055"
AIMED = {
    "the number of this machine": ("http://127.0.0.1:5055/email", f"{APP}/email"),
    "its name": ("HTTP://LOCALHOST:5055/email", f"{APP}/email"),
    "another name of it": ("http://x--for-y.bank.localhost:5055", APP),
    "another port": ("http://localhost:9000/x", "http://localhost:9000/x"),
    "a longer port": ("http://localhost:50555/x", "http://localhost:50555/x"),
    "another machine": ("http://example.com:5055/", "http://example.com:5055/"),
    "a name that begins alike": (
        "http://localhost.example.com:5055/",
        "http://localhost.example.com:5055/",
    ),
}


@pytest.mark.parametrize(("said", "aimed"), AIMED.values(), ids=AIMED)
def test_it_aims_at_whatever_on_this_machine_has_the_port(said: str, aimed: str) -> None:
    assert stored.aimed(f"<img src='{said}'>", APP) == f"<img src='{aimed}'>"


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/exploit?a" else 404)
        self.end_headers()
        self.wfile.write(f"{self.headers['Host']} ü".encode())

    def log_message(self, *args: object) -> None:
        pass


def test_it_is_text_a_file_or_an_address_of_this_machine(tmp_path: Path) -> None:
    file = tmp_path / "exploit.html"
    file.write_text("<p>ü", encoding="utf-8")
    assert stored.read("<p>http://x") == "<p>http://x"
    assert stored.read(file) == "<p>ü"
    with serve(Page) as port:
        there = f"exploit-x.localhost:{port}"
        assert stored.read(f"http://{there}/exploit?a#b") == f"{there} ü"
        with pytest.raises(WrongUse, match="404"):
            stored.read(f"http://{there}/nothing")


@pytest.mark.parametrize(
    "exploit", ["http://example.com/", "http://[/", "http://localhost:1/", "http://localhost:x/"]
)
def test_what_isnt_there_is_said(exploit: str) -> None:
    with pytest.raises(WrongUse):
        stored.read(exploit)


# What is in a file, and what is said of it.
UNUSABLE = {
    "no text": (b"\xff", "isn't text in UTF-8"),
    "nothing": (b" \n", "is empty."),
    "too much": (b"x" * (stored.MOST + 1), "is too long for an exploit: at most 1,000,000 bytes."),
}


@pytest.mark.parametrize(("content", "sentence"), UNUSABLE.values(), ids=UNUSABLE)
def test_a_file_that_is_no_page_is_said(tmp_path: Path, content: bytes, sentence: str) -> None:
    file = tmp_path / "exploit.html"
    file.write_bytes(content)
    with pytest.raises(WrongUse, match=re.escape(f"exploit.html {sentence}")):
        stored.read(file)


def test_the_longest_page_is_read_whole(tmp_path: Path) -> None:
    file = tmp_path / "exploit.html"
    file.write_bytes(b"x" * (stored.MOST - 2) + b"\r\n")
    assert stored.read(file) == "x" * (stored.MOST - 2) + "\r\n"
