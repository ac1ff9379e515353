"""A playground with https, and an attacker on plain http besides, who aims at its bank."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from e2e.bank import Site
from tools.run import APPLICATIONS, ROOT, Playground, free_port, loopback_addresses
from tools.runner.services import SERVERS
from tools.runner.settings import GUNICORN

START_SECONDS = 30


@contextmanager
def playground_with_https() -> Iterator[Site]:
    """Start both; yield where they are."""
    with (
        tempfile.TemporaryDirectory(prefix="csrf-playground-") as folder,
        Playground(var_dir=Path(folder), https=True) as playground,
        _attacker_without_https(playground) as insecure_port,
    ):
        yield Site(playground.victim_port, playground.attacker_port, "https", insecure_port)


@contextmanager
def _attacker_without_https(playground: Playground) -> Iterator[int]:
    port = free_port()
    binds = [f"[{a}]:{port}" if ":" in a else f"{a}:{port}" for a in loopback_addresses()]
    process = subprocess.Popen(
        [
            sys.executable,
            *SERVERS[GUNICORN],
            *(argument for bind in binds for argument in ("--bind", bind)),
            APPLICATIONS["attacker"],
        ],
        cwd=ROOT,
        env=playground.environment
        | {"HTTPS": "0", "VICTIM_SCHEME": "https", "ATTACKER_PORT": str(port)},
    )
    try:
        there = Site(port, port)
        deadline = time.monotonic() + START_SECONDS
        while not _answers(there):
            assert process.poll() is None, "the attacker without https ended"
            assert time.monotonic() < deadline, "the attacker without https does not answer"
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


def _answers(site: Site) -> bool:
    try:
        return site.get("evil.localhost", "/health").status == 200
    except OSError:
        return False
