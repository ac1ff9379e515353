"""Make the environment that the playground runs in, install what is missing, and start it.

This is what ``start.py`` does, and the Makefile through it. Standard library only, since nothing
else is there yet.

There is one environment, and it grows: `requirements/run.txt` is installed to run, and
`requirements/dev.txt`, which contains it, as soon as tests are asked for. A copy of the file in the
environment says what was installed.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.runner.failures import SetupError

ROOT = Path(__file__).resolve().parents[2]
RUN, DEV = "run", "dev"
# The packages in an archive that `make bundle` wrote.
WHEELS = "wheels"
# What else is there once one of them is installed.
CONTAINS = {RUN: (RUN,), DEV: (RUN, DEV)}


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    parser = argparse.ArgumentParser(
        prog="start.py", description="Start the CSRF Playground; Ctrl-C stops it."
    )
    parser.add_argument(
        "--install", choices=(RUN, DEV), help="only install what running or testing needs"
    )
    parser.add_argument(
        "--venv", type=Path, default=root / ".venv", help="the environment's folder"
    )
    given = parser.parse_args(arguments)
    try:
        python = prepare(given.venv.absolute(), given.install or RUN, root)
    except SetupError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped before the environment was complete.", file=sys.stderr)
        return 130
    return 0 if given.install else start(python, root)


def start(python: Path, root: Path) -> int:
    """Run the playground in the environment."""
    if folder := os.environ.get("VAR_DIR"):
        os.environ["VAR_DIR"] = str(Path(folder).absolute())
    os.chdir(root)
    command = [str(python), "-m", "tools.run"]
    if sys.platform != "win32":
        os.execv(python, command)  # noqa: S606 - the playground takes this process's place
    # On Windows that would return to the prompt at once. Ctrl-C and Ctrl-Break reach the runner,
    # too, and this process waits until it has stopped everything.
    for number in (signal.SIGINT, signal.SIGBREAK):
        signal.signal(number, lambda number, frame: None)
    return subprocess.Popen(command).wait()


def prepare(venv: Path, kind: str, root: Path = ROOT) -> Path:
    """Install a list of packages where that wasn't done yet; return the environment's Python."""
    python = python_of(venv)
    requirements = root / "requirements" / f"{kind}.txt"
    if not _is_installed(venv, kind, root):
        if not _works(python):
            make(venv)
        for part in CONTAINS[kind]:
            _stamp(venv, part).unlink(missing_ok=True)
        install(python, requirements)
        for part in CONTAINS[kind]:
            shutil.copy(root / "requirements" / f"{part}.txt", _stamp(venv, part))
    return python


def python_of(venv: Path) -> Path:
    return venv / "Scripts" / "python.exe" if os.name == "nt" else venv / "bin" / "python"


def _stamp(venv: Path, kind: str) -> Path:
    return venv / f"installed-{kind}.txt"


def _is_installed(venv: Path, kind: str, root: Path) -> bool:
    try:
        wanted = (root / "requirements" / f"{kind}.txt").read_bytes()
        return _stamp(venv, kind).read_bytes() == wanted and python_of(venv).exists()
    except OSError:
        return False


def _works(python: Path) -> bool:
    """Tell whether an environment is whole; a half-made one, or one from elsewhere, isn't."""
    try:
        command = [str(python), "-c", "import sys, pip; sys.exit(sys.version_info < (3, 11))"]
        return subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        return False


def make(venv: Path) -> None:
    """Make an environment without packages."""
    try:
        import ensurepip  # noqa: F401
        from venv import EnvBuilder
    except ImportError:
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        raise SetupError(
            "This Python can't make an environment, because its venv module is incomplete; on "
            f"Debian and Ubuntu, install it with: sudo apt install python{version}-venv"
        ) from None
    tell(f"Making an environment in {venv} …")
    # What an interrupted start left is removed first, and nothing but an environment ever is.
    half_made = (venv / "pyvenv.cfg").exists()
    try:
        EnvBuilder(with_pip=True, clear=half_made, symlinks=os.name != "nt").create(venv)
    except subprocess.CalledProcessError as error:
        raise SetupError(
            f"pip can't be installed in {venv} (exit status {error.returncode})"
        ) from None
    except OSError as error:
        raise SetupError(
            f"No environment can be made in {venv} ({error.strerror}); move the playground to a "
            "folder where you may write"
        ) from None


def tell(text: str, end: str = "\n") -> None:
    """Say what takes a while; not on standard output, which may go to a file (make hosts)."""
    print(text, end=end, file=sys.stderr, flush=True)


def install(python: Path, requirements: Path) -> None:
    """Install packages, and show how far it is."""
    total = len(re.findall(r"^[a-z0-9]", requirements.read_text(encoding="utf-8"), re.MULTILINE))
    tell(f"Installing {total} packages (once, about a minute) …")
    command = [
        *(str(python), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"),
        *("--progress-bar", "off", "--require-hashes", "-r", str(requirements)),
    ]
    wheels = requirements.parents[1] / WHEELS
    if wheels.is_dir():
        command += ["--no-index", "--find-links", str(wheels)]
    lines = []
    progress = Progress(total)
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as pip:
        assert pip.stdout is not None
        for line in pip.stdout:
            lines.append(line.rstrip())
            progress.show(line)
    if pip.returncode != 0:
        errors = [line for line in lines if line.startswith("ERROR: ")] or lines or ["no output"]
        raise SetupError(
            f"pip couldn't install the packages ({errors[-1].removeprefix('ERROR: ')}); it needs "
            "the internet this once, or an archive by make bundle: see docs/facilitator.md"
        )


class Progress:
    """How far pip is, by what it prints: a counter on a terminal, a few lines elsewhere."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0
        self.terminal = sys.stderr.isatty()

    def show(self, line: str) -> None:
        if line.startswith(("Collecting ", "Processing ", "Requirement already satisfied: ")):
            self.done += 1
            if self.terminal or self.done % 10 == 0:
                end = "\r" if self.terminal else "\n"
                tell(f"  {self.done} of {self.total} packages", end)
        elif "Retrying (" in line:
            tell("  No answer from the package index; trying again …")
        elif line.startswith("Installing collected packages"):
            tell("  Unpacking them …           ")
