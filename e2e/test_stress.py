"""A short part of `make stress`, with the same code and small numbers."""

from __future__ import annotations

import pytest

from e2e.stress import __main__ as stress

# Repeatable; `make stress` takes another one each time.
SEED = 12


@pytest.mark.long
def test_a_little_stress_loses_nothing_and_hangs_nobody() -> None:
    names = [*stress.kinds(SEED), *stress.own(SEED)]

    found = list(stress.results(names, stress.SHORT, SEED))

    report = "\n".join(map(str, found))
    assert {result.kind for result in found} >= {
        "slow heads",
        "kill -9",
        "room",
        "workbench",
        "visits",
    }
    assert all(result.passed for result in found), report
    assert all(result.tried or "SKIPPED" in result.note for result in found), report
