"""Signals that stop the runner."""

from __future__ import annotations

import select
import signal
import socket
from contextlib import suppress
from types import FrameType

from tools.runner.failures import Interrupted

# SIGBREAK is Windows's Ctrl-Break; the others are Ctrl-C, kill, and a terminal that was closed.
STOPPING = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
# How long a pause lasts at most where no signal says that a child has ended.
LONGEST_PAUSE = 0.5


class Signals:
    """Turns signals into an exception at the places that wait, and nowhere else.

    An exception raised by a handler could strike between the start of a child and the note of its
    process id, and leave that child behind.
    """

    def __init__(self) -> None:
        self._stop = False
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        for name in STOPPING:
            number = getattr(signal, name, None)
            if number is None:
                continue
            # Under nohup the hang-up is ignored, and stays so.
            if name == "SIGHUP" and signal.getsignal(number) == signal.SIG_IGN:
                continue
            signal.signal(number, self._on_stop)
        self._longest: float | None = LONGEST_PAUSE
        if hasattr(signal, "SIGCHLD"):
            # A handler that does nothing, so that the end of a child ends a pause.
            signal.signal(signal.SIGCHLD, lambda number, frame: None)
            self._longest = None

    def _on_stop(self, number: int, frame: FrameType | None) -> None:
        self._stop = True

    def pause(self, seconds: float | None = None) -> None:
        """Wait for that long, or for a signal; raise when the signal says stop."""
        if not self._stop:
            select.select([self._reader], [], [], self._longest if seconds is None else seconds)
            with suppress(BlockingIOError):
                self._reader.recv(4096)
        if self._stop:
            raise Interrupted
