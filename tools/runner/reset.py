"""Forget all labs, all progress, all loot and what attendees wrote: ``make reset``.

The environment, the secret key and the https authority stay, so a browser that trusts the
authority still does.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tools.runner.failures import SetupError
from tools.runner.playground import ROOT
from tools.runner.running import ports_in_use
from tools.runner.services import MIGRATE

# By name, since VAR_DIR may be a folder with other things in it.
FILES = ("playground.sqlite3", "loot.sqlite3", "workbench.sqlite3")
SQLITE_ENDINGS = ("", "-wal", "-shm", "-journal", "-queue")
FOLDERS = ("cookies", "running", "static")
FLUSH = ("-m", "victim_site.manage", "flush", "--no-input")


def reset(var_dir: Path, environment: Mapping[str, str]) -> None:
    """Forget what a folder of state holds, and what DATABASE_URL names."""
    if ports := ports_in_use(var_dir):
        raise SetupError(
            f"A playground is running with {var_dir} (port {ports[0]}); stop it with Ctrl-C first"
        )
    try:
        for name in FILES:
            for ending in SQLITE_ENDINGS:
                (var_dir / f"{name}{ending}").unlink(missing_ok=True)
        for name in FOLDERS:
            if (var_dir / name).exists():
                shutil.rmtree(var_dir / name)
    except OSError as error:
        raise SetupError(
            f"{error.filename} can't be removed ({error.strerror}); remove it by hand"
        ) from None
    if environment.get("DATABASE_URL"):
        _flush(environment)


def _flush(environment: Mapping[str, str]) -> None:
    """Empty a database that isn't a file of ours."""
    for command in (MIGRATE, FLUSH):
        done = subprocess.run(
            [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True
        )
        if done.returncode != 0:
            lines = done.stderr.strip().splitlines() or ["no output"]
            raise SetupError(f"The database of DATABASE_URL can't be emptied ({lines[-1]})")


def main(environment: Mapping[str, str] = os.environ) -> int:
    var_dir = Path(environment.get("VAR_DIR") or ROOT / "var").absolute()
    try:
        reset(var_dir, environment)
    except SetupError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"All labs, progress and loot in {var_dir} are forgotten.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
