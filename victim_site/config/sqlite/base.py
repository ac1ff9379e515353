"""Django's backend for SQLite; each transaction waits for its turn before it begins.

Every transaction here begins as a writer (`transaction_mode` is IMMEDIATE in the settings).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django.db import OperationalError
from django.db.backends.sqlite3 import base

from victim_site.config.sqlite.queue import Queue


@cache
def queue_for(database: str) -> Queue:
    """Return this process's end of the queue for a database file."""
    return Queue(Path(f"{database}-queue"))


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection. The name is the one that Django looks for."""

    _turn: Queue | None = None

    def _start_transaction_under_autocommit(self) -> None:
        # A database in memory, as tests have it, has a lock of its own.
        if not self.is_in_memory_db():
            queue = queue_for(str(self.settings_dict["NAME"]))
            if not queue.enter(self.settings_dict["OPTIONS"]["timeout"]):
                raise OperationalError("database is locked: the queue of writers is too long")
            self._turn = queue
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._end_turn()
            raise

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]
        self._end_turn()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._end_turn()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._end_turn()

    def _end_turn(self) -> None:
        if self._turn is not None:
            self._turn.leave()
            self._turn = None
