"""One person in a room who tries to spoil it for the others: `python -m e2e.stress.intruder`.

A process of its own, so that it takes no time from those whose waiting is measured. It reads its
aim from the standard input, as JSON, and prints what happened: how often each thing was answered
how, and what should not have been possible.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import resource
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import asyncssh

from catalogue.addresses import LOCALHOST

HERE = "127.0.0.1"
# What somebody waits for an answer; wrong codes queue for half a second each.
PATIENCE_SECONDS = 30.0
# How long the room waits for the code, as `room/tunnel.py` says.
LOGIN_SECONDS = 60.0
HIDDEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
OWNER = re.compile(r"--for-([a-z0-9-]+)")
# What the room's server is built to give to nobody, as `room/tests/test_tunnel.py` lists it.
FORBIDDEN: dict[str, Callable[[asyncssh.SSHClientConnection, Aim], Awaitable[Any]]] = {
    "a shell": lambda ssh, _: ssh.run(""),
    "a command": lambda ssh, _: ssh.run("id"),
    "files": lambda ssh, _: ssh.start_sftp_client(),
    "a remote forward": lambda ssh, _: ssh.forward_remote_port("", 0, HERE, 80),
    "the tunnel itself": lambda ssh, aim: ssh.open_connection(LOCALHOST, aim.tunnel),
    "another address": lambda ssh, aim: ssh.open_connection("127.0.0.2", aim.victim),
    "a socket": lambda ssh, _: ssh.open_unix_connection("/var/run/docker.sock"),
}
PRECIOUS = ("/room/", "/room/live/", "/room/wall/", "/room/people.csv", "/room/people.json")
ACTS = ("/room/say/", "/room/hold/", "/room/vote/", "/room/reset/", "/room/people/1/")
BEGINNINGS = (
    b"",
    b"SSH-2.0-",
    b"SSH-2.0-half\r\n",
    b"SSH-1.5-old\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"A" * 70_000,
)
REQUESTS = (
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    f"GET /room/ HTTP/1.1\r\nHost: playground.{LOCALHOST}\r\n\r\n".encode(),
    b"GET /../../var/room/secret HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /.git/config HTTP/1.0\r\n\r\n",
    b"PROPFIND / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n<a/>",
    f"CONNECT {LOCALHOST}:22 HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
    b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 20_000 + b"\r\n\r\n",
)
Silent = tuple[asyncio.StreamReader, asyncio.StreamWriter]
NAMES = (
    "",
    " \u200b\u202e ",
    "<script>alert(1)</script>",
    "=HYPERLINK(1)",
    "\u202egnitset",
    "👩‍👩‍👧‍👦" * 9,
    "\x00\x1b[2J\r\nSet-Cookie: trainer=x",
    "ß" * 60,
    "ﷺ" * 40,
    "Z̷̛͇a̸l̶g̵o̴" * 6,
    "x" * 10_000,
    "𝔄𝔫𝔫𝔞",
    "علي",
    "王小明",
)


@dataclass(frozen=True)
class Aim:
    """The room, the addresses that the intruder has taken, how much to try, and whose progress to
    forge. Of one address alone, the room would soon take nothing more."""

    tunnel: int
    page: int
    victim: int
    playground: str
    code: str
    silent: str
    noisy: str
    joined: str
    owner: str
    scale: float
    seed: int

    def times(self, whole: int) -> int:
        return max(4, round(whole * self.scale))


@dataclass
class Done:
    """What the intruder tried; `faults` are what it should not have got, in sentences."""

    outcomes: dict[str, Counter[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def note(self, what: str, outcome: str) -> None:
        self.outcomes.setdefault(what, Counter())[outcome] += 1


def ssh(aim: Aim, code: str) -> Any:
    return asyncssh.connect(
        HERE,
        aim.tunnel,
        local_addr=(aim.joined, 0),
        username="room",
        password=code,
        known_hosts=None,
        config=None,
        client_keys=None,
        agent_path=None,
        login_timeout=PATIENCE_SECONDS,
    )


async def wrong_codes(aim: Aim, done: Done) -> None:
    """Guess the code, by ssh and at the relay, a few at a time."""
    chance = random.Random(aim.seed)
    near = [aim.code[:-1], aim.code + "0", aim.code[::-1], "", "x" * 5000, "é\udcff"]

    async def guess() -> None:
        code = chance.choice([*near, f"{chance.getrandbits(60):x}"])
        try:
            async with ssh(aim, code):
                done.faults.append(f"the wrong code {code[:20]!r} opened the room")
        except asyncssh.PermissionDenied:
            done.note("wrong codes", "refused")
        except (asyncssh.Error, OSError, UnicodeError):
            done.note("wrong codes", "closed")
        head = f"CONNECT {LOCALHOST}:{aim.victim} HTTP/1.1\r\nHost: x\r\n"
        said = code.encode(errors="surrogatepass").hex()[:200]
        request = f"{head}Proxy-Authorization: Bearer {said}\r\n\r\n".encode()
        answer = await raw(aim, aim.page, request)
        done.note("wrong codes", answer)
        if answer == "200":
            done.faults.append("the relay took a wrong code")

    await in_turns(guess for _ in range(aim.times(60)))


async def half_exchanges(aim: Aim, done: Done) -> None:
    """Begin an SSH exchange in every way but the right one, and leave."""
    chance = random.Random(aim.seed)

    async def begin() -> None:
        start = chance.choice(BEGINNINGS) + chance.randbytes(chance.randrange(80))
        answer = await raw(aim, aim.tunnel, start, seconds=chance.choice([0.0, 0.5, 2.0]))
        done.note("half exchanges", answer if answer == "closed" else "left")

    await in_turns(begin for _ in range(aim.times(400)))


async def scan(aim: Aim, done: Done) -> None:
    """Ask the page's port for what scanners ask, and for noise."""
    chance = random.Random(aim.seed)

    async def ask() -> None:
        request = chance.choice(REQUESTS)
        if chance.randrange(4) == 0:
            request = request[: chance.randrange(len(request))] + chance.randbytes(20)
        answer = await raw(aim, aim.page, request, seconds=2.0)
        done.note("scans", answer if answer != "nothing" else "left")
        if answer.startswith("5"):
            done.faults.append(f"the page's port answered {answer} to {request[:60]!r}")

    await in_turns(ask for _ in range(aim.times(800)))


