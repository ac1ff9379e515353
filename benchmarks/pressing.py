"""Sends the same requests as fast as they are answered: by wrk, or without it by asyncio."""

from __future__ import annotations

import asyncio
import itertools
import json
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.client import Connection, Request
from benchmarks.short import CONNECTIONS, LOAD_SECONDS
from benchmarks.starting import Running

WRK = shutil.which("wrk")
GENERATOR = "wrk" if WRK else "asyncio (wrk is not installed, so rates are lower)"
# Each of wrk's threads runs this with requests of its own; the last function prints what it found.
LUA = """
local threads, next = 0, 0
setup = function(thread) thread:set("number", threads) threads = threads + 1 end
init = function(args) requests = {%s} next = number * math.floor(#requests / 2) end
request = function() next = next %% #requests + 1 return requests[next] end
done = function(summary, latency, requests)
  local e = summary.errors
  print(string.format(
    '{"requests": %%d, "seconds": %%f, "p50": %%f, "p95": %%f, "errors": %%d, "lost": %%d}',
    summary.requests, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(95) / 1e3,
    e.status, e.connect + e.read + e.write + e.timeout))
end
"""


@dataclass(frozen=True)
class Load:
    """Requests to send over and over, in turn, and the status that each is answered with."""

    server: Running
    requests: Sequence[Request]
    status: int = 200

    def check(self) -> None:
        """Send each once: a rate of wrong answers would say nothing."""
        asyncio.run(self._check())

    async def _check(self) -> None:
        connection = Connection(self.server.port)
        for request in self.requests:
            answer = await connection.ask(request)
            if answer.status != self.status:
                raise SystemExit(
                    f"{request.method} {request.path} at {request.headers['Host']} answered "
                    f"{answer.status}, not {self.status}."
                )
        connection.close()


@dataclass(frozen=True)
class Pressed:
    """What a load was answered: requests per second, and milliseconds."""

    rate: float
    cpu_ms: float
    """Of the server's processes, for each request."""
    p50: float
    p95: float

    @property
    def spread(self) -> float:
        return self.p95 / self.p50


def press(load: Load, folder: Path) -> Pressed:
    """Send a load for a while."""
    before = load.server.cpu_seconds()
    found = _by_wrk(WRK, load, folder) if WRK else asyncio.run(_by_asyncio(load))
    cpu = load.server.cpu_seconds() - before
    count = found["requests"]
    if not count:  # On a busy machine a slow page may not be finished yet.
        return press(load, folder)
    if found["lost"] or (found["errors"] and load.status < 400):
        first = load.requests[0]
        raise SystemExit(
            f"Of {count:.0f} answers to {first.method} {first.path}, {found['errors']:.0f} were "
            f"errors, and {found['lost']:.0f} more were lost."
        )
    rate = count / found["seconds"]
    return Pressed(rate, cpu / count * 1000, found["p50"], found["p95"])


def _by_wrk(wrk: str, load: Load, folder: Path) -> dict[str, float]:
    formatted = ", ".join(
        f"wrk.format({json.dumps(each.method)}, {json.dumps(each.path)}, {{"
        + ", ".join(f"[{json.dumps(k)}] = {json.dumps(v)}" for k, v in each.headers.items())
        + f"}}, {json.dumps(each.body)})"
        for each in load.requests
    )
    script = folder / "requests.lua"
    script.write_text(LUA % formatted)
    address = f"http://127.0.0.1:{load.server.port}/"
    command = [wrk, "-t2", f"-c{CONNECTIONS}", f"-d{LOAD_SECONDS}s", "--timeout=30s"]
    done = subprocess.run(
        [*command, "-s", str(script), address], capture_output=True, text=True, check=True
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


async def _by_asyncio(load: Load) -> dict[str, float]:
    begin = time.monotonic()
    spent: list[float] = []
    errors = 0

    async def run(requests: Sequence[Request]) -> None:
        nonlocal errors
        connection = Connection(load.server.port)
        for request in itertools.cycle(requests):
            sent = time.monotonic()
            if sent - begin > LOAD_SECONDS:
                break
            answer = await connection.ask(request)
            spent.append(time.monotonic() - sent)
            errors += answer.status >= 400
        connection.close()

    requests = list(load.requests)
    await asyncio.gather(
        *(
            run(requests[start:] + requests[:start])
            for start in (number % len(requests) for number in range(CONNECTIONS))
        )
    )
    spent.sort()
    return {
        "requests": len(spent),
        "seconds": time.monotonic() - begin,
        "p50": percentile(spent, 50) * 1000,
        "p95": percentile(spent, 95) * 1000,
        "errors": errors,
        "lost": 0,
    }


def percentile(ordered: Sequence[float], percent: int) -> float:
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]
