"""A room of 200 through the tunnel, next to the same people without it: `make bench-room`.

It's an open loop: every request has a time at which it's due, whether or not the ones before it are
answered, and what counts is the time from then until its answer. So a queue shows as what it is for
the people in it.

Each person has a laptop with an address of its own and an ssh that leads to the room. They have a
lesson open, whose page asks once a second for news, and click at the bank every few seconds. Once
in each round they're attacked, and the trainer's page, which somebody has open, shows it. Rounds
with and without the tunnel take turns. The ssh processes run on this machine too; in a real room
each has a laptop of its own.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

from benchmarks.client import Connection, Request, Response, get, post
from benchmarks.live import LivePage
from benchmarks.pressing import percentile
from benchmarks.short import ROUNDS, SHORT
from benchmarks.starting import Running, Tree, playground
from benchmarks.table import NOW, Row, say
from catalogue import lessons
from e2e import laptops
from tools.run import free_port

PEOPLE = int(os.environ.get("PEOPLE") or (4 if SHORT else 200))
# A round's time, and between two clicks of one person.
SECONDS, CLICK = (3.0, 0.5) if SHORT else (30.0, 4.0)
POLL = 1.0
# What somebody waits for who gets no answer; then it's an error.
PATIENCE = 20.0
TARGET_P95_MS, TARGET_SEEN_MS = 30, 1500
LESSON = next(each for each in lessons.read_all()[0] if each.slug == "post-alone")
DIRECT, TUNNEL = "without the tunnel", "through the tunnel"
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_LAB = re.compile(rf"{LESSON.lab}--for-[a-z0-9-]+")
_SEEN = re.compile(r'/room/people/\d+/">([^<]+)</a>.*?class="(?:tried|fixed)"')


@dataclass
class Round:
    """What a round measured: milliseconds, and the processors' time of its requests."""

    waits: list[float] = field(default_factory=list)
    seen: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    sites_ms: float = 0.0
    tunnel_ms: float = 0.0
    laptops_ms: float = 0.0

    def p95(self) -> float:
        return percentile(sorted(self.waits), 95)

    def seen_p95(self) -> float:
        return percentile(sorted(self.seen), 95) if self.seen else PATIENCE * 1000


class OnTime(Connection):
    """A connection that notes how long after its time each answer came."""

    def __init__(self, port: int, address: str, round_: Round) -> None:
        super().__init__(port, address)
        self._round = round_
        self._turn = asyncio.Lock()
        self.due = 0.0

    async def ask(self, request: Request) -> Response:
        """Ask at the time that's due, or as soon as the answers before it are here."""
        due = self.due
        async with self._turn:
            try:
                async with asyncio.timeout(PATIENCE):
                    answer = await super().ask(request)
            except (OSError, EOFError) as error:
                self.close()
                self._round.errors.append(f"{request.method} {request.path}: {error!r}")
                return Response(0, b"", b"")
        self._round.waits.append((time.monotonic() - due) * 1000)
        if answer.status >= 400:
            self._round.errors.append(f"{request.method} {request.path}: {answer.status}")
        return answer


@dataclass
class Person:
    """Somebody with a laptop, who has joined: a cookie for each of the two sites' hosts."""

    name: str
    laptop: str
    tree: Tree
    cookie: str = ""
    host: str = ""
    session: str = ""

    async def join(self) -> None:
        connection = Connection(self.tree.victim.port)
        await self._send(connection, "/join/", "/join/", name=self.name)
        connection.close()

    async def begin(self) -> None:
        """Predict, and sign in at the lesson's lab."""
        connection, port = Connection(self.tree.victim.port), self.tree.victim.port
        path = f"/lessons/{LESSON.slug}/"
        await self._send(connection, path, f"{path}predict/", choice=next(iter(LESSON.choices)))
        page = await connection.ask(get(self.tree.playground, path, self.cookie))
        label = _LAB.search(page.text)
        if not label:
            raise SystemExit(f"{path} answered {page.status}, without a lab.")
        self.host = f"{self.tree.site.domains.lab(label[0])}:{port}"
        form = urlencode({"username": "alice", "password": "wonderland"})
        signed_in = await connection.ask(post(self.host, "/login", "", form))
        self.session = f"sessionid={signed_in.cookies()['sessionid']}"
        await connection.ask(get(self.host, "/?signed-in", self.session))
        connection.close()

    async def _send(self, connection: Connection, form: str, path: str, **said: str) -> None:
        where = self.tree.playground
        self.cookie = await send_form(connection, where, self.cookie, form, path, said)

    def attack(self) -> Request:
        """Return what the lesson's attack makes this person's browser send."""
        sent = post(self.host, "/transfer", self.session, "to=mallory&amount=1")
        evil = {"Origin": self.tree.site.addresses.evil, "Sec-Fetch-Site": "cross-site"}
        moves = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
        return Request(sent.method, sent.path, {**sent.headers, **evil, **moves}, sent.body)