async def half_open(aim: Aim, done: Done) -> list[Silent]:
    """Open a thousand connections that say nothing; return them, to be held until the end."""
    held: list[Silent] = []
    for number in range(aim.times(1000)):
        port = (aim.tunnel, aim.page)[number % 2]
        try:
            silent = await asyncio.open_connection(HERE, port, local_addr=(aim.silent, 0))
        except OSError:
            done.note("half-open", "refused")
        else:
            done.note("half-open", "opened")
            held.append(silent)
    return held


async def leave(aim: Aim, held: list[Silent], done: Done) -> None:
    """Close the silent connections. In a whole run, the room should have closed them before."""
    patience = PATIENCE_SECONDS + LOGIN_SECONDS if aim.scale == 1 else 0.0
    with suppress(TimeoutError):
        async with asyncio.timeout(patience):
            for reader, _ in held:
                with suppress(OSError):
                    await reader.read()
    left = sum(not reader.at_eof() and not reader.exception() for reader, _ in held)
    if left and aim.scale == 1:
        done.faults.append(f"hung: {left} silent connections are still open")
    for _, writer in held:
        writer.close()


async def unused_forwards(aim: Aim, done: Done) -> list[asyncssh.SSHClientConnection]:
    """Join as often as one can, and open forwards that carry nothing."""
    held: list[asyncssh.SSHClientConnection] = []
    for _ in range(aim.times(20)):
        try:
            connection = await ssh(aim, aim.code)
        except (asyncssh.Error, OSError):
            done.note("unused forwards", "not joined")
            continue
        held.append(connection)
        for _ in range(max(20, aim.times(200))):
            try:
                await connection.open_connection(LOCALHOST, aim.victim)
            except (asyncssh.Error, OSError):
                done.note("unused forwards", "refused")
            else:
                done.note("unused forwards", "held")
    return held


async def forbidden(aim: Aim, done: Done) -> None:
    """Ask the tunnel for everything that it must not give."""
    async with ssh(aim, aim.code) as connection:
        for what, ask in FORBIDDEN.items():
            try:
                await asyncio.wait_for(ask(connection, aim), PATIENCE_SECONDS)
            except (asyncssh.Error, asyncssh.ChannelListenError, OSError):
                done.note("forbidden", "refused")
            else:
                done.faults.append(f"the tunnel gave {what}")


class Browser:
    """What the intruder asks through the tunnel, as somebody with the room's code can."""

    def __init__(self, aim: Aim, connection: asyncssh.SSHClientConnection, done: Done) -> None:
        self._aim, self._connection, self._done = aim, connection, done
        self._cookies: dict[str, str] = {}

    async def ask(self, path: str, said: dict[str, str] | None = None, **headers: str) -> Any:
        """Send a GET or a form; return the status and the text."""
        aim = self._aim
        body = urlencode(said).encode(errors="surrogatepass") if said is not None else b""
        sent = {"Host": aim.playground, "Connection": "close", "Origin": f"http://{aim.playground}"}
        jar = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        sent |= {"Cookie": jar} if jar else {}
        if said is not None:
            sent |= {"Content-Type": "application/x-www-form-urlencoded"}
            sent |= {"Content-Length": str(len(body))}
        lines = "".join(f"{k.replace('_', '-')}: {v}\r\n" for k, v in {**sent, **headers}.items())
        head = f"{'GET' if said is None else 'POST'} {path} HTTP/1.1\r\n{lines}\r\n"
        reader, writer = await self._connection.open_connection(LOCALHOST, aim.victim)
        writer.write(head.encode() + body)
        async with asyncio.timeout(PATIENCE_SECONDS):
            answer = await reader.read()
        writer.close()
        begin, _, text = answer.partition(b"\r\n\r\n")
        for name, value in re.findall(rb"\r\n[Ss]et-[Cc]ookie: ([^=]+)=([^;\r]*)", begin):
            self._cookies[name.decode()] = value.decode()
        status = int(begin.split(b" ")[1]) if begin else 0
        self._done.note("asked through the tunnel", str(status))
        if status >= 500 or not status:
            self._done.faults.append(f"{path} {str(said)[:80]} was answered {status}")
        return status, text.decode(errors="replace")

    def be(self, **cookies: str) -> None:
        self._cookies |= cookies

    async def token(self) -> dict[str, str]:
        _, page = await self.ask("/join/")
        found = HIDDEN.search(page)
        return {"csrfmiddlewaretoken": found[1]} if found else {}


