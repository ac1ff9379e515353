"""A playground at moved ports: translated on the way in and on the way out, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from typing import Any

import pytest

from catalogue.addresses import Addresses
from catalogue.moved import Moved, StartResponse

WHERE = Addresses(8000, 9000)


def ask(
    host: str, body: bytes = b"", kind: str = "text/html; charset=utf-8", **sent: Any
) -> tuple[dict[str, Any], dict[str, str], bytes]:
    """Return what the application got, the headers that came back, and the body."""
    got: dict[str, Any] = {}
    came: dict[str, str] = {}

    def application(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        got.update(environ)
        headers = [("Content-Type", kind), ("Content-Length", str(len(body)))]
        start_response("302 Found", [*headers, ("Location", "http://evil.localhost:9000/x")])
        # In two parts, which an address may lie across.
        return [body[:20], body[20:]]

    moved = Moved(application, WHERE, WHERE.victim_port)

    def begin(status: str, headers: list[tuple[str, str]]) -> Any:
        came.update(headers)

    answer = moved({"HTTP_HOST": host, **sent}, begin)
    return got, came, b"".join(answer)


def test_what_comes_to_the_own_port_is_left_alone() -> None:
    body = b"<a href='http://evil.localhost:9010/'>"
    got, came, answer = ask(
        "no-defense.bank.localhost:8000",
        body,
        HTTP_ORIGIN="http://evil.localhost:9010",
        HTTP_ACCEPT_ENCODING="gzip",
    )
    assert got["HTTP_ORIGIN"] == "http://evil.localhost:9010"
    assert got["HTTP_ACCEPT_ENCODING"] == "gzip"
    assert answer == body
    assert came["Location"] == "http://evil.localhost:9000/x"


def test_what_comes_to_a_moved_port_is_translated_both_ways() -> None:
    got, came, answer = ask(
        "no-defense.bank.localhost:8010",
        b"<a href='http://x.bank.localhost:8000/?to=http%3A%2F%2Fevil.localhost%3A9000'>8000 \xff",
        HTTP_ORIGIN="http://evil.localhost:9010",
        HTTP_REFERER="http://community.no-defense.bank.localhost:9010/form-post/",
        HTTP_ACCEPT_ENCODING="gzip",
    )
    assert got["HTTP_HOST"] == "no-defense.bank.localhost:8000"
    assert got["HTTP_ORIGIN"] == "http://evil.localhost:9000"
    assert got["HTTP_REFERER"] == "http://community.no-defense.bank.localhost:9000/form-post/"
    assert "HTTP_ACCEPT_ENCODING" not in got
    assert answer == (
        b"<a href='http://x.bank.localhost:8010/?to=http%3A%2F%2Fevil.localhost%3A9010'>8000 \xff"
    )
    assert came["Location"] == "http://evil.localhost:9010/x"
    assert came["Content-Length"] == str(len(answer))


def test_another_sites_address_is_left_alone() -> None:
    got, _, _ = ask("no-defense.bank.localhost:8010", HTTP_ORIGIN="http://evil.localhost:9000")
    assert got["HTTP_ORIGIN"] == "http://evil.localhost:9010", "another program of this laptop's"
    for origin in (
        "http://evil.example:9010",
        "http://evil.localhost:90100",
        "null",
    ):
        got, _, _ = ask("no-defense.bank.localhost:8010", HTTP_ORIGIN=origin)
        assert got["HTTP_ORIGIN"] == origin


@pytest.mark.parametrize("kind", ["image/png", "font/woff2"])
def test_what_isnt_text_is_left_alone(kind: str) -> None:
    body = b"evil.localhost:9000"
    _, came, answer = ask("playground.localhost:8010", body, kind)
    assert answer == body
    assert came["Content-Length"] == str(len(body))


@pytest.mark.parametrize("host", ["", "playground.localhost", "playground.localhost:65000", "x:1"])
def test_a_host_that_cannot_be_a_moved_one_is_left_alone(host: str) -> None:
    got, came, _ = ask(host)
    assert got["HTTP_HOST"] == host
    assert came["Location"] == "http://evil.localhost:9000/x"


@pytest.mark.parametrize("name", ["exploit-k3x9", "workbench-0a1b2c"])
def test_an_owners_hosts_are_moved_as_well(name: str) -> None:
    text = f"http://{name}.localhost:9000/exploit"
    got, _, answer = ask(f"{name}.localhost:8010", text.encode())
    assert got["HTTP_HOST"] == f"{name}.localhost:8000"
    assert answer.decode() == text.replace("9000", "9010")


@pytest.mark.parametrize(
    ("kind", "seen", "kept"),
    [
        (
            "application/x-www-form-urlencoded",
            b"a=%FF\xff&b=http%3A%2F%2Fno-defense.bank.localhost%3A8010%2Flogout",
            b"a=%FF\xff&b=http%3A%2F%2Fno-defense.bank.localhost%3A8000%2Flogout",
        ),
        (
            "application/json",
            b'["http://evil.localhost:10010"]',
            b'["http://evil.localhost:10010"]',
        ),
        ("application/json", b'["http://evil.localhost:9010"]', b'["http://evil.localhost:9000"]'),
        ("image/png", b"evil.localhost:9010", b"evil.localhost:9010"),
    ],
)
def test_what_somebody_writes_is_kept_at_the_own_ports(kind: str, seen: bytes, kept: bytes) -> None:
    sent: dict[str, Any] = {"wsgi.input": BytesIO(seen), "CONTENT_LENGTH": str(len(seen))}
    got, _, _ = ask("playground.localhost:8010", CONTENT_TYPE=kind, **sent)
    assert got["wsgi.input"].read() == kept
    assert got["CONTENT_LENGTH"] == str(len(kept))