async def send_form(
    connection: Connection, host: str, cookie: str, form: str, path: str, said: Mapping[str, str]
) -> str:
    """Fill in a form of the teaching side; return the browser's cookies after that."""
    page = await connection.ask(get(host, form, cookie))
    cookie = _with_new(cookie, page)
    token = _TOKEN.search(page.text)
    body = urlencode({"csrfmiddlewaretoken": token[1] if token else "", **said})
    answer = await connection.ask(post(host, path, cookie, body))
    if answer.status != 302:
        raise SystemExit(f"{path} answered {answer.status} to {dict(said)}.")
    return _with_new(cookie, answer)


def _with_new(cookie: str, answer: Response) -> str:
    """Return a browser's cookies, with those that an answer set."""
    cookies = dict(part.split("=", 1) for part in cookie.split("; ") if part)
    return "; ".join(f"{name}={value}" for name, value in (cookies | answer.cookies()).items())


async def take_part(person: Person, begin: float, round_: Round, *, tunnel: bool) -> float:
    """Be somebody in a round; return when the attack had been answered."""
    chance = random.Random(person.name)
    address = person.laptop if tunnel else "127.0.0.1"
    port = person.tree.victim.port
    lesson, bank = (OnTime(port, address, round_) for _ in range(2))
    lesson.due = begin + chance.random() * SECONDS / 3
    await _until(lesson.due)
    page = await lesson.ask(get(person.tree.playground, f"/lessons/{LESSON.slug}/", person.cookie))
    live = LivePage(page.text, person.tree.playground, person.cookie)

    async def poll() -> None:
        await live.ask(lesson)

    paths = ("/transfer", "/email", "/", "/password")
    clicks = [get(person.host, path, person.session) for path in paths]
    clicks.append(post(person.host, "/transfer", person.session, "to=mallory&amount=1"))
    answered = 0.0

    async def click(number: int) -> None:
        await bank.ask(clicks[number % len(clicks)])

    async def be_attacked() -> None:
        nonlocal answered
        await bank.ask(person.attack())
        answered = time.monotonic()

    end = begin + SECONDS
    asks: list[tuple[float, OnTime, Callable[[], Awaitable[None]]]] = []
    due = lesson.due
    while (due := due + POLL) < end:
        asks.append((due, lesson, poll))
    due, number = lesson.due + chance.uniform(0.25, 1) * CLICK, 0
    while due < end:
        asks.append((due, bank, partial(click, number)))
        due, number = due + CLICK, number + 1
    asks.append((begin + chance.uniform(0.5, 0.8) * SECONDS, bank, be_attacked))
    under_way = []
    for due, connection, ask in sorted(asks, key=lambda each: each[0]):
        await _until(due)
        connection.due = due
        under_way.append(asyncio.ensure_future(ask()))
        # So that it has read what's due before the next one is.
        await asyncio.sleep(0)
    await asyncio.gather(*under_way)
    lesson.close()
    bank.close()
    return answered


async def _until(moment: float) -> None:
    await asyncio.sleep(max(0.0, moment - time.monotonic()))


async def watch(tree: Tree, cookie: str, seen: dict[str, float]) -> None:
    """Have the trainer's page open, and note when it first shows each attack."""
    connection = Connection(tree.victim.port)
    page = await connection.ask(get(tree.playground, "/room/", cookie))
    live = LivePage(page.text, tree.playground, cookie)
    while True:
        await asyncio.sleep(POLL)
        shown = await live.ask(connection)
        for name in _SEEN.findall(shown.replace("\n", "").replace("<tr", "\n<tr")):
            seen.setdefault(name, time.monotonic())


async def let_in(tree: Tree, secret: str) -> str:
    """Return the cookie of the trainer's browser."""
    connection = Connection(tree.victim.port)
    answer = await connection.ask(get(tree.playground, f"/room/enter/?key={secret}"))
    connection.close()
    return _with_new("", answer)


async def start_over(tree: Tree, cookie: str) -> None:
    """Let everybody start over, as the trainer can."""
    connection = Connection(tree.victim.port)
    said = {"lesson": LESSON.slug, "sure": "1"}
    await send_form(connection, tree.playground, cookie, "/room/", "/room/reset/", said)
    connection.close()


