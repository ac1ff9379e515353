"""A time limit for other people's code."""

from __future__ import annotations

import threading
import time

import pytest

from csrf_proof.foreign_code import TookTooLong, within


def test_what_ends_in_time_returns_or_raises_as_usual() -> None:
    assert within(5, lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        within(5, lambda: 1 / 0)


def test_what_does_not_end_is_stopped_and_holds_no_thread() -> None:
    before = threading.active_count()

    def loop() -> None:
        while True:
            time.sleep(0.001)

    with pytest.raises(TookTooLong):
        within(0.05, loop)
    assert threading.active_count() == before
