"""Ctrl-C, which ends the command at once, with everything it started."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from csrf_proof.command.status import Status

SAID = "\nInterrupted before it was done."


@contextmanager
def ends_at_once(end_all: Callable[[], None]) -> Iterator[None]:
    """Let Ctrl-C end what this process has started, and then itself, without KeyboardInterrupt.

    Playwright swallows one that is raised while it handles an event. And a terminal interrupts the
    browsers too, whose end would first be reported as that of an attack.
    """

    def end(number: int, frame: FrameType | None) -> None:
        logging.disable()  # Code that waits for one of these processes would log that it's gone.
        end_all()
        with suppress(OSError, RuntimeError):  # It may have been printing.
            sys.stdout.flush()
        os.write(2, f"{SAID}\n".encode())
        os._exit(Status.INTERRUPTED)

    with _on_ctrl_c(end):
        yield


@contextmanager
def raises() -> Iterator[None]:
    """Let Ctrl-C raise KeyboardInterrupt, for what has to be put right first."""
    with _on_ctrl_c(signal.default_int_handler):
        yield


@contextmanager
def _on_ctrl_c(handler: Callable[[int, FrameType | None], object]) -> Iterator[None]:
    before = signal.getsignal(signal.SIGINT)
    if before in {signal.SIG_IGN, None}:  # As a shell has it for what runs in the background.
        yield
        return
    signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
