"""Takes one visit after another from the queue, and makes it in the browser that it's for.

Browsers are started when they're needed, and ended after a while without visits. They have an empty
home, and no way out but the fence.
"""

from __future__ import annotations

import os
import secrets
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
from playwright.sync_api import Error, sync_playwright

from catalogue.visits import NoAnswer, Queue
from csrf_proof import browsers, windows
from csrf_proof.browsers import BrowserFailed, BrowserMissing, Browsers
from csrf_proof.profile_names import PROFILES
from csrf_proof.windows import Window
from victim_bot import nobody
from victim_bot.fence import Fence
from victim_bot.visit import TooMuch, task_of, visit

# Seconds: between two questions, for a visit besides the stay, and that browsers stay without one.
PAUSE, BESIDES, WARM = 0.2, 25.0, 120.0
# Bytes by which the browsers may grow during a visit, and how much of the time of the stay they may
# use a processor: a page that loops does it all the time, or in several processes at once.
MOST_MEMORY = 1_000_000_000
MOST_CPU = 0.5
_CHECKED_EVERY = 0.25


def found() -> list[str]:
    """Return the profiles that have a browser here."""
    with sync_playwright() as playwright:
        absent = browsers.missing(playwright)
    return [profile for profile in PROFILES if profile not in absent]


class _Taken:
    """Watches how much memory and processor time this process's browsers take, from `begin` on."""

    def __init__(self, seconds: float) -> None:
        self._most = seconds
        self.begin()

    def begin(self) -> None:
        self._checked = time.monotonic()
        self._spent = 0.0
        self._before: dict[psutil.Process, float] = {}
        self._memory = self._look()
        self._spent = 0.0

    def check(self) -> None:
        """Raise TooMuch where it has become too much since the beginning."""
        now = time.monotonic()
        if now - self._checked < _CHECKED_EVERY:
            return
        self._checked = now
        if self._look() - self._memory > MOST_MEMORY:
            raise TooMuch("The page took more memory than a visit may, so the visit ended.")
        if self._spent > self._most:
            raise TooMuch(
                f"The page kept the processor busy for more than {self._most:g} s, so the visit "
                "ended."
            )

    def _look(self) -> int:
        """Return how much memory is taken, and add the time that was spent since the last look."""
        memory = 0
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.Error):
                with process.oneshot():
                    times = process.cpu_times()
                    memory += process.memory_info().rss
                used = times.user + times.system
                # One that has ended is counted until the last look.
                self._spent += used - self._before.get(process, 0.0)
                self._before[process] = used
        return memory


