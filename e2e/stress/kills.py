"""`kill -9` in the middle of transfers: of a worker, of a site's first process, and of the runner.

After each, the site is there again (gunicorn replaces a worker; the rest is restarted, as
somebody would do), and every acknowledged transfer has its row.
"""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from collections.abc import Callable

from e2e.stress.ledger import Crowd
from e2e.stress.report import Result
from e2e.stress.stand import SITES, Stand

_CLIENTS = 16
_RECOVERY_SECONDS = 20.0


def run(stand: Stand, scale: float) -> list[Result]:
    """Kill each kind of process while clients pay and read pages."""
    pause = 3.0 if scale == 1 else 1.0
    rounds = 3 if scale == 1 else 1
    crowd, readers = Crowd(stand, _CLIENTS), Readers(stand)
    crowd.start()
    readers.start()
    faults: dict[str, list[str]] = {site: [] for site in SITES}
    killed: Counter[str] = Counter()
    for _ in range(rounds):
        for site in SITES:
            for kill in (kill_worker, kill_arbiter):
                time.sleep(pause)
                kill(stand, site)
                killed[site] += 1
                for each in SITES:
                    faults[each] += _recovered(stand, each, kill.__name__)
        time.sleep(pause)
        kill_runner(stand)
        killed.update(SITES)
        for each in SITES:
            faults[each] += _recovered(stand, each, "kill_runner")
    time.sleep(pause)
    crowd.stop()
    readers.stop()
    ledger = crowd.ledger
    note = (
        f"{killed['victim']} kills; {crowd.rows().total():,} rows for "
        f"{ledger.acknowledged.total():,} acknowledged transfers, "
        f"{ledger.unanswered.total()} never answered"
    )
    bank = crowd.result("kill -9", note, [*faults["victim"], *_refusals(ledger.refused)])
    return [
        bank,
        Result(
            "kill -9",
            "attacker",
            tried=readers.tried,
            answered=readers.answered,
            seconds=bank.seconds,
            note=f"{killed['attacker']} kills",
            faults=faults["attacker"],
        ),
    ]


def _refusals(refused: Counter[str]) -> list[str]:
    return [f"{count} transfers were answered {what}" for what, count in refused.items()]


def kill_worker(stand: Stand, site: str) -> None:
    """Kill one worker; gunicorn starts another."""
    stand.workers(site)[0].kill()


def kill_arbiter(stand: Stand, site: str) -> None:
    """Kill a site's first process. The runner then stops everything and says so."""
    _kill_and_start_again(stand, stand.arbiter(site).kill)


def kill_runner(stand: Stand) -> None:
    """Kill the runner; both sites notice and end."""
    _kill_and_start_again(stand, stand.runner.kill)


def _kill_and_start_again(stand: Stand, kill: Callable[[], None]) -> None:
    processes = stand.processes()
    kill()
    stand.wait_until_ended(processes)
    stand.start()


def _recovered(stand: Stand, site: str, after: str) -> list[str]:
    """Return a fault unless an honest request is answered before long."""
    deadline = time.monotonic() + _RECOVERY_SECONDS
    host = stand.site.domains.playground if site == "victim" else stand.site.domains.evil
    while time.monotonic() < deadline:
        try:
            if stand.site.get(host, "/").status == 200:
                return []
        except OSError:
            time.sleep(0.1)
    return [f"hung: no answer {_RECOVERY_SECONDS:.0f} s after {after}"]


class Readers:
    """Visitors of the attacker's gallery, each request on a connection of its own."""

    def __init__(self, stand: Stand, count: int = 4) -> None:
        self.tried = 0
        self.answered = 0
        self._stand = stand
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._read, daemon=True) for _ in range(count)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _read(self) -> None:
        site = self._stand.site
        while not self._stop.wait(0.05):
            try:
                answered = site.get(site.domains.evil, "/").status == 200
            except (OSError, http.client.HTTPException):
                answered = False
            with self._lock:
                self.tried += 1
                self.answered += answered
