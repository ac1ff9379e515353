"""Owners, the versions of their exploits, and who has read them: one SQLite file in `VAR_DIR`.

Everything is limited. An owner keeps the newest versions and the newest lines of the access log.
Beyond so many owners, or so many bytes in all, those that nobody has used for longest are removed,
but none that was used within the hour.
"""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from attacker_site.database import opened
from attacker_site.workbench.exploit import Exploit
from catalogue.labels import NO_DEFENSE

HOUR = 3_600_000
MOST_OWNERS = 5_000
OWNERS_A_MINUTE = 120
MOST_VERSIONS = 50
MOST_BYTES_AN_OWNER = 5_000_000
MOST_BYTES = 250_000_000
# So many stores in so many seconds.
STORES, STORES_SECONDS = 30, 10
MOST_READS = 200
_SCHEMA = """
CREATE TABLE IF NOT EXISTS owners (
    id INTEGER PRIMARY KEY, name TEXT, public TEXT UNIQUE, secret TEXT UNIQUE,
    made INTEGER, used INTEGER, newest INTEGER DEFAULT 0
);
CREATE INDEX IF NOT EXISTS by_use ON owners (used);
CREATE TABLE IF NOT EXISTS versions (
    owner INTEGER REFERENCES owners ON DELETE CASCADE, number INTEGER, at INTEGER, size INTEGER,
    file TEXT, head TEXT, body BLOB, PRIMARY KEY (owner, number)
);
CREATE INDEX IF NOT EXISTS sizes ON versions (owner, number, size);
CREATE TABLE IF NOT EXISTS reads (
    id INTEGER PRIMARY KEY, owner INTEGER REFERENCES owners ON DELETE CASCADE, at INTEGER,
    method TEXT, path TEXT, status INTEGER, site TEXT, origin TEXT, referer TEXT, agent TEXT,
    body TEXT
);
CREATE INDEX IF NOT EXISTS reads_by_owner ON reads (owner, id);
"""
_OWNER = "id, name, public, secret"


class Refused(Exception):
    """Nothing was stored; the message says why, and `code` is the HTTP status."""

    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True)
class Owner:
    """Somebody who writes exploits. `name` owns labs, too: `--for-<name>`."""

    id: int
    name: str
    public: str
    secret: str

    @property
    def lab(self) -> str:
        """The undefended one among the owner's labs."""
        return f"{NO_DEFENSE}--for-{self.name}"


@dataclass(frozen=True)
class Version:
    """An exploit as it was stored: the number counts an owner's stores, `at` is when, in ms."""

    number: int
    at: int
    exploit: Exploit


@dataclass(frozen=True)
class Listed:
    """A version in a list, without its content."""

    number: int
    at: int
    file: str
    size: int


@dataclass(frozen=True)
class Read:
    """One request to an owner's public host. Texts are cut, and empty where there was nothing."""

    at: int
    method: str
    path: str
    status: int
    site: str
    origin: str
    referer: str
    agent: str
    body: str