class Bot:
    """A worker with browsers. A context manager that leaves none of them running.

    One that is started again with the same name makes the visit again that was cut short.
    """

    def __init__(self, queue: Queue, fence: Fence, profiles: list[str], name: str = "") -> None:
        self._queue = queue
        self._fence = fence
        self._profiles = profiles
        self._name = name or f"bot-{secrets.token_hex(8)}"
        self._browsers: Browsers | None = None
        # By profile that has made a visit: a window for its next, which takes a while to open.
        self._ready: dict[str, tuple[Window, ExitStack] | None] = {}
        self._used = 0.0

    def __enter__(self) -> Bot:
        self._home = tempfile.TemporaryDirectory(prefix="csrf-victim-")
        self._started_by = nobody.starter(Path(self._home.name))
        return self

    def __exit__(self, kind: type[BaseException] | None, *raised: object) -> None:
        with suppress(NoAnswer):
            self._queue.ask("/leave", self._self())
        self._end_browsers(kind)
        self._home.cleanup()

    def run(self, goes_on: Callable[[], bool] = lambda: True) -> None:
        """Ask for visits and make them, as long as it's wanted."""
        while goes_on():
            if not self.step():
                if self._browsers and time.monotonic() - self._used > WARM:
                    self._end_browsers()
                if not self._make_ready():
                    time.sleep(PAUSE)

    def step(self) -> bool:
        """Make the next visit; return whether there was one."""
        try:
            answer = self._queue.ask("/next", self._self())
        except NoAnswer:
            return False  # The teaching side isn't there yet, or not any more.
        if "visit" not in answer.said:
            return False
        self._make(answer.said)
        return True

    def _self(self) -> dict[str, Any]:
        return {"worker": self._name, "profiles": self._profiles}

    def _make(self, said: Any) -> None:
        where = f"/{said['visit']}"
        who = {"worker": self._name}
        refused = len(self._fence.refused)

        def tell(report: dict[str, Any]) -> None:
            report["refused"] = _asked_for(report, self._fence.refused[refused:])
            with suppress(NoAnswer):  # Then the visit counts as lost.
                self._queue.ask(f"{where}/end", who | report)

        try:
            report = self._visit(said, lambda: self._begin(where, who), tell)
        except (BrowserFailed, BrowserMissing, TooMuch, NoAnswer) as failure:
            report = {"problem": str(failure)[:300]}
        if report["problem"]:
            self._end_browsers()  # Whatever the page has left in them goes with them.
            tell(report)
        self._used = time.monotonic()

    def _begin(self, where: str, who: dict[str, Any]) -> None:
        answer = self._queue.ask(f"{where}/begin", who)
        if answer.status != 204:
            raise NoAnswer(answer.problem)

    def _visit(
        self, said: Any, begin: Callable[[], None], tell: Callable[[dict[str, Any]], None]
    ) -> dict[str, Any]:
        """Make a visit and return its report, which is told already if there was no problem."""
        running = self._running()
        task = task_of(said)
        taken = _Taken(task.stay * MOST_CPU)

        def signed_in() -> None:
            begin()
            taken.begin()

        with running.limit(task.stay + BESIDES):
            window, closes = self._window(str(said["profile"]))
            with closes:
                report = visit(window, task, signed_in, taken.check)
                if not report["problem"]:
                    tell(report)  # Closing a window takes a while, and somebody waits.
                return report

    def _window(self, profile: str) -> tuple[Window, ExitStack]:
        """Return a window that has never been anywhere, and what closes it."""
        browser = self._running().get(profile)
        ready = self._ready.get(profile)
        self._ready[profile] = None
        if ready and ready[0].context.browser is browser:
            return ready
        closes = ExitStack()  # A browser that has gone took its window along.
        window = closes.enter_context(windows.fresh(browser, downloads=False))
        window.context.set_default_timeout(10_000)
        return window, closes

    def _make_ready(self) -> bool:
        """Open a window in a browser that has made visits, for its next; return whether it did."""
        profile = next((name for name, ready in self._ready.items() if not ready), None)
        if profile is None:
            return False
        try:
            with self._running().limit(BESIDES):
                self._ready[profile] = self._window(profile)
        except (BrowserFailed, BrowserMissing):
            self._end_browsers()
        return True

    def _running(self) -> Browsers:
        if self._browsers is None:
            settings = browsers.Settings(
                self._fence.arguments,
                self._fence.preferences,
                self._environment(),
                self._started_by,
            )
            self._browsers = Browsers(settings=settings).__enter__()
        return self._browsers

    def _environment(self) -> dict[str, str]:
        """Return the little that a browser needs of this process's environment."""
        needed = ("PATH", "LANG", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LD_LIBRARY_PATH")
        kept = {name: os.environ[name] for name in needed if name in os.environ}
        return kept | {"HOME": self._home.name}

    def _end_browsers(self, raised: type[BaseException] | None = None) -> None:
        self._ready.clear()
        if self._browsers:
            with suppress(Error, BrowserFailed):
                self._browsers.__exit__(raised)
            self._browsers = None


def _asked_for(report: Mapping[str, Any], refused: Sequence[str]) -> list[str]:
    """Return which of the places that the fence has refused the page wanted; the others are those
    that browsers want by themselves, such as updates."""
    wanted = {urlsplit(one["url"]).hostname for one in report.get("requests", [])}
    found = [place for place in refused if _host(place) in wanted]
    return list(dict.fromkeys(found))[:100]


def _host(place: str) -> str | None:
    with suppress(ValueError):
        return urlsplit(place if "://" in place else f"//{place}").hostname
    return None
