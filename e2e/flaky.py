"""Run all browser tests again and again while every core is kept busy; nothing may change.

`python -m e2e.flaky`. Each round tries other cells of the matrix, a hundred of them, drawn by its
number. A test that fails here and not on an idle machine waits for a time instead of an event.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time

ROUNDS = int(os.environ.get("ROUNDS", "3"))
CELLS = int(os.environ.get("CELLS", "100"))
WORKERS = os.environ.get("WORKERS", "4")


def spin() -> None:
    """Keep a core busy, until the process that started this one has gone."""
    parent = os.getppid()
    while os.getppid() == parent:
        for _ in range(1_000_000):
            pass


def main() -> int:
    begin = time.monotonic()
    spinning = [
        multiprocessing.Process(target=spin, daemon=True) for _ in range(os.cpu_count() or 1)
    ]
    for process in spinning:
        process.start()
    failed = []
    for number in range(1, ROUNDS + 1):
        print(f"Round {number} of {ROUNDS}, with {len(spinning)} cores kept busy …", flush=True)
        command = [sys.executable, "-m", "pytest", "-n", WORKERS, "--dist", "worksteal", "-q"]
        drawn = ["--cells", str(CELLS), "--seed", str(number)]
        only = ["-k", os.environ["K"]] if os.environ.get("K") else []
        if subprocess.run([*command, "e2e", "--whole", *drawn, *only], check=False).returncode:
            failed.append(number)
    for process in spinning:
        process.kill()
    outcome = f"failures in round {', '.join(map(str, failed))}" if failed else "no failure"
    print(
        f"{ROUNDS} rounds, {ROUNDS * CELLS} trials, {time.monotonic() - begin:.0f} s: {outcome}",
        flush=True,
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
