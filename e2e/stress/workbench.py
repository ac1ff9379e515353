"""The workbench and the queue of visits, used by people who mean no good, and by many at once.

Exploits are stored as fast as they're taken, with any bytes, broken heads, and more than there's
room for. What was acknowledged last has to be what browsers get. Then the queue is filled to its
end, and emptied by workers that don't visit but say so, which is enough to see that each delivery
is over in the end and that nobody has two visits at a time.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import quote_from_bytes, urlencode

from catalogue.kept import victim_key
from catalogue.visits import Queue
from e2e.stress.honest import Honest
from e2e.stress.report import Result, counted
from e2e.stress.stand import Stand
from e2e.workbench import FORM, HTML, Workbench

# The queue's own limits, which it has to keep.
QUEUED, QUEUED_OF_OWNER = 200, 6
_AT_ONCE = 16
# The whole: a thousand stores, asked for in a second.
STORES, OWNERS = 1_000, 25
_FILES = ["/exploit", "/a/b.html", "//x", "/../x", "/a/", "", "/log", "/api/x", "/" + "a" * 200]
_OK = "HTTP/1.1 200 OK"
_HEADS = [
    *(HTML, "HTTP/1.1 204 No Content", "HTTP/1.1 302 Found\nLocation: /x\nSet-Cookie: a=b"),
    *(
        "",
        "HTTP/9 200 OK",
        "HTTP/1.1 99 x",
        f"{_OK}\nX: a\n\n<p>",
        f"{_OK}\n X: y",
        _OK + "x" * 9000,
    ),
    *(f"{_OK}\nContent-Length: 5", f"{_OK}\nTransfer-Encoding: chunked", f"{_OK}\nX: \x00"),
    *(_OK + "\nX: y" * 60, f"{_OK}\r\nX: a\rY: b", f"{_OK}\nX: \u0142"),
]
_LARGE = [b"x" * 900_000, b"\xff" * 300_000, b"\xff" * 400_000, b"x" * 1_100_000]
_BODIES = [b"", b"hello", bytes(range(256)) * 4]
_TOKEN = "x" * 32
_RESULT = ("303", "400", "413", "415", "429")


def run(stand: Stand, scale: float, seed: int = 0) -> list[Result]:
    """Store on one site, and deliver on the other."""
    return [_stores(stand, scale, seed), _visits(stand, scale)]


def _stores(stand: Stand, scale: float, seed: int) -> Result:
    count = STORES if scale == 1 else 60
    owners = [_Owner(stand, f"{seed} {number}") for number in range(OWNERS if scale == 1 else 4)]
    begin = time.monotonic()
    with Honest(stand, "attacker") as honest, ThreadPoolExecutor(_AT_ONCE) as pool:
        each = count // len(owners)
        answers = Counter(
            answer for found in pool.map(lambda one: one.store(each), owners) for answer in found
        )
    seconds = time.monotonic() - begin
    faults = honest.faults("attacker")
    if unusual := set(answers) - set(_RESULT):
        faults.append(f"stores were answered {', '.join(sorted(unusual))}")
    lost = sum(not owner.is_served() for owner in owners)
    return Result(
        "workbench",
        "attacker",
        tried=answers.total(),
        answered=answers.total() - answers["nothing"],
        seconds=seconds,
        lost=lost,
        note=f"{counted(answers)}; {answers.total() / seconds:.0f}/s; {honest.note('attacker')}",
        faults=faults,
    )


class _Owner:
    """One who stores what no good exploit has, over one connection."""

    def __init__(self, stand: Stand, seed: str) -> None:
        self._bench = Workbench(stand.site)
        self._port = stand.site.attacker_port
        self._random = random.Random(seed)
        self._last = ("", "", b"")

    def store(self, count: int) -> list[str]:
        """Store so often; return the statuses."""
        connection = HTTPConnection("127.0.0.1", self._port, timeout=30)
        found = []
        for _ in range(count):
            pick = self._random.choice
            # Every other time, nothing is wrong with the rest.
            file, head = (pick(_FILES), pick(_HEADS)) if pick("ab") == "a" else ("/exploit", HTML)
            body = pick(_LARGE if self._random.random() < 0.05 else _BODIES)
            body += str(self._random.random()).encode()
            said = urlencode({"responseFile": file, "responseHead": head, "formAction": "STORE"})
            form = f"{said}&responseBody={quote_from_bytes(body)}"
            headers = {"Host": f"{self._bench.host}:{self._port}", **FORM}
            try:
                connection.request("POST", "/", form, headers)
                answer = connection.getresponse()
                answer.read()
            except (OSError, HTTPException):
                connection.close()
                # A form that's too large is refused before it has been read.
                found.append("413" if len(form) > 1_000_000 else "nothing")
                continue
            if answer.status == 303:
                self._last = file, head, body
            found.append(str(answer.status))
        connection.close()
        return found

    def is_served(self) -> bool:
        """Tell whether browsers get what was acknowledged last."""
        file, head, body = self._last
        if not file:
            return True
        answer = self._bench.site.get(self._bench.reading, file)
        code = int(head.split(" ")[1])
        return answer.status == code and (code == 204 or answer.body == body)


def _visits(stand: Stand, scale: float) -> Result:
    """Fill the queue to its end, and empty it."""
    wanted = QUEUED if scale == 1 else 12
    workers = [_Worker(stand, number) for number in range(4)]
    workers[0].take()  # From now on there is a browser.
    people = [Workbench(stand.site) for _ in range(wanted // QUEUED_OF_OWNER + 2)]
    for person in people:
        person.store("hello")
    begin = time.monotonic()
    with Honest(stand, "victim") as honest:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            asked = [person for person in people for _ in range(QUEUED_OF_OWNER + 1)]
            answers = list(pool.map(_deliver, asked))
        made = [
            (one, said["id"])
            for one, (status, said) in zip(asked, answers, strict=True)
            if status == 202
        ]
        with ThreadPoolExecutor(len(workers)) as pool:
            done = sum(pool.map(lambda worker: worker.work(), workers))
    refused = Counter(str(status) for status, _ in answers if status != 202)
    faults = honest.faults("victim")
    if set(refused) - {"429", "503"}:
        faults.append(f"deliveries were answered {counted(refused)}")
    if not refused:
        faults.append(
            "nobody was refused, although there were more deliveries than the queue takes"
        )
    if scale == 1 and len(made) != QUEUED:
        faults.append(f"{len(made)} deliveries were taken, and not {QUEUED}")
    if at_once := sum(worker.at_once for worker in workers):
        faults.append(f"{at_once} times an owner had two visits at once")
    states = Counter(_state(person, made_) for person, made_ in made)
    return Result(
        "visits",
        "victim",
        tried=len(asked),
        answered=len(answers),
        seconds=time.monotonic() - begin,
        lost=len(made) - states["over"],
        note=f"{len(made)} taken, {done} made, {counted(refused)}; {honest.note('victim')}",
        faults=faults,
    )


def _lab(person: Workbench) -> str:
    return f"no-defense--for-{person.name}"


def _deliver(person: Workbench) -> tuple[int, dict[str, Any]]:
    said = json.dumps({"lab": _lab(person)})
    headers = {"Content-Type": "application/json"}
    answer = person.site.request(person.host, "POST", "/api/deliveries", headers, said)
    return answer.status, json.loads(answer.body)


def _state(person: Workbench, made: str) -> str:
    return str(json.loads(person.get(f"/api/deliveries/{made}").body).get("state"))


class _Worker:
    """One that says it makes visits, in each of which the lab is reset."""

    _lock = threading.Lock()
    _busy: Counter[str] = Counter()

    def __init__(self, stand: Stand, number: int) -> None:
        where = stand.site.addresses
        key = victim_key(stand.var_dir)
        port = stand.site.victim_port
        self._queue = Queue(where, lambda s: HTTPConnection("127.0.0.1", port, timeout=s), key)
        self._site = stand.site
        self._said = {"worker": f"stress-{number}", "profiles": ["chromium"]}
        self.at_once = 0

    def take(self) -> dict[str, Any]:
        return dict(self._queue.ask("/next", self._said).said)

    def _reset(self, bank: str) -> None:
        """Reset a lab, as its page does."""
        site = self._site
        label = bank.partition("//")[2].partition(".")[0]
        headers = {"Origin": site.playground, "X-CSRFToken": _TOKEN}
        headers |= {"Cookie": f"csrftoken={_TOKEN}"}
        path = f"/api/labs/{label}/reset"
        answer = site.request(site.domains.playground, "POST", path, headers)
        assert answer.status == 204, answer.text

    def work(self) -> int:
        """Make visits until there's none; return how many."""
        made, empty = 0, 0
        while empty < 5:
            said = self.take()
            if "visit" not in said:
                empty += 1
                time.sleep(0.05)
                continue
            empty = 0
            with self._lock:
                self._busy[said["address"]] += 1
                self.at_once += self._busy[said["address"]] > 1
            where = f"/{said['visit']}"
            self._queue.ask(f"{where}/begin", self._said)
            self._reset(said["bank"])
            # Before the end: once it's told, the owner's next visit may begin.
            with self._lock:
                self._busy[said["address"]] -= 1
            made += self._queue.ask(f"{where}/end", self._said).status == 204
        self._queue.ask("/leave", self._said)
        return made
