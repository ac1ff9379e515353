"""When a question comes back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from victim_site.teaching.recall.models import Asked
from victim_site.teaching.recall.schedule import due

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)

# Days on which it was answered, each with whether that was right; and the day that it's due.
CASES: dict[str, tuple[list[tuple[float, bool]], float | None]] = {
    "never asked": ([], None),
    "right at once": ([(0, True)], None),
    "missed": ([(0, False)], 1),
    "right a day later": ([(0, False), (1, True)], 15),
    "right much later": ([(0, False), (9, True)], 23),
    "right two weeks later": ([(0, False), (1, True), (15, True)], None),
    "right too early, which counts for nothing": ([(0, False), (0.1, True)], 1),
    "right too early the second time": ([(0, False), (1, True), (2, True)], 15),
    "missed again": ([(0, False), (1, False)], 2),
    "missed after all": ([(0, False), (1, True), (15, True), (30, False)], 31),
}


@pytest.mark.parametrize(("answers", "day"), CASES.values(), ids=CASES)
def test_what_was_missed_is_due_a_day_later_and_two_weeks_after_that(
    answers: list[tuple[float, bool]], day: float | None
) -> None:
    rows = [Asked(answered=BEGIN + timedelta(days=at), right=right) for at, right in answers]

    assert due(rows) == (None if day is None else BEGIN + timedelta(days=day))


def test_a_question_without_an_answer_was_not_missed() -> None:
    assert due([Asked()]) is None
