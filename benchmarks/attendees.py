"""A room of attendees in a lesson: how long each of them waits for an answer.

An attendee opens the lesson, signs in at the bank, and clicks five times, with a second of thought
before each click, while the lesson's page asks once a second for news. All arrive within five
seconds. What counts is the time of every request, polls included.
"""

from __future__ import annotations

import asyncio
import gc
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlencode

from benchmarks.client import Connection, Request, Response, get, post
from benchmarks.live import LivePage
from benchmarks.pressing import percentile
from benchmarks.short import SHORT
from benchmarks.starting import Running, Tree
from benchmarks.table import Row, say

SIZES = (2,) if SHORT else (30, 100, 200)
# Where the limit is looked for: each size until the first whose p95 is above it.
LADDER = () if SHORT else (30, 60, 100, 160, 200, 300)
LIMIT_MS = 100
ARRIVALS = 1.0 if SHORT else 5.0
THOUGHT = 0.1 if SHORT else 1.0
POLL = 0.1 if SHORT else 1.0
LESSON = "/lessons/the-image/"


@dataclass
class Room:
    """What a room of attendees measured: milliseconds, sorted, and the client's own share."""

    waits: list[float] = field(default_factory=list)
    client: float = 0.0
    """Of one core."""

    def p(self, percent: int) -> float:
        return percentile(self.waits, percent)


class Timed(Connection):
    """A connection that notes how long each answer took."""

    def __init__(self, port: int, waits: list[float]) -> None:
        super().__init__(port)
        self._waits = waits

    async def ask(self, request: Request) -> Response:
        begin = time.monotonic()
        answer = await super().ask(request)
        self._waits.append((time.monotonic() - begin) * 1000)
        if answer.status >= 400:
            raise SystemExit(f"{request.method} {request.path} answered {answer.status}.")
        return answer


async def attend(tree: Tree, name: str, waits: list[float]) -> None:
    """Be an attendee, who has the lesson open in one tab and the bank in another."""
    domains, port = tree.site.domains, tree.victim.port
    lesson, bank = Timed(port, waits), Timed(port, waits)
    playground, host = (
        f"{where}:{port}" for where in (domains.playground, domains.lab(f"no-defense--for-{name}"))
    )
    learner = f"learner={name}; browser=chromium"
    page = await lesson.ask(get(playground, LESSON, learner))
    live = LivePage(page.text, playground, learner)
    async with _polling(lambda: live.ask(lesson)):
        await _click(bank, host)
    lesson.close()
    bank.close()


async def _click(bank: Timed, host: str) -> None:
    """Sign in at the bank and click five times, with a second of thought before each click."""
    await asyncio.sleep(THOUGHT)
    await bank.ask(get(host, "/login"))
    await asyncio.sleep(THOUGHT)
    form = urlencode({"username": "alice", "password": "wonderland"})
    signed_in = await bank.ask(post(host, "/login", "", form))
    session = f"sessionid={signed_in.cookies()['sessionid']}"
    await bank.ask(get(host, "/?signed-in", session))
    for path in ("/transfer", "", "/email", "/password", "/"):
        await asyncio.sleep(THOUGHT)
        if path:
            await bank.ask(get(host, path, session))
        else:
            await bank.ask(post(host, "/transfer", session, "to=mallory&amount=1"))
            await bank.ask(get(host, "/?done=transfer", session))
    await asyncio.sleep(THOUGHT)


@asynccontextmanager
async def _polling(ask: Callable[[], Awaitable[object]]) -> AsyncIterator[None]:
    """Ask for news again and again, as an open page does, until the context is left."""

    async def go_on() -> None:
        while True:
            await asyncio.sleep(POLL)
            await ask()

    polls = asyncio.create_task(go_on())
    yield
    polls.cancel()
    with suppress(asyncio.CancelledError):
        await polls


async def attend_hello(floor: Running, waits: list[float]) -> None:
    """Ask a bare view as often, and at the same times, as an attendee asks the playground."""
    lesson, bank = Timed(floor.port, waits), Timed(floor.port, waits)
    hello = get(f"127.0.0.1:{floor.port}", "/")
    await lesson.ask(hello)
    async with _polling(lambda: lesson.ask(hello)):
        for requests in (1, 2, 1, 2, 1, 1, 1):
            await asyncio.sleep(THOUGHT)
            for _ in range(requests):
                await bank.ask(hello)
        await asyncio.sleep(THOUGHT)
    lesson.close()
    bank.close()


def fill(size: int, attendee: Callable[[int, list[float]], Awaitable[None]]) -> Room:
    """Let that many attendees come; return what they measured."""
    room = Room()
    arrivals = random.Random(size)

    async def come(number: int) -> None:
        await asyncio.sleep(arrivals.uniform(0, ARRIVALS))
        await attendee(number, room.waits)

    async def everybody() -> None:
        await asyncio.gather(*(come(number) for number in range(size)))

    gc.collect()
    begin, cpu = time.monotonic(), time.process_time()
    asyncio.run(everybody())
    room.client = (time.process_time() - cpu) / (time.monotonic() - begin)
    room.waits.sort()
    return room


def measure(hello: Running, trees: Mapping[str, Tree]) -> list[Row]:
    floors: dict[int, Room] = {}
    rooms: dict[tuple[str, int], Room] = {}
    limits = dict.fromkeys(trees, 0)
    full: set[str] = set()
    for size in sorted({*SIZES, *LADDER}):
        if size in SIZES:
            say(f"attendees: {size} at a bare view")
            floors[size] = fill(size, lambda _, waits: attend_hello(hello, waits))
            _say(floors[size])
        for which, tree in trees.items():
            if size not in SIZES and which in full:
                continue
            say(f"attendees: {size} at the playground, {which}")

            def attendee(
                number: int, waits: list[float], tree: Tree = tree, size: int = size
            ) -> Awaitable[None]:
                return attend(tree, f"r{size}n{number}", waits)

            room = rooms[which, size] = fill(size, attendee)
            _say(room)
            if which not in full and room.p(95) < LIMIT_MS:
                limits[which] = size
            else:
                full.add(which)
    say(
        "attendees: "
        + ", ".join(
            f"{which}: {limit} with p95 below {LIMIT_MS} ms" for which, limit in limits.items()
        )
    )
    rows = [
        Row(
            f"attendees-{size}-p{percent}",
            f"{size} attendees, p{percent}",
            "ms",
            "as many requests to a view that says hello",
            {which: [floors[size].p(percent)] for which in trees},
            {which: [rooms[which, size].p(percent)] for which in trees},
        )
        for size in SIZES
        for percent in (50, 95)
    ]
    if LADDER:
        largest = {which: [float(limit or 1)] for which, limit in limits.items()}
        title = f"attendees with p95 below {LIMIT_MS} ms"
        floor = {which: [200.0] for which in trees}
        rows.append(
            Row("attendees", title, "", "a room of 200", floor, largest, more_is_better=True)
        )
    return rows


def _say(room: Room) -> None:
    say(
        f"  p50 {room.p(50):,.0f} ms, p95 {room.p(95):,.0f} ms of {len(room.waits):,} requests; "
        f"the client took {room.client:.0%} of a core"
    )
