"""What the console says when a request fails."""

from __future__ import annotations

import logging

from django.db import OperationalError


class DatabaseTroubleInOneLine(logging.Filter):
    """A full disk or a busy database isn't a bug.

    Every request meets it while it lasts, so it gets a line each and no traceback.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, OperationalError):
            record.msg = f"{record.getMessage()} ({error})"
            record.args = ()
            record.exc_info = record.exc_text = None
        return True
