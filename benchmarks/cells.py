"""Cells of the matrix a second, against bare loads in fresh contexts of the same browser.

A tree's cells are tried by its own `e2e/test_matrix.py`, as `make matrix` does.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from benchmarks.short import ROUNDS, SHORT, WORKERS
from benchmarks.starting import Running
from benchmarks.table import Row, say
from csrf_proof.browsers import launch
from tools.run import ROOT

PROFILE = "chromium"
LOAD_SECONDS = 1.0 if SHORT else 4.0
# The first cells of each worker start its browser.
WARMING_UP = WORKERS * 2
CELLS = WARMING_UP + (3 if SHORT else WORKERS * 16)
# What would make the tests aim at another playground.
AIMED = ("E2E_", "PYTEST_")


def measure(server: Running, roots: Mapping[str, Path], folder: Path) -> list[Row]:
    bare: list[float] = []
    rates: dict[str, list[float]] = defaultdict(list)
    with _browsers(server) as pipes:
        for number in range(ROUNDS):
            say(f"cells: round {number + 1} of {ROUNDS}")
            for pipe in pipes:
                pipe.send(LOAD_SECONDS)
            bare.append(sum(pipe.recv() for pipe in pipes))
            for which, root in roots.items():
                rates[which].append(_cells(root, folder / "cells"))
    floors = dict.fromkeys(roots, bare)
    title = f"cells in {PROFILE}, {WORKERS} workers"
    what = "bare loads in fresh contexts"
    return [Row("cells", title, "/s", what, floors, rates, more_is_better=True)]


def _cells(root: Path, file: Path) -> float:
    """Let a tree try a sample of its cells; return how many a second."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(AIMED)}
    env = {
        **inherited,
        "PYTHONPATH": f"{root}{os.pathsep}{ROOT}",
        "CELLS": str(CELLS),
        "CELLS_WARMING_UP": str(WARMING_UP),
        "CELLS_FILE": str(file),
    }
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "benchmarks.cell_clock"),
            *("-n", str(WORKERS), "--dist", "worksteal", "--profile", PROFILE, "--all-cells"),
            "e2e/test_matrix.py",
        ],
        cwd=root,
        env=env,
        capture_output=True,
        text=True,
    )
    said = f"{done.stdout[-2000:]}{done.stderr[-2000:]}"
    if done.returncode == pytest.ExitCode.TESTS_FAILED:
        say(f"Not every cell was as it should be:\n{said}")
    elif done.returncode != pytest.ExitCode.OK:
        raise SystemExit(f"The cells of {root} were not tried:\n{said}")
    return float(file.read_text())


@contextmanager
def _browsers(server: Running) -> Iterator[list[Connection]]:
    """Start as many browsers as the tests have, each in a process of its own."""
    spawn = multiprocessing.get_context("spawn")
    pipes = []
    workers = []
    for _ in range(WORKERS):
        here, there = spawn.Pipe()
        worker = spawn.Process(target=_browse, args=(there, server.port), daemon=True)
        worker.start()
        there.close()  # So that a worker that dies is seen as the end of its pipe.
        pipes.append(here)
        workers.append(worker)
    try:
        yield pipes
    finally:
        for worker, pipe in zip(workers, pipes, strict=True):
            pipe.close()
            worker.join()


def _browse(pipe: Connection, port: int) -> None:
    """Load a page in fresh contexts for as many seconds as the pipe says; answer with a rate."""
    address = f"http://127.0.0.1:{port}/"
    with sync_playwright() as playwright:
        browser = launch(playwright, PROFILE)
        browser.new_context().new_page().goto(address)
        try:
            while True:
                seconds, count = pipe.recv(), 0
                begin = time.monotonic()
                while (spent := time.monotonic() - begin) < seconds:
                    context = browser.new_context()
                    context.new_page().goto(address)
                    context.close()
                    count += 1
                pipe.send(count / spent)
        except EOFError:
            browser.close()
