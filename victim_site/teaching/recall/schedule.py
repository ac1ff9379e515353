"""When a question that was missed is asked again: a day later, and two weeks after that."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from victim_site.teaching.recall.models import Asked

AGAIN = (timedelta(days=1), timedelta(days=14))


def due(answers: Iterable[Asked]) -> datetime | None:
    """Return when a question is due again, given its answers from the oldest on.

    A right answer counts once it's due: before, the learner may just have seen the solution.
    """
    found: datetime | None = None
    times = 0
    for row in answers:
        if row.answered is None:
            continue
        if not row.right:
            times, found = 1, row.answered + AGAIN[0]
        elif found and row.answered >= found:
            found = row.answered + AGAIN[times] if times < len(AGAIN) else None
            times += 1
    return found
