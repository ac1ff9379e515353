"""What the network gets by plain http: a page, two scripts, and a relay for who has the code."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

from catalogue.addresses import Addresses
from room import join, lan, tunnel
from room.tests.conftest import ADDRESS, CODE, Room, room, soon
from room.way_in import WayIn, files

WAY = WayIn("192.168.1.5", 2222, 8080, "SHA256:aBc/+123dEf", Addresses())


async def say(here: Room, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(ADDRESS, here.page_port)
    writer.write(request)
    answer = await asyncio.wait_for(reader.read(), 20)
    writer.close()
    await writer.wait_closed()
    return answer


def connect(port: object, code: str = CODE, host: str = "localhost") -> bytes:
    return (
        f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}\r\n"
        f"Proxy-Authorization: Bearer {code}\r\n\r\n"
    ).encode("latin-1")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"200"),
        (b"GET /?x HTTP/1.0\r\n\r\n", b"200"),
        (b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", b"200"),
        (b"GET /../settings.py HTTP/1.1\r\nHost: x\r\n\r\n", b"404"),
        (b"GET /room/ HTTP/1.1\r\nHost: playground.localhost:8000\r\n\r\n", b"404"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n", b"405"),
        (b"GET / HTTP/1.1\r\n\r\n", b"400"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 99_999 + b"\r\n\r\n", b"431"),
    ],
)
def test_there_is_one_page_and_an_answer_to_everything_else(
    request_: bytes, status: bytes, tmp_path: Path
) -> None:
    async def run() -> None:
        async with room(tmp_path) as here:
            answer = await say(here, request_)
            assert answer.split(b" ")[1] == status
            assert (b"join" in answer) == (status == b"200" and not request_.startswith(b"HEAD"))

    asyncio.run(run())


def test_the_relay_leads_to_the_site_for_who_says_the_code(tmp_path: Path) -> None:
    async def run() -> None:
        async with room(tmp_path) as here:
            # What's sent along with the head isn't lost.
            answer = await say(here, connect(here.port) + b"hello")
            assert answer.startswith(b"HTTP/1.1 200")
            assert answer.endswith(b"site: hello")

    asyncio.run(run())


def test_the_relay_leads_nowhere_else(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(tunnel, "WRONG_CODE_SECONDS", 0.01)

    async def run() -> None:
        async with room(tmp_path) as here:
            for request, status in {
                connect(here.port, "tulip"): b"407",
                connect(here.port, ""): b"407",
                f"CONNECT localhost:{here.port} HTTP/1.1\r\nHost: x\r\n\r\n".encode(): b"407",
                connect(here.page_port): b"403",
                connect(here.port, host="127.0.0.1"): b"403",
                connect(here.port, host="localhost.evil.example"): b"403",
                connect("80"): b"403",
                connect(f"0{here.port}"): b"403",
                connect(""): b"403",
                connect("port"): b"403",
                f"GET http://localhost:{here.port}/ HTTP/1.1\r\nHost: x\r\n\r\n".encode(): b"404",
            }.items():
                answer = await say(here, request)
                assert answer.split(b" ")[1] == status, request
            assert here.arrivals.laptops == []

    asyncio.run(run())


def test_one_laptop_has_so_many_relays_and_no_more(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(tunnel, "MOST_FORWARDS", 1)

    async def run() -> None:
        async with room(tmp_path) as here:
            reader, writer = await asyncio.open_connection(ADDRESS, here.page_port)
            writer.write(connect(here.port))
            assert b" 200 " in await reader.readuntil(b"\r\n")
            assert (await say(here, connect(here.port))).split(b" ")[1] == b"503"
            writer.close()
            await writer.wait_closed()
            assert await soon(lambda: not here.limits.forwards and not here.limits.pages)

    asyncio.run(run())


def test_half_a_request_is_ended(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(lan, "HEAD_SECONDS", 0.2)

    async def run() -> None:
        async with room(tmp_path) as here:
            assert await say(here, b"GET / HTTP/1.1\r\n") == b""
            assert await say(here, b"") == b""

    asyncio.run(run())


def test_one_address_has_so_many_connections_and_no_more(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(lan, "MOST_CONNECTIONS", 2)

    async def run() -> None:
        async with room(tmp_path) as here:
            idle = [await asyncio.open_connection(ADDRESS, here.page_port) for _ in range(2)]
            reader, writer = await asyncio.open_connection(ADDRESS, here.page_port)
            assert await asyncio.wait_for(reader.read(), 20) == b""
            writer.close()
            for _, writer in idle:
                writer.close()
                await writer.wait_closed()

    asyncio.run(run())


def test_the_script_joins_and_moves_where_a_port_is_taken(tmp_path: Path, capsys: Any) -> None:
    async def run() -> None:
        async with room(tmp_path) as here:
            taken = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
            port = taken.sockets[0].getsockname()[1]
            page = f"{ADDRESS}:{here.page_port}"
            script = (sys.executable, join.__file__, page, CODE)
            # The site's own port is taken on this machine, and the first of the next ones is free.
            process = await asyncio.create_subprocess_exec(
                *script, str(here.port), str(port), stdout=asyncio.subprocess.PIPE
            )
            assert process.stdout
            said = (await process.stdout.readline()).decode()
            assert f"http://playground.localhost:{here.port + 10}/" in said
            reader, writer = await asyncio.open_connection(ADDRESS, here.port + 10)
            writer.write(b"hello")
            assert await reader.read() == b"site: hello"
            writer.close()
            process.terminate()
            await process.wait()
            taken.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Usage"),
        (["192.168.1.5", "code"], "Usage"),
        (["127.0.0.1:1", "code"], "Nothing answers at 127.0.0.1:1."),
    ],
)
def test_the_script_says_what_is_wrong(arguments: list[str], sentence: str) -> None:
    assert sentence in str(join.main(arguments))


def test_the_script_says_that_the_code_is_wrong(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(tunnel, "WRONG_CODE_SECONDS", 0.01)

    async def run() -> str:
        async with room(tmp_path) as here:
            return await join.join(f"{ADDRESS}:{here.page_port}", "tulip", (here.port, here.port))

    assert asyncio.run(run()) == "That isn't this room's code."


def test_the_page_has_the_lines_and_not_the_code() -> None:
    found = files([WAY], WAY.where)
    page = found["/"].body.decode()
    assert WAY.ssh() in page
    assert "ED25519 key fingerprint is SHA256:aBc/+123dEf" in page
    assert WAY.ssh(10) in page
    assert WAY.relay() in page
    assert CODE not in page
    assert set(found) == {"/", "/join.py", "/join.ps1"}
    assert "isn’t in a network" in files([], WAY.where)["/"].body.decode()


def test_the_join_line_is_as_ssh_wants_it() -> None:
    assert WAY.ssh(10) == (
        "ssh -N -o HostKeyAlias=csrf-room-abc123de -o ExitOnForwardFailure=yes "
        "-o ServerAliveInterval=15 -o ServerAliveCountMax=8 -o PubkeyAuthentication=no "
        "-L 8010:localhost:8000 -L 9010:localhost:9000 -p 2222 room@192.168.1.5"
    )
