"""Waiting for something that happens elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable


def soon(happens: Callable[[], bool], seconds: float) -> bool:
    """Wait until something happens; return False if it hasn't after so many seconds."""
    deadline = time.monotonic() + seconds
    while not happens():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
