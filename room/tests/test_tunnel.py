"""The tunnel leads to the playground's ports. Whatever else somebody asks for is refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from room import tunnel
from room.tests.conftest import ADDRESS, Room, room, soon

FORBIDDEN: dict[str, Callable[[asyncssh.SSHClientConnection, Room], Awaitable[Any]]] = {
    "a shell": lambda ssh, _: ssh.run(""),
    "a command": lambda ssh, _: ssh.run("id"),
    "a terminal": lambda ssh, _: ssh.create_process(term_type="xterm"),
    "files": lambda ssh, _: ssh.start_sftp_client(),
    "a subsystem": lambda ssh, _: ssh.create_session(asyncssh.SSHClientSession, subsystem="x"),
    "a copy": lambda ssh, _: asyncssh.scp((ssh, "/etc/passwd"), "/dev/null"),
    "a remote forward": lambda ssh, _: ssh.forward_remote_port("", 0, ADDRESS, 80),
    "a remote forward to a path": lambda ssh, _: ssh.forward_remote_path("/tmp/x", "/tmp/y"),
    "another port": lambda ssh, here: ssh.open_connection("localhost", here.page_port),
    "port 0": lambda ssh, _: ssh.open_connection("localhost", 0),
    "another name": lambda ssh, here: ssh.open_connection("localhost.", here.port),
    "another address": lambda ssh, here: ssh.open_connection("127.0.0.2", here.port),
    "every address": lambda ssh, here: ssh.open_connection("0.0.0.0", here.port),
    "no address": lambda ssh, here: ssh.open_connection("", here.port),
    "a path": lambda ssh, _: ssh.open_unix_connection("/var/run/docker.sock"),
    "a network device": lambda ssh, _: ssh.create_tun(lambda: asyncssh.SSHTunTapSession()),
    "an ethernet device": lambda ssh, _: ssh.create_tap(lambda: asyncssh.SSHTunTapSession()),
}


async def ask(reader: Any, writer: Any, text: bytes = b"hello") -> bytes:
    writer.write(text)
    writer.write_eof()
    answer: bytes = await reader.read()
    writer.close()
    return answer


def test_who_says_the_code_reaches_the_site(tmp_path: Path) -> None:
    async def run() -> None:
        async with room(tmp_path) as here, here.ssh() as ssh:
            for _ in range(3):
                assert await ask(*await ssh.open_connection("localhost", here.port)) == (
                    b"site: hello"
                )

    asyncio.run(run())


@pytest.mark.parametrize("what", FORBIDDEN)
def test_nothing_else_is_given(what: str, tmp_path: Path) -> None:
    async def run() -> None:
        async with room(tmp_path) as here, here.ssh() as ssh:
            with pytest.raises((asyncssh.Error, asyncssh.ChannelListenError, OSError)):
                await asyncio.wait_for(FORBIDDEN[what](ssh, here), 5)
            # The visit goes on.
            assert await ask(*await ssh.open_connection("localhost", here.port))

    asyncio.run(run())


@pytest.mark.parametrize("code", ["", "tulip", "tulip-kitchen-43", "x" * 5000, "tulip-kitchen-42é"])
def test_a_wrong_code_is_refused(code: str, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(tunnel, "WRONG_CODE_SECONDS", 0.01)

    async def run() -> None:
        async with room(tmp_path) as here:
            with pytest.raises(asyncssh.PermissionDenied):
                await here.ssh(code)
            assert here.arrivals.laptops == []

    asyncio.run(run())


@pytest.mark.parametrize("code", ["TULIP-kitchen-42", " tulip-kitchen-42 "])
def test_the_code_may_be_typed_as_on_the_wall(code: str, tmp_path: Path) -> None:
    async def run() -> None:
        async with room(tmp_path) as here, here.ssh(code):
            assert here.arrivals.laptops == [ADDRESS]

    asyncio.run(run())


def test_guessing_together_is_as_slow_as_guessing_alone(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(tunnel, "WRONG_CODE_SECONDS", 0.2)

    async def run() -> None:
        async with room(tmp_path) as here:
            loop = asyncio.get_running_loop()
            begin = loop.time()
            guesses = asyncio.gather(*(here.limits.is_code("guess", ADDRESS) for _ in range(5)))
            assert await here.limits.is_code("tulip-kitchen-42", ADDRESS)
            assert loop.time() - begin < 0.2, "the right one isn't kept waiting"
            assert not any(await guesses)
            assert loop.time() - begin >= 1

    asyncio.run(run())


def test_a_site_that_is_down_is_said(tmp_path: Path) -> None:
    async def run() -> None:
        async with room(tmp_path) as here, here.ssh() as ssh:
            here.site.close()
            with pytest.raises(asyncssh.ChannelOpenError, match="doesn't answer"):
                await ssh.open_connection("localhost", here.port)

    asyncio.run(run())


def test_one_laptop_has_so_many_connections_and_no_more(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(tunnel, "MOST_FORWARDS", 3)

    async def run() -> None:
        async with room(tmp_path) as here, here.ssh() as ssh:
            unused = [await ssh.open_connection("localhost", here.port) for _ in range(3)]
            # Nor by joining once more.
            async with here.ssh() as again:
                for one in (ssh, again):
                    with pytest.raises(asyncssh.ChannelOpenError, match="close a few"):
                        await one.open_connection("localhost", here.port)
            for reader, writer in unused:
                assert await ask(reader, writer)
            assert await ask(*await ssh.open_connection("localhost", here.port))
            assert await soon(lambda: not here.limits.forwards)

    asyncio.run(run())


def test_a_room_never_has_more_open_than_it_may(tmp_path: Path) -> None:
    """Else it would run out of files, and end for everybody."""

    async def run() -> None:
        async with room(tmp_path, most_sockets=4) as here, here.ssh() as ssh:
            idle = [await asyncio.open_connection(ADDRESS, here.page_port) for _ in range(2)]
            forward = await ssh.open_connection("localhost", here.port)
            assert here.limits.is_full
            with pytest.raises(asyncssh.ChannelOpenError, match="close a few"):
                await ssh.open_connection("localhost", here.port)
            with pytest.raises((asyncssh.Error, OSError)):
                await here.ssh()
            reader, writer = await asyncio.open_connection(ADDRESS, here.page_port)
            assert await asyncio.wait_for(reader.read(), 20) == b""
            for _, one in [*idle, (reader, writer)]:
                one.close()
            assert await ask(*forward)
            assert await soon(lambda: not here.limits.pages and not here.limits.forwards)
            assert await ask(*await ssh.open_connection("localhost", here.port))

    asyncio.run(run())


def test_who_mistypes_waits_for_their_turn_and_not_for_all_that_another_guesses(
    tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(tunnel, "WRONG_CODE_SECONDS", 0.1)

    async def run() -> None:
        async with room(tmp_path) as here:
            guesses = [
                asyncio.ensure_future(here.limits.is_code("x", "10.0.0.66")) for _ in "12345678"
            ]
            await asyncio.sleep(0)
            assert not await here.limits.is_code("typo", "10.0.0.5")
            assert sum(guess.done() for guess in guesses) <= 2
            await asyncio.gather(*guesses)

    asyncio.run(run())


def test_who_never_says_the_code_takes_nothing_from_who_does(
    tmp_path: Path, monkeypatch: Any
) -> None:
    """Half an exchange, or none: beyond a few of one address they are closed at once, and the few
    after a while."""
    monkeypatch.setattr(tunnel, "LOGIN_SECONDS", 1)

    async def run() -> None:
        async with room(tmp_path) as here:
            idle = []
            for number in range(tunnel.MOST_WAITING + 30):
                reader, writer = await asyncio.open_connection(ADDRESS, here.ssh_port)
                writer.write(b"SSH-2.0-half\r\n" if number % 2 else b"")
                idle.append((reader, writer))
            assert await soon(lambda: here.limits.waiting.total() == tunnel.MOST_WAITING)
            for reader, writer in idle:
                with suppress(ConnectionError):
                    await asyncio.wait_for(reader.read(), 30)
                writer.close()
                with suppress(ConnectionError):
                    await writer.wait_closed()
            assert await soon(lambda: not here.limits.waiting)
            async with here.ssh() as ssh:
                assert await ask(*await ssh.open_connection("localhost", here.port))

    asyncio.run(run())


def test_the_wall_knows_who_is_there(tmp_path: Path) -> None:
    async def run() -> None:
        async with room(tmp_path) as here:
            async with here.ssh(), here.ssh():
                assert here.arrivals.laptops == [ADDRESS]
                said = json.loads((tmp_path / "room" / "way-in.json").read_text())
                assert said["laptops"] == [ADDRESS]
            assert await soon(lambda: here.arrivals.laptops == [])

    asyncio.run(run())


def test_the_key_is_the_same_the_next_time(tmp_path: Path) -> None:
    first, second = tunnel.host_key(tmp_path), tunnel.host_key(tmp_path)
    assert first.get_fingerprint() == second.get_fingerprint()
    assert (tmp_path / "room" / "host_key").stat().st_mode & 0o077 == 0
