"""A room: twenty-nine people at work through the tunnel, and one who tries to spoil it.

The twenty-nine join by ssh, say their names, predict, pay and read, about a click a second, while
their pages ask for news. The other one (`intruder.py`) has the room's code as well.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import asdict
from html import unescape
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlencode

from e2e import laptops
from e2e.bank import Answer, Lab, Site, cookie_header, honest
from e2e.stress.honest import PATIENCE_SECONDS
from e2e.stress.intruder import Aim, Done
from e2e.stress.ledger import Customer
from e2e.stress.report import Result, counted
from e2e.stress.stand import Stand
from tools.run import ROOT, free_port

HONEST = 29
TARGET_MS = 200
LESSON, CHOICE = "the-image", "forged"
INTRUDER_SECONDS = 600.0
# As many as a terminal usually allows to begin with.
FEW_FILES = ("sh", "-c", 'ulimit -Sn 1024; exec "$@"', "sh")
_PAUSE = 0.5
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_VERSION = re.compile(r'data-version="([^"]+)"')
_LAB = re.compile(r"[a-z0-9-]+--for-[a-z0-9-]+")
_PAID = """
SELECT count(*) FROM bank_transfer AS transfer JOIN bank_lab AS lab ON lab.id = transfer.lab_id
WHERE lab.label = ?
"""


class Attendee(threading.Thread):
    """Somebody at a laptop, until told to stop. `site` is the playground as the laptop has it."""

    def __init__(self, site: Site, called: str, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.called = called
        self.waits: list[float] = []
        self.faults: list[str] = []
        self.paid = 0
        self.lab: Lab | None = None
        self._site = site
        self._stop_now = stop
        self._cookies: list[str] = []

    @property
    def owner(self) -> str:
        return self.lab.label.partition("--for-")[2] if self.lab else ""

    def arrive(self) -> None:
        """Join, predict, and sign in at the bank."""
        self._send("/join/", "/join/", name=self.called)
        self._send(f"/lessons/{LESSON}/", f"/lessons/{LESSON}/predict/", choice=CHOICE)
        self._look()
        found = _LAB.search(self._page)
        assert found, f"no lab on the page of {LESSON}"
        self.lab = Lab(self._site, whole=found[0])
        self._customer = Customer(self.lab, "alice")

    def run(self) -> None:
        clicks = 0
        try:
            if self.lab is None:
                self.arrive()
            while not self._stop_now.wait(_PAUSE):
                news = "&".join(map(unescape, _VERSION.findall(self._page)))
                self._ask(self._site.domains.playground, f"/poll/?{news}")
                (self._pay, self._read, self._look)[clicks % 3]()
                clicks += 1
        except (OSError, AssertionError, KeyError) as error:
            self.faults.append(f"hung: {self.called} had to give up: {error!r:.300}")

    def _pay(self) -> None:
        host, body = self._customer.lab.host, self._customer.body(1)
        self.paid += self._ask(host, "/transfer", self._customer.headers, body).status == 303

    def _read(self) -> None:
        self._ask(self._customer.lab.host, "/", {"Cookie": self._customer.cookie})

    def _look(self) -> None:
        self._page = self._ask(self._site.domains.playground, f"/lessons/{LESSON}/").text

    def _send(self, form: str, path: str, **said: str) -> None:
        """Fill in a form of the teaching side."""
        playground = self._site.domains.playground
        said["csrfmiddlewaretoken"] = honest(self._ask(playground, form).text).fields[
            "csrfmiddlewaretoken"
        ]
        headers = {**_FORM, "Origin": self._site.playground}
        self._ask(playground, path, headers, urlencode(said))

    def _ask(
        self, host: str, path: str, headers: dict[str, str] | None = None, body: str = ""
    ) -> Answer:
        """Ask, and note how long the answer took."""
        own = {"Cookie": cookie_header(self._cookies)} if self._cookies else {}
        begin = time.monotonic()
        method = "POST" if body else "GET"
        answer = self._site.request(host, method, path, {**own, **(headers or {})}, body or None)
        seconds = time.monotonic() - begin
        if host == self._site.domains.playground:
            self._cookies += answer.set_cookies
        self.waits.append(seconds * 1000)
        if answer.status >= 400 or seconds > PATIENCE_SECONDS:
            asked = f"{method} {path.partition('?')[0]}"
            self.faults.append(
                f"hung: {self.called}'s {asked} was answered {answer.status} after {seconds:.1f} s"
            )
        return answer


def run(folder: Path, scale: float, seed: int = 0) -> list[Result]:
    """Let the intruder loose on a room that is at work, and see what the others notice."""
    if reason := laptops.why_not():
        return [Result("room", "victim", 0, 0, 0.0, note=f"SKIPPED: {reason}")]
    tunnel_port, page = free_port(), free_port()
    env = laptops.environment(tunnel_port, page)
    with Stand(folder, env=env, before=FEW_FILES) as stand:
        begin = time.monotonic()
        tunnel = laptops.Tunnel(tunnel_port, stand.site, folder)
        addresses = [laptops.address(number) for number in range(HONEST)]
        *early, late = addresses
        stop = threading.Event()
        people = [
            Attendee(tunnel.at(address), f"Honest {number}", stop)
            for number, address in enumerate(addresses)
        ]
        with laptops.joined(tunnel, early):
            for one in people[:-1]:
                one.arrive()
                one.start()
            aim = Aim(
                tunnel=tunnel_port,
                page=page,
                victim=stand.site.victim_port,
                playground=stand.playground_host,
                code=laptops.CODE,
                silent=laptops.address(HONEST),
                noisy=laptops.address(HONEST + 1),
                joined=laptops.address(HONEST + 2),
                owner=people[0].owner,
                scale=scale,
                seed=seed,
            )
            intruder = _let_loose(aim)
            came = time.monotonic()
            with laptops.joined(tunnel, [late]):
                came = time.monotonic() - came
                people[-1].start()
                done = _what_it_did(intruder)
                stop.set()
                for one in people:
                    one.join()
        faults = [fault for one in people for fault in one.faults][:5] + done.faults[:5]
        lost, wrong = _verdict(stand, people)
        faults += wrong
        faults += [f"traceback: {text}" for text in stand.tracebacks()[:3]]
    waits = [wait for one in people for wait in one.waits]
    high = quantiles(waits, n=20)[-1] if len(waits) > 1 else 0.0
    tried = sum(counts.total() for counts in done.outcomes.values())
    note = (
        f"{len(people)} honest people, {len(waits):,} requests, p95 {high:.0f} ms (target "
        f"{TARGET_MS}), slowest {max(waits, default=0):.0f} ms; one joined meanwhile in "
        f"{came * 1000:.0f} ms"
    )
    return [
        Result(
            "room",
            "victim",
            tried,
            tried - sum(counts["nothing"] for counts in done.outcomes.values()),
            time.monotonic() - begin,
            lost,
            f"{note}; {_counted(done)}",
            faults,
        )
    ]


def _let_loose(aim: Aim) -> subprocess.Popen[str]:
    intruder = subprocess.Popen(
        [sys.executable, "-m", "e2e.stress.intruder"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert intruder.stdin
    json.dump(asdict(aim), intruder.stdin)
    intruder.stdin.close()
    intruder.stdin = None
    return intruder


def _what_it_did(intruder: subprocess.Popen[str]) -> Done:
    try:
        said, _ = intruder.communicate(timeout=INTRUDER_SECONDS)
    except subprocess.TimeoutExpired:
        intruder.kill()
        intruder.communicate()
    if intruder.returncode != 0:
        return Done(faults=["hung: the intruder itself didn't get to its end"])
    found = json.loads(said)
    outcomes = {what: Counter(counts) for what, counts in found["outcomes"].items()}
    return Done(outcomes, found["faults"])


def _counted(done: Done) -> str:
    return "; ".join(f"{what}: {counted(counts)}" for what, counts in done.outcomes.items())


def _verdict(stand: Stand, people: list[Attendee]) -> tuple[int, list[str]]:
    """Return how many payments and predictions of honest people were lost, and what was forged."""
    headers = {"Authorization": f"Bearer {laptops.secret(stand.var_dir)}"}
    playground = stand.site.domains.playground
    begin = time.monotonic()
    try:
        answer = stand.site.request(playground, "GET", "/api/room", headers)
    except OSError as error:
        return 0, [f"hung: the trainer gets no answer ({error})"]
    seconds = time.monotonic() - begin
    here = {person["name"]: person["lessons"] for person in json.loads(answer.body)["people"]}
    lost, faults = 0, []
    if seconds > PATIENCE_SECONDS:
        faults.append(f"hung: the trainer waited {seconds:.0f} s")
    for one in people:
        lessons = here.get(one.called, {})
        if set(lessons) != {LESSON} or lessons[LESSON]["predicted"] != CHOICE:
            faults.append(f"the trainer sees {lessons} of {one.called}, not what they predicted")
        label = one.lab.label if one.lab else ""
        ((rows,),) = stand.rows(_PAID, label)
        lost += abs(int(str(rows)) - one.paid)
    return lost, faults
