"""The attacker's files: many may be the first to open one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from attacker_site.database import opened

SCHEMA = "CREATE TABLE IF NOT EXISTS written (at INTEGER)"


def test_of_many_who_make_a_file_at_once_none_is_told_that_its_locked(tmp_path: Path) -> None:
    def write(number: int) -> None:
        with opened(tmp_path / f"{number // 8}.sqlite3", SCHEMA) as connection:
            connection.execute("INSERT INTO written VALUES (?)", (number,))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(1600)))

    for file in tmp_path.glob("*.sqlite3"):
        with opened(file, SCHEMA) as connection:
            assert connection.execute("SELECT COUNT(*) FROM written").fetchone() == (8,)
