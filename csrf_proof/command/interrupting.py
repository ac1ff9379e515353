"""Ctrl-C, which ends the command at once, with everything it started."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import psutil

from csrf_proof.command.status import Status

SAID = "\nInterrupted before the report was written."


@contextmanager
def ends_at_once() -> Iterator[None]:
    """Let Ctrl-C end this process and its browsers, without raising KeyboardInterrupt.

    Playwright swallows one that is raised while it handles an event. And a terminal interrupts the
    browsers too, whose end would first be reported as that of an attack.
    """
    before = signal.signal(signal.SIGINT, _end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def raises() -> Iterator[None]:
    """Let Ctrl-C raise KeyboardInterrupt, for what has to be put right first."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _end(number: int, frame: FrameType | None) -> None:
    # Whoever waits for one of these processes would say that it has gone.
    logging.disable()
    children = psutil.Process().children(recursive=True)
    for child in children:
        with suppress(psutil.NoSuchProcess):
            child.terminate()
    _, alive = psutil.wait_procs(children, timeout=3)
    for child in alive:
        with suppress(psutil.NoSuchProcess):
            child.kill()
    os.write(2, f"{SAID}\n".encode())
    os._exit(Status.INTERRUPTED)
