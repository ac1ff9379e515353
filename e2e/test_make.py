"""Every make target runs, in a short form, so that none can break unnoticed.

The targets are read from the Makefile, so a new one needs a short form here. They run in a copy of
the checkout, since some write into it, and in the environment of this run.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tools.run import ROOT, free_port

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE)
# `make test` has run these by the time it gets here, and is one itself.
RUN_BEFORE = {"test", "test-full", "check"}
# These have a test of their own below.
OWN_TEST = {"run", "room", "doctor", "rehearse", "bundle", "docs", "requirements", "clean"}
ONE_CELL = ("K=chromium/form-post/cross-site/post-only", "PROFILE=chromium", "WORKERS=1")
# These differ from `make matrix` only in what pytest is told, which it reads to the end here.
ONLY_COLLECTS = "PYTEST_ADDOPTS=--collect-only"
SHORT = {
    "help": (),
    "hosts": ("NAME=otter42",),
    "reset": (),
    "matrix": ONE_CELL,
    "matrix-full": (*ONE_CELL, ONLY_COLLECTS),
    "parity": ("K=firefox/form-post/cross-site/post-only", ONLY_COLLECTS),
    "flaky": ("K=test_matrix and test_cell", "CELLS=1", "ROUNDS=1", "WORKERS=1", ONLY_COLLECTS),
    "matrix-https": (*ONE_CELL, ONLY_COLLECTS),
    "webkit": ("K=webkit/form-post/cross-site/post-only", ONLY_COLLECTS),
    "sabotage": ("DEFENSE=post-only",),
    "stress": ("K=transfers", "SEED=1", "SHORT=1"),
    "bench": ("K=cells", "SHORT=1", "WORKERS=1"),
    "bench-room": ("SHORT=1",),
    "prove-labs": ("K=csrf-token", "PROFILE=chromium", ONLY_COLLECTS),
    "csrf-bench": ("K=origin-prefix", ONLY_COLLECTS),
    "prove": ("URL=demo", "ARGS=--only form-post-cross-site-chromium"),
    "libraries": ("K=tornado", "ARGS=--list"),
    "browsers": (),
    "new-attack": ("NAME=short-form-get",),
    "new-defense": ("NAME=short-form",),
    "new-weakness": ("NAME=short-form",),
}
# What takes long, even in short.
MARKS = {
    "sabotage": pytest.mark.long,
    **dict.fromkeys(
        ["bench", "bench-room", "flaky", "matrix", "prove", "stress"], pytest.mark.sample(0)
    ),
}
BEGAN_AT_ONCE = re.compile(r"^BEGAN := ", re.MULTILINE)
# What the run of `make test` left in the environment would change what a target does.
NOT_INHERITED = re.compile(
    r"(E2E_|PYTEST_|MAKE|MFLAGS)|(K|PROFILE|WORKERS|CELLS|ROUNDS|NAME|DEFENSE|SEED|SHORT|PEOPLE|PACE|AGAINST|WRITE|VENV|HTTPS"
    r"|SERVER|BIND|ROOM\w*|URL|ARGS|DATABASE_URL|DJANGO_SETTINGS_MODULE)$"
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the checkout."""
    state = (".git", ".venv", "var", "*_cache", "__pycache__", ".hypothesis")
    return Path(shutil.copytree(ROOT, tmp_path / "tree", ignore=shutil.ignore_patterns(*state)))


def command(target: str, *variables: str) -> list[str]:
    """Return the command for a target, whose browsers were found before (`-o`).

    Of variables with the same name the last one wins.
    """
    found = () if target == "browsers" else ("-o", "browsers")
    return ["make", *found, target, f"PYTHON={sys.executable}", f"VENV={sys.prefix}", *variables]


def clean_environment(tree: Path) -> dict[str, str]:
    inherited = {k: v for k, v in os.environ.items() if not NOT_INHERITED.match(k)}
    return {**inherited, "VAR_DIR": str(tree / "var")}


def make(tree: Path, target: str, *variables: str) -> str:
    """Run a target, see that it ends well, and return what it printed."""
    done = subprocess.run(
        command(target, *variables),
        cwd=tree,
        env=clean_environment(tree),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_every_target_has_a_short_form() -> None:
    assert sorted(TARGETS) == sorted(RUN_BEFORE | OWN_TEST | set(SHORT))
    assert re.search(r"^test: .*\bcheck\b", MAKEFILE, re.MULTILINE)


def test_documents_name_targets_that_exist() -> None:
    documents = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in documents)
    named = re.findall(r"(?:`|^    )make ([a-z][a-z-]+)", text, re.MULTILINE)
    assert {"run", "test", "sabotage"} <= set(named)
    assert set(named) <= set(TARGETS)


