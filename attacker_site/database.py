"""The attacker's SQLite files, which several processes use at once."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

# How long somebody waits for others who write.
_SECONDS = 5.0


@contextmanager
def opened(file: Path, schema: str) -> Iterator[sqlite3.Connection]:
    """Yield a connection to a file, which is made when it's needed, and commit at the end.

    Raises:
        sqlite3.Error, OSError: The file can't be used.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(file, timeout=_SECONDS)) as connection, connection:
        _write_ahead(connection)
        connection.executescript(schema)
        yield connection


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Let others read while somebody writes; the file then stays so.

    While others make the same new file so, SQLite says at once that it's locked, whatever the
    timeout: to one in a hundred of eight at a time (measured).
    """
    deadline = time.monotonic() + _SECONDS
    while connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
