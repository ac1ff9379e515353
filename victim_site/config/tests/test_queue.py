"""The queue of writers: between threads, between processes, and what a transaction does with it."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connections
from django.db.backends.utils import CursorWrapper
from django.db.transaction import Atomic
from pytest_django import DjangoDbBlocker

from tools.run import ROOT
from victim_site.config.sqlite import base
from victim_site.config.sqlite.queue import Queue

with_processes = pytest.mark.skipif(sys.platform == "win32", reason="One process there, no fcntl")
PATIENCE = 20.0
HOLDER = """
import sys
from pathlib import Path
from victim_site.config.sqlite.queue import Queue

queue = Queue(Path(sys.argv[1]))
assert queue.enter(20)
print("writing", flush=True)
sys.stdin.read()
"""
ALTERNATING = """
import sys, time
from pathlib import Path
from victim_site.config.sqlite.queue import Queue

queue = Queue(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for _ in range(50):
    assert queue.enter(20)
    print(time.monotonic())
    time.sleep(0.002)
    queue.leave()
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "bank.sqlite3-queue"


@contextmanager
def other_process(program: str, file: Path, says: str) -> Iterator[subprocess.Popen[str]]:
    """Run a second program, which prints this when it gets there."""
    with subprocess.Popen(
        [sys.executable, "-c", program, str(file)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == says
        yield process


def test_one_thread_has_its_turn_at_a_time(file: Path) -> None:
    queue = Queue(file)
    assert queue.enter(PATIENCE)
    came: list[str] = []

    def other() -> None:
        assert queue.enter(PATIENCE)
        came.append("other")
        queue.leave()

    thread = threading.Thread(target=other)
    thread.start()
    time.sleep(0.05)
    assert not came
    queue.leave()
    thread.join()
    assert came == ["other"]


def test_waiting_ends(file: Path) -> None:
    queue = Queue(file)
    assert queue.enter(PATIENCE)
    answers = []
    thread = threading.Thread(target=lambda: answers.append(queue.enter(0.05)))
    thread.start()
    thread.join()
    assert answers == [False]
    queue.leave()
    assert queue.enter(PATIENCE)


@with_processes
def test_another_process_is_waited_for_and_its_turn_ends_when_it_is_killed(file: Path) -> None:
    queue = Queue(file)
    with other_process(HOLDER, file, "writing") as holder:
        assert not queue.enter(0.1)
        holder.send_signal(signal.SIGKILL)
    assert queue.enter(PATIENCE)


@with_processes
def test_who_gave_up_waiting_holds_nobody_up(file: Path) -> None:
    queue = Queue(file)
    with other_process(HOLDER, file, "writing") as holder:
        assert not queue.enter(0.05)
        holder.communicate()  # It ends.
        with other_process(HOLDER, file, "writing") as next_one:
            next_one.communicate()


@with_processes
def test_two_processes_that_write_without_end_take_turns(file: Path) -> None:
    with (
        other_process(ALTERNATING, file, "ready") as first,
        other_process(ALTERNATING, file, "ready") as second,
    ):
        times = []
        for process in (first, second):
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        for process in (first, second):
            said, _ = process.communicate()
            times.append([float(line) for line in said.split()])
    # While both are there, neither gets many turns in a row.
    begin, end = max(t[0] for t in times), min(t[-1] for t in times)
    turns = sorted((at, who) for who, mine in enumerate(times) for at in mine if begin <= at <= end)
    row = longest = 0
    for (_, before), (_, after) in itertools.pairwise(turns):
        row = row + 1 if before == after else 0
        longest = max(longest, row)
    assert len(turns) > 40
    assert longest < 20


def test_without_the_file_a_process_has_its_own_queue(tmp_path: Path) -> None:
    queue = Queue(tmp_path / "nowhere" / "bank-queue")
    assert queue.enter(PATIENCE)
    queue.leave()


# --- Transactions ---------------------------------------------------------------------------------


@pytest.fixture
def connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, django_db_blocker: DjangoDbBlocker
) -> Iterator[base.DatabaseWrapper]:
    """A connection to a database in a file, which Django's `atomic` finds by its alias."""
    settings: dict[str, Any] = {
        **connections["default"].settings_dict,
        "ENGINE": "victim_site.config.sqlite",
        "NAME": str(tmp_path / "bank.sqlite3"),
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 0.1},
    }
    made = base.DatabaseWrapper(settings, "queued")
    monkeypatch.setitem(connections.settings, "queued", settings)
    connections["queued"] = made
    with django_db_blocker.unblock():
        with made.cursor() as cursor:
            cursor.execute("CREATE TABLE notes (text)")
        yield made
        made.close()
    del connections["queued"]


def its_turn(connection: base.DatabaseWrapper) -> bool:
    """Tell whether a transaction of this connection has its turn."""
    queue = base.queue_for(str(connection.settings_dict["NAME"]))
    if queue.enter(0):
        queue.leave()
        return False
    return True


def atomic() -> Atomic:
    return Atomic(using="queued", savepoint=True, durable=False)


def write(cursor: CursorWrapper, text: str) -> None:
    cursor.execute("INSERT INTO notes VALUES (%s)", [text])


def test_a_turn_is_as_long_as_a_transaction(connection: base.DatabaseWrapper) -> None:
    with atomic(), connection.cursor() as cursor:
        write(cursor, "a")
        with atomic():
            write(cursor, "b")
        assert its_turn(connection)
    assert not its_turn(connection)


def test_a_turn_ends_with_an_error(connection: base.DatabaseWrapper) -> None:
    with pytest.raises(OperationalError, match="no such table"), atomic():
        connection.cursor().execute("INSERT INTO nowhere VALUES (1)")
    assert not its_turn(connection)


def test_a_turn_ends_when_the_connection_is_closed(connection: base.DatabaseWrapper) -> None:
    with atomic():
        connection.close()
        assert not its_turn(connection)


def test_a_turn_ends_when_the_transaction_cannot_begin(connection: base.DatabaseWrapper) -> None:
    outside = connection.copy()
    outside.connect()
    outside.connection.execute("BEGIN IMMEDIATE")  # As a program without the queue would.
    with pytest.raises(OperationalError, match="locked"), atomic():
        pass
    outside.close()
    assert not its_turn(connection)


def test_a_queue_that_is_too_long_is_an_operational_error(
    connection: base.DatabaseWrapper,
) -> None:
    """Which the bank answers with 503 and a sentence."""
    queue = base.queue_for(str(connection.settings_dict["NAME"]))
    assert queue.enter(PATIENCE)
    with pytest.raises(OperationalError, match="queue of writers"), atomic():
        pass
    queue.leave()
    with atomic():
        pass


def test_the_settings_use_the_queue() -> None:
    program = (
        "from victim_site.config import settings; print(settings.DATABASES['default']['ENGINE'])"
    )
    env = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
    said = subprocess.check_output([sys.executable, "-c", program], cwd=ROOT, env=env, text=True)
    assert said.strip() == "victim_site.config.sqlite"
