"""The attacker's SQLite files, which several processes use at once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path


@contextmanager
def opened(file: Path, schema: str) -> Iterator[sqlite3.Connection]:
    """Yield a connection to a file, which is made when it's needed, and commit at the end.

    Raises:
        sqlite3.Error, OSError: The file can't be used.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(file, timeout=5)) as connection, connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.executescript(schema)
        yield connection
