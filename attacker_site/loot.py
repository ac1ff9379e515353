"""The attacker's notebook: what the server has prepared or stolen, one entry for each attack.

A small SQLite file, since several processes serve the site. It keeps `KEPT_A_LAB` entries for each
lab and `KEPT` in all. If it can't be written, only the entry is lost.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from attacker_site.database import opened
from csrf_proof.visitor import Prepared

KEPT_A_LAB = 20
KEPT = 5_000
_SCHEMA = """
CREATE TABLE IF NOT EXISTS loot (
    id INTEGER PRIMARY KEY, lab TEXT, attack TEXT, at INTEGER, fields TEXT, cookies TEXT
);
CREATE INDEX IF NOT EXISTS by_lab ON loot (lab, id);
"""


@dataclass(frozen=True)
class Entry:
    """What one attack got. `at` is when, in milliseconds since 1970."""

    attack: str
    at: int
    prepared: Prepared


class Notebook:
    """The entries, in one file of a folder that is made when it is needed."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "loot.sqlite3"

    def _open(self) -> AbstractContextManager[sqlite3.Connection]:
        return opened(self._file, _SCHEMA)

    def write(self, lab: str, entry: Entry) -> bool:
        """Add an entry; return whether it could be written."""
        row = (
            lab,
            entry.attack,
            entry.at,
            json.dumps(dict(entry.prepared.fields)),
            json.dumps(dict(entry.prepared.cookies)),
        )
        try:
            with self._open() as connection:
                insert = (
                    "INSERT INTO loot (lab, attack, at, fields, cookies) VALUES (?, ?, ?, ?, ?)"
                )
                newest = connection.execute(insert, row).lastrowid or 0
                connection.execute(
                    "DELETE FROM loot WHERE id <= ? OR lab = ? AND id NOT IN"
                    " (SELECT id FROM loot WHERE lab = ? ORDER BY id DESC LIMIT ?)",
                    (newest - KEPT, lab, lab, KEPT_A_LAB),
                )
        except (sqlite3.Error, OSError):
            return False
        return True

    def read(self, lab: str) -> list[Entry]:
        """Return a lab's entries, newest first; none where the notebook cannot be read."""
        query = "SELECT attack, at, fields, cookies FROM loot WHERE lab = ? ORDER BY id DESC"
        try:
            with self._open() as connection:
                rows = connection.execute(query, (lab,)).fetchall()
        except (sqlite3.Error, OSError):
            return []
        return [_entry(*row) for row in rows]

    def find(self, lab: str, attack: str, at: int, *, later: bool = False) -> Prepared | None:
        """Return what one attack had prepared, or has stolen a little later, if that is known."""
        entries = [
            entry
            for entry in self.read(lab)
            if entry.attack == attack and (entry.at == at or (later and entry.at > at))
        ]
        return min(entries, key=lambda entry: entry.at).prepared if entries else None


def _entry(attack: str, at: int, fields: str, cookies: str) -> Entry:
    prepared = Prepared(json.loads(fields), json.loads(cookies))
    return Entry(attack, at, prepared)
