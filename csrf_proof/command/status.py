"""The exit status of the command."""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    BLOCKED = 0
    FORGED = 1
    WRONG_USE = 2
    NOT_JUDGED = 3
    # As shells have it for a program that Ctrl-C ended.
    INTERRUPTED = 130