def test_the_last_line_of_test_says_how_long_all_of_it_took(tree: Path) -> None:
    """Of the recipe only that line is run: the rest is what is running now."""
    last = make(tree, "test", "-n", "BEGAN=100").splitlines()[-1]
    clock = "date() { echo 842; }\n"
    said = subprocess.run(["sh", "-c", clock + last], capture_output=True, text=True).stdout
    assert said == "make test took 12 min 22 s\n"
    assert BEGAN_AT_ONCE.search(MAKEFILE), "it counts from when make was called"


@pytest.mark.parametrize(
    "target",
    [pytest.param(target, marks=MARKS.get(target, ())) for target in SHORT],
)
def test_a_target_runs(tree: Path, target: str) -> None:
    assert make(tree, target, *SHORT[target])


def started(tree: Path, target: str, *variables: str) -> list[str]:
    """Start a playground, stop it with Ctrl-C, and return the lines that it printed until then."""
    with subprocess.Popen(
        command(target, *variables),
        cwd=tree,
        env=clean_environment(tree),
        stdout=subprocess.PIPE,
        text=True,
        # Ctrl-C goes to make and to the runner.
        start_new_session=True,
    ) as running:
        assert running.stdout is not None
        said: list[str] = []
        while not (said and said[-1].startswith("Ctrl-C")):
            said.append(running.stdout.readline())
            assert said[-1], said
        os.killpg(running.pid, signal.SIGINT)
        running.communicate(timeout=30)
    return said


def test_run_starts_both_sites_and_stops_them(tree: Path) -> None:
    ports = [f"VICTIM_PORT={free_port()}", f"ATTACKER_PORT={free_port()}"]
    ready = started(tree, "run", *ports)[0]
    assert ready.startswith("The CSRF Playground is ready: http://playground.localhost:")
    assert "A playground is running" not in make(tree, "reset")


def test_room_prints_the_ways_in(tree: Path) -> None:
    names = ("VICTIM_PORT", "ATTACKER_PORT", "ROOM_PORT", "ROOM_PAGE_PORT")
    ports = [f"{name}={free_port()}" for name in names]
    said = started(tree, "room", *ports, "ROOM_CODE=tulip-kitchen-42")
    (trainer,) = (line for line in said if line.startswith("trainer: "))
    assert re.fullmatch(
        r"trainer: http://playground\.localhost:\d+/room/enter/\?key=\S+\n", trainer
    )
    # On a machine without a network there's no way in yet, and it says so.
    ways = [line for line in said if line.startswith("join: ssh ")]
    assert ways or any("isn't in a network yet" in line for line in said)


def test_doctor_says_what_it_looked_at(tree: Path) -> None:
    """What it finds depends on the machine, and so does its exit status."""
    done = subprocess.run(
        command("doctor", f"VICTIM_PORT={free_port()}", f"ATTACKER_PORT={free_port()}"),
        cwd=tree,
        env=clean_environment(tree),
        capture_output=True,
        text=True,
    )
    assert re.findall(r"^(?:ok|!!)  (\w+)", done.stdout, re.MULTILINE)[:2] == ["ports", "room"]
    assert re.search(r"^(This laptop is ready\.|\d+ to see to)", done.stdout, re.MULTILINE)


@pytest.mark.parametrize(
    ("target", "variables", "sentence"),
    [
        ("rehearse", (f"VICTIM_PORT={free_port()}",), "Open the room first"),
        ("bundle", ("PIP_NO_INDEX=1", "PIP_FIND_LINKS="), "needs the internet"),
    ],
)
def test_a_target_that_cannot_do_its_work_says_why(
    target: str, variables: tuple[str, ...], sentence: str, tree: Path
) -> None:
    done = subprocess.run(
        command(target, *variables),
        cwd=tree,
        env=clean_environment(tree) | dict(v.split("=", 1) for v in variables),
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert sentence in done.stderr


def test_docs_writes_what_is_there(tree: Path) -> None:
    pages = ["docs/matrix.md", "docs/libraries.md"]
    for page in pages:
        (tree / page).unlink()
    make(tree, "docs")
    for page in pages:
        assert (tree / page).read_bytes() == (ROOT / page).read_bytes()


def test_requirements_are_written_from_all_lists(tree: Path) -> None:
    """uv and the package index aren't asked: another program notes what uv would be told."""
    uv = tree / "uv"
    uv.write_text(f'#!/bin/sh\necho "$@" >> {tree / "asked"}\n')
    uv.chmod(0o755)
    make(tree, "requirements", f"UV={uv}")
    asked = (tree / "asked").read_text()
    lists = [path.stem for path in (tree / "requirements").glob("*.in")]
    assert sorted(re.findall(r" (\w+)\.in -o \1\.txt", asked)) == sorted(lists)
    assert all("--generate-hashes" in line for line in asked.splitlines())


def test_clean_removes_the_environment_and_all_state(tree: Path) -> None:
    for folder in ("venv", "var"):
        (tree / folder).mkdir()
    make(tree, "clean", f"VENV={tree / 'venv'}")
    assert not (tree / "venv").exists()
    assert not (tree / "var").exists()
