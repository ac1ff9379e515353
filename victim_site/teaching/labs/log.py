"""A lab's log as its page shows it: the accounts, and every attempt with its summary."""

from __future__ import annotations

import zlib
from typing import Any

from victim_site.bank import reports
from victim_site.bank.label import Label
from victim_site.teaching.labs.attempt_summary import summarize
from victim_site.teaching.links import walk
from victim_site.wording import REASONS


def log_context(label: Label) -> dict[str, Any]:
    """Return what `_log.html` shows: the accounts, and every attempt with its story."""
    newest = reports.attempts(label.text)[::-1]
    accounts = reports.accounts(label.text)
    return {
        "lab": label,
        "accounts": accounts,
        "attempts": [
            (attempt, REASONS.get(attempt.reason or ""), *summarize(attempt, label))
            for attempt in newest
        ],
        "subdomain": walk(label.text, "image-get", "subdomain"),
        "version": _version(newest[0].pk if newest else 0, accounts),
    }


def _version(newest_attempt: int, accounts: dict[str, dict[str, Any]]) -> str:
    """Return a text that changes when the log or an account does."""
    return f"{newest_attempt}-{zlib.crc32(str(accounts).encode()):x}"


def current_version(label: Label) -> str:
    """Return the version of the log as it is now. Reads no attempt, as it's asked every second."""
    return _version(reports.newest_attempt(label.text), reports.accounts(label.text))
