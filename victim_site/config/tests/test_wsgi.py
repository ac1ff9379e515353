"""The site prepares its database as it starts, and says so in one line where it can't."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from victim_site.config.settings import CHECKOUT

START = "from victim_site.config import wsgi; wsgi.create_app(); "
OPEN = "assert all(c.connection is None for c in wsgi.connections.all())"
AGAIN = "wsgi.call_command = None; wsgi.create_app()"


def start(var_dir: Path, code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=CHECKOUT,
        env=os.environ | {"VAR_DIR": str(var_dir), "DATABASE_URL": ""},
        capture_output=True,
        text=True,
    )


def test_a_new_database_gets_its_tables_and_a_second_start_does_not_migrate(tmp_path: Path) -> None:
    done = start(tmp_path, START + OPEN + "; " + AGAIN)

    assert (done.returncode, done.stderr) == (0, "")
    with closing(sqlite3.connect(tmp_path / "playground.sqlite3")) as database:
        assert database.execute("SELECT count(*) FROM bank_lab").fetchone() == (0,)


def test_a_database_that_cannot_be_used_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "playground.sqlite3").write_text("This isn't a database." * 1000)

    done = start(tmp_path, START)

    assert done.returncode == 1
    assert done.stderr.startswith(
        "The bank's database could not be prepared (file is not a database)"
    )
    assert len(done.stderr.splitlines()) == 1
