"""A time limit for code that came with an attack folder, and may never return."""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")
# How long a stopped function has to clean up.
_GRACE_SECONDS = 1.0


class TookTooLong(Exception):
    """The function didn't return in time."""


class _Stop(BaseException):
    """Raised inside a function that has run out of time; not an Exception, so few catch it."""


def within(seconds: float, function: Callable[[], Result]) -> Result:
    """Call a function in a thread of its own; return what it returns, or raise what it raises.

    A function that runs out of time is stopped at its next line of Python. One that is inside a
    C call then (such as a long sleep) stops when that call ends; until then it holds a thread, but
    no process: the thread is a daemon.

    Raises:
        TookTooLong: `seconds` went by.
    """
    results: list[Result] = []
    errors: list[BaseException] = []

    def call() -> None:
        try:
            results.append(function())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        deadline = time.monotonic() + _GRACE_SECONDS
        # More than once, since Python ignores what is raised inside a finalizer.
        while thread.is_alive() and time.monotonic() < deadline:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(thread.ident or 0), ctypes.py_object(_Stop)
            )
            thread.join(_GRACE_SECONDS / 10)
        raise TookTooLong
    if errors:
        raise errors[0]
    return results[0]