async def strange_names(aim: Aim, browser: Browser) -> None:
    for name in NAMES:
        await browser.ask("/join/", {**await browser.token(), "name": name, "next": "//evil"})
    await browser.ask("/join/", {"name": "y" * 2_000_000})


async def be_the_trainer(aim: Aim, browser: Browser, done: Done) -> None:
    """Open what's only for the trainer, without the secret and with wrong ones."""
    token = await browser.token()
    for trainer in ("", "trainer", "trainer:forged", "x" * 3000):
        browser.be(trainer=trainer)
        for path in PRECIOUS:
            status, _ = await browser.ask(path)
            if status != 403:
                done.faults.append(f"{path} without the secret was answered {status}")
        for path in ACTS:
            said = {**token, "said": "hacked", "phase": "alone", "lesson": "the-image"}
            status, _ = await browser.ask(path, said)
            if status != 403:
                done.faults.append(f"{path} without the secret was answered {status}")
    for secret in ("", "x", aim.code, "x" * 3000):
        status, _ = await browser.ask("/api/room", Authorization=f"Bearer {secret}")
        if status != 401:
            done.faults.append(f"/api/room with {secret[:10]!r} was answered {status}")
        status, _ = await browser.ask(f"/room/enter/?key={secret}")
        if status != 403:
            done.faults.append(f"the link with {secret[:10]!r} was answered {status}")


async def forge_progress(aim: Aim, browser: Browser, done: Done) -> None:
    """Be somebody whose labs' owner is known, and look for owners that should not be."""
    path = "/lessons/the-image/predict/"
    token = await browser.token()
    for value in (aim.owner, f"{aim.owner}:forged", f"{aim.owner}:{'A' * 43}", "x" * 3000):
        browser.be(learner=value)
        await browser.ask("/lessons/")
        await browser.ask(path, {**token, "choice": "forged", "owner": aim.owner})
        await browser.ask("/lessons/start-over/", {**token, "owner": aim.owner})
    for code in ("", aim.owner, "2222-2222", "x" * 5000):
        await browser.ask("/join/", {**await browser.token(), "code": code})
    for open_to_all in ("/", "/labs/", "/play/", "/api/labs", "/poll/?.people=1", "/vote/"):
        _, page = await browser.ask(open_to_all)
        if aim.owner in OWNER.findall(page):
            done.faults.append(f"{open_to_all} tells everybody whose labs there are")


async def through_the_tunnel(aim: Aim, done: Done) -> None:
    async with ssh(aim, aim.code) as connection:
        for _ in range(max(1, round(5 * aim.scale))):
            await be_the_trainer(aim, Browser(aim, connection, done), done)
            await forge_progress(aim, Browser(aim, connection, done), done)
            await strange_names(aim, Browser(aim, connection, done))


async def raw(aim: Aim, port: int, data: bytes, seconds: float = PATIENCE_SECONDS) -> str:
    """Send bytes, and wait so long; return a status, "closed", or "nothing"."""
    try:
        reader, writer = await asyncio.open_connection(HERE, port, local_addr=(aim.noisy, 0))
    except OSError:
        return "refused"
    try:
        writer.write(data)
        async with asyncio.timeout(seconds):
            answer = await reader.read(4096)
            while answer.startswith(b"SSH-"):
                if not await reader.read(4096):
                    return "closed"
    except TimeoutError:
        return "nothing"
    except OSError:
        return "closed"
    finally:
        writer.close()
    return answer.split(b" ")[1].decode() if answer.startswith(b"HTTP/") else "closed"


async def in_turns(todo: Iterator[Callable[[], Awaitable[None]]]) -> None:
    """Do everything, eight at a time."""

    async def work() -> None:
        for do in todo:
            await do()

    await asyncio.gather(*(work() for _ in range(8)))


async def spoil(aim: Aim) -> Done:
    done = Done()
    held = await half_open(aim, done)
    forwards = await unused_forwards(aim, done)
    # Most of them vanish, as a laptop does whose lid is closed.
    for connection in forwards[2:]:
        connection.abort()
    await asyncio.gather(
        wrong_codes(aim, done), half_exchanges(aim, done), scan(aim, done), forbidden(aim, done)
    )
    # What this laptop may have open, it needs for itself now.
    for connection in forwards[:2]:
        connection.close()
        await connection.wait_closed()
    await through_the_tunnel(aim, done)
    await leave(aim, held, done)
    return done


def main() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    aim = Aim(**json.load(sys.stdin))
    json.dump(vars(asyncio.run(spoil(aim))), sys.stdout)


if __name__ == "__main__":
    main()
