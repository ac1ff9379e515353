"""Is a playground running already: on a port, or with a folder of state?"""

from __future__ import annotations

import http.client
import json
import os
import ssl
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from catalogue.addresses import Addresses
from tools.runner.failures import SetupError

# Of the OpenAPI document (victim_site/teaching/api.py); other programs answer /health as well.
TITLE = "CSRF Playground"
ANSWER_SECONDS = 3
FOLDER = "running"


def find(addresses: Sequence[str], where: Addresses) -> str | None:
    """Return the address of the playground that listens there already, by http or https."""
    for address in addresses:
        for scheme in ("http", "https"):
            there = replace(where, victim_scheme=scheme)
            if _title(address, there) == TITLE:
                return f"{there.playground}/"
    return None


def _title(address: str, there: Addresses) -> Any:
    """Return the title of the JSON interface there, or None."""
    port = there.victim_port
    connection: http.client.HTTPConnection
    if there.victim_scheme == "https":
        # Nothing is sent that matters, so any certificate is accepted.
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        connection = http.client.HTTPSConnection(
            address, port, timeout=ANSWER_SECONDS, context=context
        )
    else:
        connection = http.client.HTTPConnection(address, port, timeout=ANSWER_SECONDS)
    try:
        host = {"Host": f"{there.domains.playground}:{port}"}
        connection.request("GET", "/api/openapi.json", headers=host)
        return json.loads(connection.getresponse().read(1_000_000))["info"]["title"]
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return None
    finally:
        connection.close()


class Mark:
    """A file in `VAR_DIR/running` that is locked for as long as the playground runs.

    It's named for the bank's port, since playgrounds on different ports may share a folder. The
    system takes the lock back when the process ends, however it ends.
    """

    def __init__(self, var_dir: Path, port: int) -> None:
        folder = var_dir / FOLDER
        folder.mkdir(exist_ok=True)
        self._file = os.open(folder / str(port), os.O_RDWR | os.O_CREAT)
        if not _lock(self._file):
            os.close(self._file)
            raise SetupError(
                f"Another playground with port {port} is starting or stopping in {var_dir}; "
                "try again in a moment"
            )

    def remove(self) -> None:
        os.close(self._file)


def ports_in_use(var_dir: Path) -> list[int]:
    """Return the ports of the banks that run with that folder of state."""
    found = []
    for path in (var_dir / FOLDER).glob("[0-9]*"):
        with suppress(OSError):
            file = os.open(path, os.O_RDWR)
            if not _lock(file):
                found.append(int(path.name))
            os.close(file)
    return sorted(found)


def _lock(file: int) -> bool:
    """Lock an open file until it's closed; return False if another process has locked it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
