"""The archive has the project and the packages, and nothing that isn't the project's."""

from __future__ import annotations

import subprocess
import tarfile
from pathlib import Path

import pytest

from tools import bundle
from tools.bundle import NAME, write
from tools.runner import environment


def test_the_archive_has_the_checkout_and_the_packages(tmp_path: Path) -> None:
    root, wheels = tmp_path / "root", tmp_path / "packages"
    for file in ("start.py", "docs/a.md", "var/secret", "gone"):
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(file)
    wheels.mkdir()
    (wheels / "django.whl").touch()
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    subprocess.run(["git", "add", "start.py", "docs", "gone"], cwd=root, check=True)
    (root / "gone").unlink()

    write(root, tmp_path / "bundle.tar.gz", wheels)

    with tarfile.open(tmp_path / "bundle.tar.gz") as tar:
        assert set(tar.getnames()) == {
            f"{NAME}/start.py",
            f"{NAME}/docs/a.md",
            f"{NAME}/{environment.WHEELS}/django.whl",
        }


def test_it_says_how_to_start_from_it_and_how_to_open_a_room(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.argv", ["bundle", str(tmp_path / "bundle.tar.gz")])
    monkeypatch.setattr(bundle, "download", lambda root, folder: None)
    monkeypatch.setattr(bundle, "write", lambda root, archive, wheels: archive.touch())

    assert bundle.main() == 0

    said = capsys.readouterr().out
    assert f"in {NAME}: python3 start.py" in said
    assert "open a room from it: ROOM=1 python3 start.py" in said
