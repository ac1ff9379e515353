"""Which PostgreSQL is used, and what is said where there is none; `e2e` starts one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import postgresql


@pytest.fixture
def debian(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Debian's folder for PostgreSQL, empty, and nothing on the PATH."""
    monkeypatch.setattr(postgresql, "DEBIAN", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def install(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch(mode=0o755)
    return folder


def test_without_postgresql_the_package_is_named(debian: Path) -> None:
    install(debian / "15" / "bin", "psql")  # The client alone is not enough.

    with pytest.raises(postgresql.PostgresqlMissing, match="apt-get install postgresql"):
        postgresql.programs()


def test_the_newest_version_is_used(debian: Path) -> None:
    for version in ("9.6", "15", "13"):
        install(debian / version / "bin", "initdb", "postgres")

    assert postgresql.programs() == debian / "15" / "bin"


def test_one_on_the_path_goes_before_debians(debian: Path) -> None:
    install(debian / "15" / "bin", "initdb", "postgres")
    install(debian, "initdb", "postgres")

    assert postgresql.programs() == debian


def test_where_it_cannot_be_installed_the_tests_are_skipped(
    debian: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(postgresql, "get", lambda: None)

    assert postgresql.main() == 0
    assert "skipped" in capsys.readouterr().err


@pytest.mark.parametrize(("ci", "installs"), [("", False), ("true", True)])
def test_a_service_that_stays_is_left_behind_in_ci_only(
    debian: Path, monkeypatch: pytest.MonkeyPatch, ci: str, installs: bool
) -> None:
    ran = debian / "ran"
    install(debian, "apt-get")
    (debian / "apt-get").write_text(f"#!/bin/sh\n/bin/echo $* >> {ran}\n")
    monkeypatch.setattr(postgresql, "SYSTEMD", debian)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setenv("CI", ci)

    postgresql.get()

    assert ran.exists() == installs
