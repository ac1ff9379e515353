"""`start.py` makes the environment once, lets it grow, and says in one sentence what stops it."""

from __future__ import annotations

import ast
import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from venv import EnvBuilder

import pytest

from tools.run import ROOT
from tools.runner import environment
from tools.runner.failures import SetupError


def wheel(folder: Path, name: str) -> str:
    """Write a package with one empty module; return its line for a list of requirements."""
    file = folder / f"{name}-1.0-py3-none-any.whl"
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(f"{name}.py", "")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return f"{name}==1.0 --hash=sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree that needs one package to run and another to test, and runs a line of Python."""
    root = tmp_path / "tree"
    shutil.copytree(ROOT / "tools", root / "tools", ignore=shutil.ignore_patterns("tests"))
    shutil.copy(ROOT / "start.py", root)
    (root / "tools/run.py").write_text("import sys, os, to_run; print(sys.prefix, os.getcwd())")
    (root / "requirements").mkdir()
    (tmp_path / "wheels").mkdir()
    runs, tests = (wheel(tmp_path / "wheels", name) for name in ("to_run", "to_test"))
    (root / "requirements/run.txt").write_text(runs)
    (root / "requirements/dev.txt").write_text(runs + tests)
    return root


def start(tree: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Start from another folder, with the packages of the tree and no index."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("PIP_")}
    packages = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tree.parent / "wheels")}
    return subprocess.run(
        [sys.executable, str(tree / "start.py"), *arguments],
        cwd=tree.parent,
        env=inherited | packages | more,
        capture_output=True,
        text=True,
    )


def has(tree: Path, package: str) -> bool:
    command = [environment.python_of(tree / ".venv"), "-c", f"import {package}"]
    return subprocess.run(command, capture_output=True).returncode == 0  # type: ignore[arg-type]


def test_the_environment_is_made_once_and_grows_when_tests_are_asked_for(tree: Path) -> None:
    first = start(tree)
    assert (first.returncode, first.stdout) == (0, f"{tree / '.venv'} {tree}\n"), first.stderr
    assert "Making an environment" in first.stderr
    assert has(tree, "to_run")
    assert not has(tree, "to_test")

    again = start(tree)
    assert (again.stdout, again.stderr) == (first.stdout, "")

    assert "Installing 2 packages" in start(tree, "--install", "dev").stderr
    assert has(tree, "to_test")
    for arguments in ((), ("--install", "run"), ("--install", "dev")):
        assert start(tree, *arguments).stderr == ""

    # A new list is installed. Where that fails, it's tried again the next time.
    (tree / "requirements/run.txt").write_text("absent==1.0 --hash=sha256:" + "0" * 64)
    failed = start(tree)
    assert failed.returncode == 2
    last = failed.stderr.splitlines()[-1]
    assert "pip couldn't install the packages (No matching distribution" in last
    assert "docs/facilitator.md" in last
    assert not (tree / ".venv/installed-run.txt").exists()


@pytest.fixture
def without_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    """Environments are made without pip, which takes most of the time."""
    monkeypatch.setattr(EnvBuilder, "_setup_pip", lambda *_: None)


@pytest.mark.usefixtures("without_pip")
def test_an_environment_that_does_not_run_is_made_anew(tmp_path: Path) -> None:
    environment.make(tmp_path / "venv")
    (tmp_path / "venv/left").touch()
    # As in a copy from another machine.
    (tmp_path / "venv/bin/python").unlink()
    environment.make(tmp_path / "venv")
    assert environment.python_of(tmp_path / "venv").exists()
    assert not (tmp_path / "venv/left").exists()


@pytest.mark.usefixtures("without_pip")
def test_a_folder_that_is_not_an_environment_loses_nothing(tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("dear")
    environment.make(tmp_path)
    assert (tmp_path / "letter").read_text() == "dear"


def test_a_folder_that_cannot_be_written_is_told_in_one_sentence(tree: Path) -> None:
    (tree / "file").touch()
    failed = start(tree, "--venv", str(tree / "file" / "venv"))
    assert failed.returncode == 2
    assert failed.stderr.splitlines()[-1].startswith(
        f"No environment can be made in {tree / 'file' / 'venv'} (Not a directory)"
    )


def test_without_debians_venv_package_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(SetupError, match=r"sudo apt install python3\.\d+-venv"):
        environment.make(tmp_path / "venv")
    assert not (tmp_path / "venv").exists()


def test_an_old_python_can_read_the_file_and_is_refused() -> None:
    text = (ROOT / "start.py").read_text()
    ast.parse(text, feature_version=(3, 6))
    old = f"import sys; sys.version_info = (3, 9, 0); exec({text!r})"
    refused = subprocess.run([sys.executable, "-c", old], capture_output=True, text=True)
    assert refused.returncode == 2
    assert "Python 3.11 or newer is needed, and this is Python 3.9" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def pins(name: str) -> dict[str, str]:
    text = (ROOT / f"requirements/{name}.txt").read_text()
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", text, re.MULTILINE))


def test_what_tests_need_contains_what_running_needs_in_the_same_version() -> None:
    assert pins("run").items() <= pins("dev").items()
    assert not {"mypy", "playwright", "pytest", "ruff"} & set(pins("run"))
    assert len(pins("run")) > 20