class Store:
    """All owners, in one file of a folder that is made when it's needed."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "workbench.sqlite3"

    @contextmanager
    def _open(self, *, writes: bool = False) -> Iterator[sqlite3.Connection]:
        try:
            with opened(self._file, _SCHEMA) as connection:
                connection.execute("PRAGMA foreign_keys=ON")
                if writes:
                    connection.execute("BEGIN IMMEDIATE")
                yield connection
        except (sqlite3.Error, OSError) as error:
            sentence = (
                f"The workbench’s file can’t be used right now ({error}). Nothing was stored."
            )
            raise Refused(503, sentence) from error

    def make_owner(self, name: str) -> Owner:
        """Return a new owner.

        Raises:
            Refused: There are too many.
        """
        now = _now()
        public, secret = secrets.token_hex(5), secrets.token_hex(16)
        with self._open(writes=True) as connection:
            fresh = "SELECT count(*) FROM owners WHERE made > ?"
            if _one(connection, fresh, now - 60_000) >= OWNERS_A_MINUTE:
                raise Refused(429, "Too many workbenches in this minute. Try again in the next.")
            if _one(connection, "SELECT count(*) FROM owners") >= MOST_OWNERS:
                _remove_idle(connection, now)
            if _one(connection, "SELECT count(*) FROM owners") >= MOST_OWNERS:
                raise Refused(503, f"There are {MOST_OWNERS:,} workbenches, all used this hour.")
            row = connection.execute(
                "INSERT INTO owners (name, public, secret, made, used) VALUES (?, ?, ?, ?, ?)",
                (name, public, secret, now, now),
            )
            return Owner(row.lastrowid or 0, name, public, secret)

    def by_secret(self, secret: str) -> Owner | None:
        """Return the owner who writes at the host with this secret."""
        return self._owner("secret", secret)

    def by_public(self, public: str) -> Owner | None:
        """Return the owner whose exploits are read at the host with this name."""
        return self._owner("public", public)

    def _owner(self, column: str, value: str) -> Owner | None:
        query = f"SELECT {_OWNER} FROM owners WHERE {column} = ?"  # noqa: S608
        with self._open() as connection:
            row = connection.execute(query, (value,)).fetchone()
        return Owner(*row) if row else None

    def save(self, owner: Owner, exploit: Exploit) -> Version:
        """Store an exploit as the owner's newest; the same again isn't a new version.

        Raises:
            Refused: There were too many, or there's no room.
        """
        newest = self.newest(owner)
        if newest and newest.exploit == exploit:
            return newest
        now = _now()
        size = len(exploit.body)
        with self._open(writes=True) as connection:
            recent = "SELECT count(*) FROM versions WHERE owner = ? AND at > ?"
            if _one(connection, recent, owner.id, now - STORES_SECONDS * 1000) >= STORES:
                raise Refused(
                    429,
                    f"That’s more than {STORES} versions in {STORES_SECONDS} seconds. This one "
                    "wasn’t stored. Try again in a moment.",
                )
            _make_room(connection, now, size)
            number = _one(
                connection,
                "UPDATE owners SET newest = newest + 1, used = ? WHERE id = ? RETURNING newest",
                now,
                owner.id,
            )
            if not number:
                raise Refused(404, "This workbench has been removed.")
            connection.execute(
                "INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?, ?)",
                (owner.id, number, now, size, exploit.file, exploit.head, exploit.body),
            )
            # The newest stays, whatever its size.
            connection.execute(
                "DELETE FROM versions WHERE owner = ? AND number < ? AND number IN (SELECT number"
                " FROM (SELECT number, row_number() OVER newest_first AS place,"
                " sum(size) OVER newest_first AS total FROM versions WHERE owner = ?"
                " WINDOW newest_first AS (ORDER BY number DESC)) WHERE place > ? OR total > ?)",
                (owner.id, number, owner.id, MOST_VERSIONS, MOST_BYTES_AN_OWNER),
            )
        return Version(number, now, exploit)

    def newest(self, owner: Owner) -> Version | None:
        """Return what the owner has stored last."""
        return self._version("owner = ?", owner.id)

    def served(self, owner: Owner, file: str) -> Version | None:
        """Return the newest version with this file's name."""
        return self._version("owner = ? AND file = ?", owner.id, file)

    def version(self, owner: Owner, number: int) -> Version | None:
        """Return the version with this number, if it's still there."""
        return self._version("owner = ? AND number = ?", owner.id, number)

    def _version(self, which: str, *values: object) -> Version | None:
        query = (
            f"SELECT number, at, file, head, body FROM versions WHERE {which}"  # noqa: S608
            " ORDER BY number DESC LIMIT 1"
        )
        with self._open() as connection:
            row = connection.execute(query, values).fetchone()
        return Version(row[0], row[1], Exploit(*row[2:])) if row else None

    def versions(self, owner: Owner) -> list[Listed]:
        """Return the versions that are kept, newest first."""
        query = "SELECT number, at, file, size FROM versions WHERE owner = ? ORDER BY number DESC"
        with self._open() as connection:
            return [Listed(*row) for row in connection.execute(query, (owner.id,))]

    def note(self, owner: Owner, read: Read) -> None:
        """Add a line to the access log."""
        with self._open(writes=True) as connection:
            connection.execute(
                "INSERT INTO reads (owner, at, method, path, status, site, origin, referer, agent,"
                " body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (owner.id, *vars(read).values()),
            )
            connection.execute(
                "DELETE FROM reads WHERE owner = ? AND id <= (SELECT id FROM reads WHERE owner = ?"
                " ORDER BY id DESC LIMIT 1 OFFSET ?)",
                (owner.id, owner.id, MOST_READS),
            )
            connection.execute("UPDATE owners SET used = ? WHERE id = ?", (read.at, owner.id))

    def reads(self, owner: Owner) -> list[Read]:
        """Return the access log, newest first."""
        query = (
            "SELECT at, method, path, status, site, origin, referer, agent, body FROM reads"
            " WHERE owner = ? ORDER BY id DESC"
        )
        with self._open() as connection:
            return [Read(*row) for row in connection.execute(query, (owner.id,))]


def _make_room(connection: sqlite3.Connection, now: int, size: int) -> None:
    """Remove owners that are idle where all versions together take too much."""
    total = "SELECT coalesce(sum(size), 0) FROM versions"
    if _one(connection, total) + size > MOST_BYTES:
        _remove_idle(connection, now)
    if _one(connection, total) + size > MOST_BYTES:
        raise Refused(503, "The workbench is full, and everybody has used theirs this hour.")


def _remove_idle(connection: sqlite3.Connection, now: int) -> None:
    connection.execute(
        "DELETE FROM owners WHERE id IN (SELECT id FROM owners WHERE used < ? ORDER BY used LIMIT"
        " (SELECT count(*) / 10 + 1 FROM owners))",
        (now - HOUR,),
    )


def _one(connection: sqlite3.Connection, query: str, *values: object) -> int:
    row = connection.execute(query, values).fetchone()
    return row[0] if row else 0


def _now() -> int:
    """Return the time in milliseconds since 1970."""
    return time.time_ns() // 1_000_000
