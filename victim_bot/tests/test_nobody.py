"""A browser that root starts is another user's, or says that it can't be."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from victim_bot import nobody

pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() != 0, reason="only root can become another user"
)
# In the place of a browser: it says whose it is, and writes to the folders that it got.
PROGRAM = """#!/bin/sh
id -u; id -G; grep NoNewPrivs /proc/self/status; touch "$HOME/written" "$2/written"; echo "$@"
"""


@pytest.fixture
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture
def program() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a browser")
        path.write_text(PROGRAM)
        path.chmod(0o755)
        path.parent.chmod(0o755)
        yield path


def test_it_is_somebody_elses_with_its_folders_and_without_roots_rights(
    home: Path, program: Path
) -> None:
    started_by = nobody.starter(home)
    assert started_by
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [started_by(str(program)), "-profile", folder, "a b", "$(id)"],
            env={"HOME": str(home), "PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
        )
        assert done.stderr == ""
        uid, groups, privileges, arguments = done.stdout.splitlines()
        assert uid != "0"
        assert "0" not in groups.split()
        assert privileges.split()[1] == "1"
        assert arguments == f"-profile {folder} a b $(id)"
        assert Path(folder, "written").stat().st_uid == int(uid)


def test_what_only_root_may_read_stays_roots(home: Path, program: Path) -> None:
    started_by = nobody.starter(home)
    assert started_by
    program.parent.chmod(stat.S_IRWXU)
    assert started_by(str(program)) == str(program)


def test_without_being_root_nothing_changes(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert nobody.starter(home) is None


def test_where_temporary_folders_are_roots_it_stays_roots(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.chmod(stat.S_IRWXU)
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(home))
    assert nobody.starter(home) is None
