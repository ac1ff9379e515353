"""A playground with https, and an attacker on plain http besides, who aims at its bank."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from csrf_proof.waiting import soon
from e2e.bank import Site
from tools.run import ROOT, Playground, free_port, loopback_addresses
from tools.runner.services import attacker
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
    there = Site(port := free_port(), port)
    service = attacker(there.addresses, loopback_addresses(), GUNICORN)
    process = subprocess.Popen(
        [sys.executable, *service.command],
        cwd=ROOT,
        env=playground.environment
        | {"HTTPS": "0", "VICTIM_SCHEME": "https", "ATTACKER_PORT": str(port)},
    )

    def has_come() -> bool:
        assert process.poll() is None, "the attacker without https ended"
        return _answers(there)

    try:
        assert soon(has_come, START_SECONDS), "the attacker without https does not answer"
        yield port
    finally:
        process.terminate()
        process.wait()


def _answers(site: Site) -> bool:
    try:
        return site.get(site.domains.evil, "/health").status == 200
    except OSError:
        return False
