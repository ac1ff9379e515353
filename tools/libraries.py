"""Attack the applications in `examples/libraries/`, each protected by the library in its name.

`python -m tools.libraries` tries all of them, or those with a text in their names; `--list` only
says which. `--only short-link-get` tries one attack and keeps what's known of the others, for when
one is new. Each runs in an environment of its own, with the versions in its requirements.txt. The
results go into results.json, from which `tools.libraries_page` makes a page.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

from csrf_proof.address import WrongUse, address
from csrf_proof.application.choice import BY_CLICK, BY_SOCKET, WITH_TOKEN
from csrf_proof.application.tries import all_tries
from csrf_proof.command.status import Status
from csrf_proof.profile_names import PROFILES
from csrf_proof.waiting import soon
from tools.libraries_page import FOLDER, RESULTS, Library, libraries, results
from tools.run import ROOT, free_port
from tools.runner import environment
from tools.runner.failures import SetupError

# A busy machine needs long to import a framework.
START_SECONDS = 120.0
KEPT = ("attack", "position", "profile", "outcome", "stopped_by", "reason", "note")
# The recipe has no account of the attacker's own, for the first, and none of the libraries is about
# frames or WebSockets.
LEFT_OUT = {*WITH_TOKEN, BY_CLICK, BY_SOCKET}
JUDGED = {Status.BLOCKED, Status.FORGED, Status.NOT_JUDGED}


class Failed(Exception):
    """An application can't be installed, started or attacked; the message says why."""


def python_of(library: Library, cache: Path) -> Path:
    """Return the Python of an environment with what an application requires.

    Raises:
        Failed: It can't be installed.
    """
    folder = cache / library.name
    python, done = environment.python_of(folder), folder / "installed.txt"
    wanted = library.requirements.read_text(encoding="utf-8")
    if done.exists() and done.read_text(encoding="utf-8") == wanted:
        return python
    try:
        environment.make(folder)
    except SetupError as why:
        raise Failed(str(why)) from None
    pip = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement")
    if subprocess.run([python, *pip, library.requirements]).returncode:
        raise Failed(f"{library.name} can't be installed.")
    done.write_text(wanted, encoding="utf-8")
    return python


@contextmanager
def running(library: Library, python: Path) -> Iterator[str]:
    """Start an application and yield its address.

    Raises:
        Failed: It doesn't answer in time.
    """
    port = free_port()
    command: list[str | Path] = [python, "app.py", str(port)]
    with tempfile.TemporaryFile("w+") as log:
        # Its answers to a thousand requests aren't news.
        process = subprocess.Popen(command, cwd=library.folder, stdout=log, stderr=log)
        url = f"http://127.0.0.1:{port}"
        try:
            came = soon(lambda: process.poll() is not None or _answers(url), START_SECONDS)
            if not came or process.poll() is not None:
                log.seek(0)
                raise Failed(f"{library.name} doesn't start:\n{log.read()}")
            yield url
        finally:
            process.terminate()
            process.wait()


def _answers(url: str) -> bool:
    try:
        return address(url).ask().status < HTTPStatus.BAD_REQUEST
    except WrongUse:
        return False


def attack(url: str, only: str = "") -> list[dict[str, Any]]:
    """Try every attack in every browser, or one, and return the result of each but `LEFT_OUT`.

    Raises:
        Failed: The attacks can't be tried.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        command: list[str | Path] = [sys.executable, "-m", "csrf_proof", "run"]
        where = {**os.environ, "APPLICATION": url}
        command += [FOLDER / "recipe.py", "--url", url, "--full", "--json", report]
        command += ["--only", only] * bool(only)
        status = subprocess.run(command, cwd=ROOT, env=where).returncode
        if status not in JUDGED or not report.exists():
            raise Failed(f"csrf-proof ended with status {status}.")
        (action,) = json.loads(report.read_text(encoding="utf-8"))["actions"]
    tried = [one for one in action["results"] if one["attack"] not in LEFT_OUT]
    return [{key: one[key] for key in KEPT if one.get(key)} for one in tried]


def keep(library: Library, tried: list[dict[str, Any]], only: str = "") -> None:
    """Write the result of a library's application into the file, next to the others'.

    If only one attack was tried, the results of the others are kept.
    """
    if only:
        kept = [one for one in results()[library.name]["results"] if one["attack"] != only]
        order = [(one.attack, one.position, one.profile) for one in all_tries(PROFILES)]
        tried = sorted(
            [*kept, *(one for one in tried if one["attack"] == only)],
            key=lambda one: order.index((one["attack"], one["position"], one["profile"])),
        )
    today = datetime.now().astimezone().date()
    said: dict[str, Any] = {"version": library.version, "date": today.isoformat()}
    RESULTS.write_text(as_text({**results(), library.name: {**said, "results": tried}}), "utf-8")


def as_text(found: Mapping[str, Any]) -> str:
    """Return the file of results: sorted, and one line for each try, so that a diff can be read."""
    parts = []
    for name in sorted(found):
        one = found[name]
        rows = ",\n".join(f"    {json.dumps(row)}" for row in one["results"])
        head = f'{json.dumps(name)}: {{\n  "version": {json.dumps(one["version"])},\n'
        parts.append(f'{head}  "date": {json.dumps(one["date"])},\n  "results": [\n{rows}\n  ]\n}}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser("python -m tools.libraries", description=__doc__)
    parser.add_argument("name", nargs="?", default="", help="libraries with this in their names")
    parser.add_argument("--list", action="store_true", help="say which, and try nothing")
    parser.add_argument("--only", default="", metavar="ATTACK", help="try this attack alone")
    asked = parser.parse_args(arguments)
    chosen = [each for each in libraries() if each.runs and asked.name in each.name]
    if not chosen:
        print(f"No library that runs has {asked.name!r} in its name.", file=sys.stderr)
        return 2
    cache = Path(os.environ.get("VAR_DIR") or ROOT / "var") / "libraries"
    failed = 0
    for library in chosen:
        print(f"{library.title} {library.version}", flush=True)
        if asked.list:
            continue
        try:
            with running(library, python_of(library, cache)) as url:
                tried = attack(url, asked.only)
        except Failed as why:
            print(why, file=sys.stderr)
            failed += 1
            continue
        if library.tells:
            keep(library, tried, asked.only)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
