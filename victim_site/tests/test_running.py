"""The site as it runs, in several processes: under load, a killed worker, and a full disk."""

from __future__ import annotations

import http.client
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tools.run import Playground
from victim_site.conftest import PASSWORDS

Answer = tuple[int, str]
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="Workers are found in /proc.")


class Browser:
    """One connection, kept alive, to one lab of a running site."""

    def __init__(self, site: Playground, lab: str, cookie: str = "") -> None:
        self.headers = {
            "Host": f"{lab}.bank.localhost:{site.victim_port}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": cookie,
        }
        self.connection = http.client.HTTPConnection("127.0.0.1", site.victim_port, timeout=30)

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *error: object) -> None:
        self.connection.close()

    def send(self, method: str, path: str, **fields: object) -> Answer:
        """Send once and never again by itself; raise OSError or HTTPException if none answers."""
        try:
            self.connection.request(method, path, urlencode(fields), self.headers)
            answer = self.connection.getresponse()
            text = answer.read().decode()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            raise
        if (cookie := answer.getheader("Set-Cookie")) and cookie.startswith("sessionid="):
            self.headers["Cookie"] = cookie.partition(";")[0]
        return answer.status, text

    def sign_in(self, username: str) -> str:
        status, _ = self.send("POST", "/login", username=username, password=PASSWORDS[username])
        assert status == 303
        return self.headers["Cookie"]


def signed_in(site: Playground, lab: str) -> dict[str, str]:
    """Sign both customers in; return their cookies."""
    cookies = {}
    for username in PASSWORDS:
        with Browser(site, lab) as browser:
            cookies[username] = browser.sign_in(username)
    return cookies


def first_page(site: Playground, lab: str) -> int:
    """Ask for a lab's sign-in page over a connection of its own; return the status."""
    with Browser(site, lab) as browser:
        return browser.send("GET", "/login")[0]


class Books:
    """What the database of a running site says of one lab."""

    def __init__(self, site: Playground, lab: str) -> None:
        with closing(sqlite3.connect(site.var_dir / "playground.sqlite3", timeout=30)) as database:
            self.balances = dict(
                database.execute(
                    "SELECT username, balance FROM bank_account JOIN bank_lab"
                    " ON bank_lab.id = bank_account.lab_id WHERE label = ?",
                    [lab],
                )
            )
            self.transfers = database.execute(
                "SELECT username, amount FROM bank_transfer JOIN bank_account"
                " ON bank_account.id = sender_id JOIN bank_lab ON bank_lab.id = bank_account.lab_id"
                " WHERE label = ?",
                [lab],
            ).fetchall()

    def assert_balanced(self) -> None:
        """See that the balances are what the history makes of the first ones."""
        moved = sum(amount if sender == "alice" else -amount for sender, amount in self.transfers)
        assert self.balances == {"alice": 1000 - moved, "mallory": 1000 + moved}


def stream(
    site: Playground, lab: str, threads: int, each: int, answered: Callable[[], None] | None = None
) -> tuple[int, int]:
    """Pay small sums both ways, from many connections; return how many were sent and accepted."""
    cookies = signed_in(site, lab)
    accepted = [0] * threads

    def pay(number: int) -> None:
        sender, to = ("alice", "mallory") if number % 2 else ("mallory", "alice")
        with Browser(site, lab, cookies[sender]) as browser:
            for _ in range(each):
                with suppress(OSError, http.client.HTTPException):
                    status, _ = browser.send("POST", "/transfer", to=to, amount=1)
                    accepted[number] += status == 303
                    if answered:
                        answered()

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(pay, range(threads)))
    return threads * each, sum(accepted)


def test_hundreds_of_concurrent_transfers_count_once_each(site: Playground) -> None:
    lab = "no-defense--for-load"

    sent, accepted = stream(site, lab, threads=16, each=40)

    books = Books(site, lab)
    assert accepted > sent * 0.9
    assert len(books.transfers) == accepted
    books.assert_balanced()


def test_concurrent_transfers_never_overdraw(site: Playground) -> None:
    lab = "no-defense--for-overdraw"
    cookies = signed_in(site, lab)

    def pay(_: int) -> int:
        with Browser(site, lab, cookies["alice"]) as browser:
            return browser.send("POST", "/transfer", to="mallory", amount=300)[0]

    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(pay, range(16)))

    books = Books(site, lab)
    assert sorted(statuses) == [303] * 3 + [422] * 13
    assert books.balances == {"alice": 100, "mallory": 1900}
    books.assert_balanced()


def workers(site: Playground) -> set[int]:
    """The processes of the bank that serve; the one that leads the group only watches them."""
    found = set()
    for pid in site.pids["victim"]:
        with suppress(ProcessLookupError):  # It may have ended since it was listed.
            if os.getpgid(pid) != pid:
                found.add(pid)
    return found


@on_linux
def test_a_killed_worker_loses_and_doubles_no_transfer(site: Playground) -> None:
    lab = "no-defense--for-kill"
    before = workers(site)
    victim = min(before)
    answers = 0
    lock = threading.Lock()

    def answered() -> None:
        nonlocal answers
        with lock:
            answers += 1
            if answers == 200:
                os.kill(victim, signal.SIGKILL)

    sent, accepted = stream(site, lab, threads=8, each=80, answered=answered)

    books = Books(site, lab)
    assert victim not in workers(site)
    assert answers >= 200
    assert accepted <= len(books.transfers) <= sent
    books.assert_balanced()


@on_linux
def test_after_a_killed_worker_another_serves(site: Playground) -> None:
    os.kill(min(workers(site)), signal.SIGKILL)
    deadline = time.monotonic() + 20
    answers: set[int] = set()
    while (len(workers(site)), answers) != (2, {200}) and time.monotonic() < deadline:
        answers = set()
        for _ in range(20):
            with suppress(OSError, http.client.HTTPException):
                answers.add(first_page(site, "no-defense--for-after"))

    assert (len(workers(site)), answers) == (2, {200})


def test_two_hundred_labs_open_in_parallel(site: Playground) -> None:
    names = [f"no-defense--for-many{number}" for number in range(200)]

    with ThreadPoolExecutor(16) as pool:
        statuses = set(pool.map(lambda lab: first_page(site, lab), names))

    assert statuses == {200}
    assert {len(Books(site, lab).balances) for lab in names} == {2}


def test_many_first_visits_at_once_make_one_lab(site: Playground) -> None:
    lab = "no-defense--for-rush"

    with ThreadPoolExecutor(16) as pool:
        statuses = set(pool.map(lambda _: first_page(site, lab), range(32)))

    assert statuses == {200}
    assert Books(site, lab).balances == {"alice": 1000, "mallory": 1000}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of three megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("No file system can be mounted here, so no disk can be filled.")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_a_503_with_a_sentence_and_the_state_stays_whole(small_disk: Path) -> None:
    lab = "no-defense--for-full"
    filler = small_disk / "filler"
    done = 0
    with (
        Playground(var_dir=small_disk, env={"DATABASE_URL": ""}) as site,
        Browser(site, lab) as alice,
    ):
        alice.sign_in("alice")
        with suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(1024))

        while (answer := alice.send("POST", "/transfer", to="mallory", amount=1))[0] == 303:
            done += 1
        page = alice.send("GET", "/")
        filler.unlink()
        after = alice.send("POST", "/transfer", to="mallory", amount=1)
        books = Books(site, lab)

    assert answer[0] == 503
    assert "disk is full" in answer[1]
    assert "Traceback" not in answer[1]
    assert page[0] == 200
    assert after[0] == 303
    assert len(books.transfers) == done + 1
    books.assert_balanced()
