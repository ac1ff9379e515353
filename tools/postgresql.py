"""Start a PostgreSQL server for as long as a block of code runs; get one where there is none.

``with server() as url`` makes a cluster in a temporary folder, starts it on a free port of
127.0.0.1, and yields what `DATABASE_URL` takes. The server refuses to run as root, so under root it
runs as ``postgres`` or ``nobody``. ``python -m tools.postgresql`` makes sure that PostgreSQL is
installed: on Debian, as root, with apt-get.

Limits: nothing is written safely (``fsync=off``), so it is for tests only. If this process is
killed outright, the server stops by itself on Linux; its temporary folder remains.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

import psycopg

from tools.run import free_port

DEBIAN = Path("/usr/lib/postgresql")
# Everything in the working directory, which is the temporary folder.
MAKE = (
    *("-D", "data", "--username=playground", "--auth=scram-sha-256", "--pwfile=password"),
    *("--encoding=UTF8", "--no-locale", "--no-sync"),
)
GET_SECONDS = 900
START_SECONDS = 60
STOP_SECONDS = 20
# Where services are started at boot, the package starts one of its own that stays.
SYSTEMD = Path("/run/systemd/system")


class PostgresqlMissing(Exception):
    """There is no PostgreSQL here, or it does not start; the text says what to do."""


def programs() -> Path:
    """Return the folder with ``initdb`` and ``postgres``, the newest if there are several.

    Raises:
        PostgresqlMissing: PostgreSQL is not installed.
    """
    # Debian keeps them off the PATH, one folder for each version.
    folders = sorted(DEBIAN.glob("*/bin"), key=_version, reverse=True)
    if on_path := shutil.which("initdb"):
        folders.insert(0, Path(on_path).resolve().parent)
    for folder in folders:
        if all((folder / name).exists() for name in ("initdb", "postgres")):
            return folder
    raise PostgresqlMissing(
        "PostgreSQL is not installed; on Debian and Ubuntu: apt-get install postgresql"
    )


def _version(folder: Path) -> float:
    try:
        return float(folder.parent.name)
    except ValueError:
        return 0


@contextmanager
def server() -> Iterator[str]:
    """Run a PostgreSQL server; yield the address of an empty database in it.

    Raises:
        PostgresqlMissing: PostgreSQL is not installed, or does not start.
    """
    folder = programs()
    with tempfile.TemporaryDirectory(prefix="csrf-playground-") as name, ExitStack() as stack:
        home = Path(name)
        log = stack.enter_context((home / "log").open("w+"))
        password = secrets.token_hex(16)
        (home / "password").write_text(password)
        options: dict[str, Any] = {"cwd": home, "stdout": log, "stderr": log}
        if os.geteuid() == 0:
            user = _user()
            for path in (home, home / "password"):
                os.chown(path, user.pw_uid, user.pw_gid)
            options |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        made = subprocess.run([folder / "initdb", *MAKE], check=False, **options)
        if made.returncode != 0:
            raise PostgresqlMissing(f"PostgreSQL could not be prepared: {_last_line(log)}")
        port = free_port()
        process = subprocess.Popen(
            [*ends_with_this_process(), folder / "postgres", "-D", "data", *_settings(port)],
            stdin=subprocess.DEVNULL,
            # Ctrl-C is for the test run, which then stops the server.
            start_new_session=True,
            **options,
        )
        stack.callback(_stop, process)
        url = f"postgresql://playground:{password}@127.0.0.1:{port}/postgres"
        if not _answers(url, process):
            raise PostgresqlMissing(f"PostgreSQL does not start: {_last_line(log)}")
        yield url


def _user() -> pwd.struct_passwd:
    """Return the user that the server runs as where this process is root's."""
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise PostgresqlMissing(
        "PostgreSQL refuses to run as root, and there is no user named postgres or nobody; "
        "run the tests as another user"
    )


def ends_with_this_process() -> list[str]:
    """Return what to put before a command that should end (Ctrl-C) when this process is killed."""
    setpriv = shutil.which("setpriv") if sys.platform == "linux" else None
    return [setpriv, "--pdeathsig=INT"] if setpriv else []


def _settings(port: int) -> list[str]:
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": "",
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
    }
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]


def _answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    """Wait until the server takes connections; return whether it does in the end."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return True
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Stop the server at once; its data is removed anyway."""
    process.send_signal(signal.SIGQUIT)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _last_line(log: TextIO) -> str:
    log.seek(0)
    lines = [line.strip() for line in log if line.strip()]
    return lines[-1] if lines else "it said nothing"


def get() -> None:
    """Install Debian's package, if this is root and no service is left running by that."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return
    if SYSTEMD.exists() and not os.environ.get("CI"):
        return
    install = ("apt-get", "install", "-y", "--no-install-recommends", "postgresql")
    # The lists of packages may be old, or not there yet.
    for command in (install, ("apt-get", "update"), install):
        print("+", *command, flush=True)
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        done = subprocess.run(command, env=environment, timeout=GET_SECONDS, check=False)
        if command == install and done.returncode == 0:
            return


def main() -> int:
    """Return 0 also without PostgreSQL: the tests that need it then say so."""
    try:
        programs()
    except PostgresqlMissing:
        get()
    try:
        print(f"PostgreSQL      {programs()}", flush=True)
    except PostgresqlMissing as missing:
        print(f"{missing}. Its tests are skipped.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
