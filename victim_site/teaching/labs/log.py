"""A lab's log as its page shows it: the accounts, and the attempts with their summaries."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from victim_site.bank import reports
from victim_site.bank.attempts import KEPT
from victim_site.bank.label import Label
from victim_site.bank.models import Attempt
from victim_site.teaching import versions
from victim_site.teaching.labs.attempt_summary import cookies, summarize
from victim_site.teaching.links import walk
from victim_site.teaching.missions.told import conceal
from victim_site.wording import REASONS

# What is shown at first. The others are a click away: all of them take a tenth of a second.
SHOWN = 20


def log_context(label: Label, in_full: bool = False) -> dict[str, Any]:
    """Return what `_log.html` shows: the accounts, and the newest attempts, or all of them."""
    # The version first, so that what is shown is never older than it says.
    version = versions.as_query(versions.current([label.text]))
    found = conceal(label, reports.attempts(label.text, KEPT if in_full else SHOWN))
    older = reports.older_attempts(found[0]) if len(found) == SHOWN else 0
    return {
        "lab": label,
        "version": version,
        "attempts": [_entry(a, a.at, a.confirmed, label) for a in reversed(found)],
        "older": min(older, KEPT - SHOWN),
        "next": address_of(found[0], label, SHOWN) if older else "",
        "in_full": in_full and len(found) > SHOWN,
        "shown": SHOWN,
        "accounts": reports.accounts(label.text),
    }


@lru_cache(maxsize=1000)
def _entry(attempt: Attempt, at: datetime, confirmed: bool, label: Label) -> SafeString:
    """Return an attempt as an entry of the log. Once it's confirmed it doesn't change; `at` tells
    it from any other."""
    story, verdict = summarize(attempt, label)
    context = {
        "attempt": attempt,
        "lab": label,
        "story": story,
        "verdict": verdict,
        "cookies": cookies(attempt),
        "reason": REASONS.get(attempt.reason or ""),
        "subdomain": walk(label.text, "image-get", "subdomain"),
    }
    return render_to_string("labs/_entry.html", context)


def address_of(attempt: Attempt, label: Label, newer: int) -> str:
    """Return the address of an attempt's entry in the log, given how many are newer than it."""
    return f"/labs/{label.text}/{'?all' * (newer >= SHOWN)}#attempt-{attempt.pk}"
