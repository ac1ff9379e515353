"""A queue of writers: who comes first writes first.

SQLite lets one transaction write at a time. A connection that finds the lock taken sleeps and tries
again, longer each time; others that come later get in between, and one in twenty waits a second.

The threads of a process wait for a lock of Python's, which they get in nearly the right order. The
one that has it then waits for the other processes, by asking for two bytes of a file. The second is
the lock. The first is the place at the front of the line, held while waiting for the second: a
process that has just written finds it taken, so the other one is next. The system takes both back
from a process however it ends.

The queue only makes waiting fair. That one transaction writes at a time is still up to SQLite, so
without `fcntl` (on Windows), or where the file can't be made, each process has its own queue.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

if sys.platform != "win32":
    import fcntl

_FRONT, _WRITING = 0, 1
# A byte that is taken is asked for again after this long; a transaction takes some milliseconds.
_POLL_SECONDS = 0.0005


class Queue:
    """The writers of one database file."""

    def __init__(self, file: Path) -> None:
        self._line = threading.Lock()
        self._file = -1
        if sys.platform != "win32":
            with suppress(OSError):
                self._file = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)

    def enter(self, seconds: float) -> bool:
        """Wait until it is this thread's turn; return False if it isn't in that many seconds."""
        deadline = time.monotonic() + seconds
        if not self._line.acquire(timeout=seconds):
            return False
        if self._take(_FRONT, deadline):
            taken = self._take(_WRITING, deadline)
            self._give_back(_FRONT)
            if taken:
                return True
        self._line.release()
        return False

    def leave(self) -> None:
        """End this thread's turn."""
        self._give_back(_WRITING)
        self._line.release()

    def _take(self, byte: int, deadline: float) -> bool:
        while not self._take_now(byte):
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def _take_now(self, byte: int) -> bool:
        if sys.platform == "win32" or self._file < 0:
            return True
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
        except (BlockingIOError, PermissionError):  # POSIX allows both for "taken".
            return False
        except OSError:
            return True  # Such as a file system without locks.
        return True

    def _give_back(self, byte: int) -> None:
        if sys.platform != "win32" and self._file >= 0:
            with suppress(OSError):
                fcntl.lockf(self._file, fcntl.LOCK_UN, 1, byte)
