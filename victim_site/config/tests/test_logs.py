"""What the console says when the database can't be written."""

from __future__ import annotations

import logging
import sys

from django.db import OperationalError

from victim_site.config.logs import DatabaseTroubleInOneLine


def logged(error: Exception) -> str:
    """Return what the console would say about a request that ended with an error."""
    try:
        raise error
    except type(error):
        info = sys.exc_info()
    record = logging.LogRecord(
        "django.request", logging.ERROR, "", 0, "%s: %s", ("Service Unavailable", "/pay"), info
    )
    assert DatabaseTroubleInOneLine().filter(record)
    return logging.Formatter().format(record)


def test_a_full_disk_is_one_line() -> None:
    error = OperationalError("database or disk is full")
    assert logged(error) == "Service Unavailable: /pay (database or disk is full)"


def test_a_mistake_in_the_code_keeps_its_traceback() -> None:
    assert "Traceback" in logged(ValueError("a mistake"))


def test_the_console_has_the_filter() -> None:
    handlers = logging.getLogger("django.request").handlers
    assert any(isinstance(f, DatabaseTroubleInOneLine) for h in handlers for f in h.filters)
