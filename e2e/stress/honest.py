"""Honest visitors, who click while the sites are abused: each click is a fresh connection."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from types import TracebackType

from e2e.bank import Answer
from e2e.stress.ledger import Customer
from e2e.stress.stand import SITES, Stand

# Generous, since the abuse and other programs share the cores.
PATIENCE_SECONDS = 20.0
_PAUSE = 0.2

Click = Callable[[], Answer]


class Honest:
    """Visitors of a site as a context manager: they click until it is left, and once after.

    At the bank they also pay, there and back, since pages are read even where nobody can write.
    """

    def __init__(self, stand: Stand, *sites: str) -> None:
        self._stand = stand
        self._sites = sites or SITES
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._faults: dict[str, list[str]] = {site: [] for site in SITES}
        self.slowest: dict[str, float] = dict.fromkeys(SITES, 0.0)
        self.clicks: dict[str, int] = dict.fromkeys(SITES, 0)

    def __enter__(self) -> Honest:
        for site, name, click in self._visitors():
            thread = threading.Thread(target=self._visit, args=(site, name, click), daemon=True)
            thread.start()
            self._threads.append(thread)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def faults(self, site: str) -> list[str]:
        """Return up to three of a site's faults."""
        found = self._faults[site]
        more = [f"… and {len(found) - 3} more honest requests"] if len(found) > 3 else []
        return [*found[:3], *more]

    def note(self, site: str) -> str:
        return f"{self.clicks[site]} honest clicks, slowest {self.slowest[site]:.2f} s"

    def _visitors(self) -> list[tuple[str, str, Click]]:
        site = self._stand.site
        found: list[tuple[str, str, Click]] = []
        if "victim" in self._sites:
            lab = self._stand.lab()
            customers = Customer(lab, "alice"), Customer(lab, "mallory")
            turns = itertools.cycle(customers)
            found = [
                ("victim", "the sign-in page", lambda: site.get(lab.host, "/login")),
                ("victim", "the home page", lambda: site.get(site.domains.playground, "/")),
                ("victim", "a transfer", lambda: next(turns).pay_by_itself(1)),
            ]
        if "attacker" in self._sites:
            gallery = site.domains.evil
            found.append(("attacker", "the gallery", lambda: site.get(gallery, "/")))
        return found

    def _visit(self, site: str, name: str, click: Click) -> None:
        last = False
        while True:
            begin = time.monotonic()
            try:
                answer = click()
                wrong = "" if answer.status in {200, 303} else f"was answered {answer.status}"
            except OSError as error:
                wrong = f"got no answer ({error!r})"
            seconds = time.monotonic() - begin
            if not wrong and seconds > PATIENCE_SECONDS:
                wrong = "was answered late"
            with self._lock:
                self.clicks[site] += 1
                self.slowest[site] = max(self.slowest[site], seconds)
                if wrong:
                    self._faults[site].append(
                        f"hung: an honest request for {name} {wrong} after {seconds:.1f} s"
                    )
            if last:
                return
            last = self._stop.wait(_PAUSE)
