"""What a visit may take, measured on processes that take it."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from victim_bot import bot
from victim_bot.visit import TooMuch

LOOPS = "while True: pass"
ENDS = "import time; end = time.process_time() + 0.4\nwhile time.process_time() < end: pass"
TAKES = "taken = b'x' * 90_000_000; import time; time.sleep(60)"
SLEEPS = "import time; time.sleep(60)"
NOTHING, BUSY, MUCH = "", "processor", "memory"


def said(program: str, seconds: float, *, most: float = 0.3) -> str:
    """Return what is said about processes that each run this, once after the other."""
    taken = bot._Taken(most)
    deadline = time.monotonic() + seconds
    process = None
    try:
        while time.monotonic() < deadline:
            if process is None or process.poll() is not None:
                process = subprocess.Popen([sys.executable, "-c", program])
            taken.check()
            time.sleep(0.02)
    except TooMuch as much:
        return str(much)
    finally:
        if process:
            process.kill()
            process.wait()
    return NOTHING


@pytest.fixture(autouse=True)
def a_small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bot, "MOST_MEMORY", 60_000_000)
    monkeypatch.setattr(bot, "_CHECKED_EVERY", 0.05)


def test_what_loops_is_ended_and_told() -> None:
    assert BUSY in said(LOOPS, 30)


def test_time_counts_that_several_processes_spend_one_after_the_other() -> None:
    assert BUSY in said(ENDS, 30, most=1.0)


def test_what_takes_memory_is_ended_and_told() -> None:
    assert MUCH in said(TAKES, 30, most=60)


def test_what_waits_may_stay() -> None:
    assert said(SLEEPS, 2) == NOTHING


def test_what_was_before_doesnt_count() -> None:
    process = subprocess.Popen([sys.executable, "-c", LOOPS])
    try:
        time.sleep(1.5)
        taken = bot._Taken(60)
        time.sleep(0.1)
        taken.check()
        assert taken._spent < 1
    finally:
        process.kill()
        process.wait()