async def play(
    tree: Tree, people: Sequence[Person], trainer: str, ssh: Running, *, tunnel: bool
) -> Round:
    """Let everybody take part in one round."""
    await start_over(tree, trainer)
    for person in people:
        await person.begin()
    found, seen = Round(), dict[str, float]()
    watching = asyncio.ensure_future(watch(tree, trainer, seen))
    before = _cpu(tree, ssh)
    begin = time.monotonic() + 0.5
    answered = await asyncio.gather(
        *(take_part(person, begin, found, tunnel=tunnel) for person in people)
    )
    after = _cpu(tree, ssh)
    deadline = time.monotonic() + PATIENCE
    while len(seen) < len(people) and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    watching.cancel()
    for person, moment in zip(people, answered, strict=True):
        if person.name in seen:
            # It may be on the page before its answer is here.
            found.seen.append(max(0.0, seen[person.name] - moment) * 1000)
        else:
            found.errors.append(f"the trainer never saw what {person.name} did")
    count = max(1, len(found.waits))
    found.sites_ms, found.tunnel_ms, found.laptops_ms = (
        (late - early) / count * 1000 for early, late in zip(before, after, strict=True)
    )
    return found


def _cpu(tree: Tree, ssh: Running) -> tuple[float, float, float]:
    """Return the processors' time of the sites, of the tunnel and of the laptops' ssh so far."""
    assert tree.room
    sites = tree.victim.cpu_seconds() + tree.attacker.cpu_seconds()
    return sites, tree.room.cpu_seconds(), ssh.cpu_seconds()


def measure(root: Path, folder: Path) -> list[Row]:
    """Let the same people take part with and without the tunnel, in turns."""
    if reason := laptops.why_not():
        say(f"room: not measured here, since {reason}")
        return []
    port, page = free_port(), free_port()
    var_dir = folder / "room"
    rounds: dict[str, list[Round]] = {DIRECT: [], TUNNEL: []}
    with playground(root, var_dir, laptops.environment(port, page)) as tree:
        people = [
            Person(f"Person {number}", laptops.address(number), tree) for number in range(PEOPLE)
        ]
        say(f"room: {PEOPLE} laptops join")
        tunnel = laptops.Tunnel(port, tree.site, folder)
        with laptops.joined(tunnel, [person.laptop for person in people]) as ssh:
            processes = Running(port, [process.pid for process in ssh], 0.0)
            trainer = asyncio.run(let_in(tree, laptops.secret(var_dir)))
            asyncio.run(_join(people))
            for number in range(ROUNDS):
                for how in (DIRECT, TUNNEL):
                    say(f"room: round {number + 1} of {ROUNDS}, {how}")
                    found = asyncio.run(
                        play(tree, people, trainer, processes, tunnel=how == TUNNEL)
                    )
                    rounds[how].append(found)
                    _say(found)
    _conclude(rounds)
    return _rows(rounds)


async def _join(people: Sequence[Person]) -> None:
    for person in people:
        await person.join()


def _say(found: Round) -> None:
    ordered = sorted(found.waits)
    say(
        f"  p50 {percentile(ordered, 50):,.0f} ms, p95 {found.p95():,.0f} ms of {len(ordered):,} "
        f"requests ({len(ordered) / SECONDS:,.0f}/s), {len(found.errors)} errors; on the trainer's "
        f"page p95 {found.seen_p95():,.0f} ms; CPU of a request: sites {found.sites_ms:.2f} ms, "
        f"tunnel {found.tunnel_ms:.2f} ms, the laptops' ssh {found.laptops_ms:.2f} ms"
    )
    for error in found.errors[:3]:
        say(f"    {error}")


def _conclude(rounds: dict[str, list[Round]]) -> None:
    p95 = {how: median(each.p95() for each in found) for how, found in rounds.items()}
    seen = median(each.seen_p95() for each in rounds[TUNNEL])
    errors = sum(len(each.errors) for found in rounds.values() for each in found)
    say(
        f"room of {PEOPLE}: p95 {p95[TUNNEL]:,.0f} ms {TUNNEL}, {p95[DIRECT]:,.0f} ms {DIRECT}, "
        f"so {p95[TUNNEL] - p95[DIRECT]:+,.0f} ms (target {TARGET_P95_MS});"
    )
    say(
        f"  on the trainer's page after {seen:,.0f} ms (p95, target {TARGET_SEEN_MS}); "
        f"{errors} errors (target 0)"
    )


def _rows(rounds: dict[str, list[Round]]) -> list[Row]:
    def row(slug: str, title: str, figure: Callable[[Round], float]) -> Row:
        floor, measured = (
            {NOW: [figure(each) for each in rounds[how]]} for how in (DIRECT, TUNNEL)
        )
        return Row(slug, title, "ms", DIRECT, floor, measured)

    return [
        row("room-p95", f"room of {PEOPLE}, p95", Round.p95),
        row("room-seen", f"room of {PEOPLE}, trainer's page, p95", Round.seen_p95),
        row("room-cpu", "room, CPU of sites and tunnel", lambda one: one.sites_ms + one.tunnel_ms),
    ]
