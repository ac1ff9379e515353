"""`make reset` forgets what labs, learners and attacks left, and keeps keys."""

from __future__ import annotations

import http.client
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tools.run import Playground
from tools.runner.failures import SetupError
from tools.runner.reset import reset
from tools.runner.running import ports_in_use


def ask(port: int, host: str, path: str) -> int:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("GET", path, headers={"Host": f"{host}:{port}"})
        return connection.getresponse().status


def test_it_leaves_only_keys_and_refuses_while_a_playground_runs(tmp_path: Path) -> None:
    kept = tmp_path / "https" / "ca.pem"
    kept.parent.mkdir()
    kept.touch()
    (tmp_path / "mine.txt").touch()
    with Playground(var_dir=tmp_path, env={"DATABASE_URL": ""}) as playground:
        # A lab, loot, a look at an exploit that isn't there, and notes of the cookie page.
        attack = "/foreign-token-post/?lab=session-token"
        assert ask(playground.attacker_port, "evil.localhost", attack) == 200
        assert ask(playground.attacker_port, "exploit-a.localhost", "/exploit") == 404
        assert ask(playground.victim_port, "playground.localhost", "/cookies/") == 200
        files = {"playground.sqlite3", "loot.sqlite3", "workbench.sqlite3"}
        assert files <= {path.name for path in tmp_path.iterdir()}
        with pytest.raises(SetupError, match=rf"running .*{playground.victim_port}"):
            reset(tmp_path, {})
        assert (tmp_path / "playground.sqlite3").exists()

    (tmp_path / "cookies").mkdir(exist_ok=True)
    reset(tmp_path, {})

    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"https", "mine.txt", "secret_key"}
    assert kept.exists()
    reset(tmp_path, {})


def test_a_killed_playground_counts_as_stopped(tmp_path: Path) -> None:
    (tmp_path / "running").mkdir()
    (tmp_path / "running" / "8000").touch()
    assert ports_in_use(tmp_path) == []


def test_another_database_is_emptied(tmp_path: Path) -> None:
    file = tmp_path / "elsewhere.sqlite3"
    environment = {
        **os.environ,
        "VAR_DIR": str(tmp_path / "var"),
        "DATABASE_URL": f"sqlite:///{file}",
    }
    (tmp_path / "var").mkdir()
    reset(tmp_path / "var", environment)
    with closing(sqlite3.connect(file)) as database:
        database.execute("INSERT INTO django_content_type (app_label, model) VALUES ('a', 'b')")
        database.commit()
        reset(tmp_path / "var", environment)
        count = "SELECT count(*) FROM django_content_type WHERE app_label = 'a'"
        assert database.execute(count).fetchone() == (0,)


def test_a_database_that_cannot_be_reached_is_told(tmp_path: Path) -> None:
    environment = {**os.environ, "DATABASE_URL": "sqlite:////no/such/folder/file"}
    with pytest.raises(SetupError, match="can't be emptied"):
        reset(tmp_path, environment)
