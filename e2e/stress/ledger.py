"""Transfers of known amounts, and whether each acknowledged one is in the database once.

A client always sends the same amount, its number, so that a row says whose it is.
"""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from e2e.bank import Answer, Lab, cookie_header
from e2e.stress.report import Result, counted
from e2e.stress.stand import Stand

OTHER = {"alice": "mallory", "mallory": "alice"}
# Outside /api/labs, since the rows are more than the log's newest.
_ROWS = """
SELECT account.username, transfer.amount, count(*) FROM bank_transfer AS transfer
JOIN bank_account AS account ON account.id = transfer.sender_id
JOIN bank_lab AS lab ON lab.id = transfer.lab_id WHERE lab.label = ? GROUP BY 1, 2
"""
# A balance is what the account began with and what its rows say; alice and mallory begin alike.
_WRONG_BALANCES = """
SELECT lab.label, account.username, account.balance FROM bank_account AS account
JOIN bank_lab AS lab ON lab.id = account.lab_id
WHERE account.balance != 1000
    + (SELECT coalesce(sum(amount), 0) FROM bank_transfer WHERE recipient_id = account.id)
    - (SELECT coalesce(sum(amount), 0) FROM bank_transfer WHERE sender_id = account.id)
"""


class Customer:
    """Somebody who is signed in to a lab."""

    def __init__(self, lab: Lab, username: str) -> None:
        self.lab = lab
        self.username = username
        self.cookie = cookie_header(lab.sign_in(username))
        self.headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": self.cookie,
            "Origin": lab.url,
        }

    def body(self, amount: int) -> str:
        return urlencode({"to": OTHER[self.username], "amount": amount})

    def pay_by_itself(self, amount: int) -> Answer:
        """Pay over a connection of its own."""
        return self.lab.site.request(
            self.lab.host, "POST", "/transfer", self.headers, self.body(amount)
        )


@dataclass
class Ledger:
    """What clients of one lab have sent: acknowledged, and never answered."""

    acknowledged: Counter[tuple[str, int]] = field(default_factory=Counter)
    unanswered: Counter[tuple[str, int]] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def answered(self) -> int:
        return self.acknowledged.total() + self.refused.total()

    @property
    def tried(self) -> int:
        return self.answered + self.unanswered.total()

    @property
    def unserved(self) -> list[str]:
        """Return a sentence for each way in which a transfer was not acknowledged."""
        faults = [f"refused: {counted(self.refused)}"] if self.refused else []
        if self.unanswered:
            faults.append(f"{self.unanswered.total()} transfers were never answered")
        return faults

    def compare(self, rows: Counter[tuple[str, int]]) -> tuple[int, int]:
        """Return how many acknowledged transfers have no row, and how many rows nobody sent."""
        most = self.acknowledged + self.unanswered
        return (self.acknowledged - rows).total(), (rows - most).total()


class Client(threading.Thread):
    """Pays back and forth over one connection until told to stop, or for a number of rounds.

    A connection that breaks is replaced: a killed site comes back.
    """

    def __init__(
        self,
        pair: tuple[Customer, Customer],
        amount: int,
        ledger: Ledger,
        stop: threading.Event,
        rounds: int | None = None,
    ) -> None:
        super().__init__(daemon=True)
        self._pair = pair
        self._amount = amount
        self._ledger = ledger
        self._stop_now = stop
        self._rounds = rounds
        self._connection: http.client.HTTPConnection | None = None

    def run(self) -> None:
        done = 0
        while not self._stop_now.is_set() and (self._rounds is None or done < self._rounds):
            for customer in self._pair:
                self._pay(customer)
            done += 1
        self._close()

    def _pay(self, customer: Customer) -> None:
        ledger, key = self._ledger, (customer.username, self._amount)
        site = customer.lab.site
        try:
            if self._connection is None:
                connection = http.client.HTTPConnection("127.0.0.1", site.victim_port, timeout=40)
                connection.connect()
                self._connection = connection
        except OSError:
            time.sleep(0.1)  # The site isn't there just now, and nothing was sent.
            return
        headers = customer.headers | {"Host": f"{customer.lab.host}:{site.victim_port}"}
        begin = time.monotonic()
        try:
            self._connection.request("POST", "/transfer", customer.body(self._amount), headers)
            answer = self._connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            self._close()
            with ledger.lock:
                ledger.unanswered[key] += 1
            return
        with ledger.lock:
            ledger.seconds.append(time.monotonic() - begin)
            if answer.status == 303 and answer.headers["Location"] == "/?done=transfer":
                ledger.acknowledged[key] += 1
            else:
                ledger.refused[f"{answer.status} {text[:60].decode(errors='replace')}"] += 1
        if answer.will_close:
            self._close()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Crowd:
    """Clients of one lab who pay at the same time. Their numbers sum to less than is there."""

    def __init__(self, stand: Stand, count: int, rounds: int | None = None) -> None:
        assert count <= 40, "together they may have sent more than an account has"
        self.lab = stand.lab()
        self.ledger = Ledger()
        self._stand = stand
        self._stop = threading.Event()
        alice, mallory = Customer(self.lab, "alice"), Customer(self.lab, "mallory")
        self._clients = [
            Client(
                (alice, mallory) if number % 2 else (mallory, alice),
                number,
                self.ledger,
                self._stop,
                rounds,
            )
            for number in range(1, count + 1)
        ]

    def start(self) -> None:
        self._begin = time.monotonic()
        for client in self._clients:
            client.start()

    def finish(self) -> None:
        for client in self._clients:
            client.join()

    def stop(self) -> None:
        self._stop.set()
        self.finish()

    def rows(self) -> Counter[tuple[str, int]]:
        found: Counter[tuple[str, int]] = Counter()
        for sender, amount, count in self._stand.rows(_ROWS, self.lab.label):
            assert isinstance(sender, str)
            assert isinstance(amount, int)
            assert isinstance(count, int)
            found[sender, amount] = count
        return found

    def result(self, kind: str, note: str, faults: Sequence[str] = ()) -> Result:
        """Compare the books, and return what became of the transfers, from the start until now."""
        seconds = time.monotonic() - self._begin
        lost, wrong = self.verdict()
        ledger = self.ledger
        return Result(
            kind,
            "victim",
            ledger.tried,
            ledger.answered,
            seconds,
            lost,
            note,
            [*wrong, *faults],
        )

    def verdict(self) -> tuple[int, list[str]]:
        """Return how many transfers were lost, and what else is wrong with the books."""
        lost, extra = self.ledger.compare(self.rows())
        faults = [f"{extra} rows that nobody sent, or that are there twice"] if extra else []
        accounts = self.lab.state()["accounts"]
        total = sum(account["balance"] for account in accounts.values())
        if total != 2000:
            faults.append(f"the accounts of {self.lab.label} hold {total} together, not 2000")
        faults += wrong_balances(self._stand)
        return lost, faults


def wrong_balances(stand: Stand) -> list[str]:
    """Return every account, in any lab, whose balance isn't what its transfers say."""
    rows = stand.rows(_WRONG_BALANCES)
    return [f"{who} in {lab} has {has}, which isn't what the rows say" for lab, who, has in rows]
