"""A pytest plugin that tells how many cells a second `e2e/test_matrix.py` tries.

It keeps a sample of the cells, and writes the rate into the file that `CELLS_FILE` names. The first
cells don't count, since browsers are still starting.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SAMPLE = int(os.environ["CELLS"])
WARMING_UP = int(os.environ["CELLS_WARMING_UP"])

_ends: list[float] = []


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep cells at equal distances, whose cookies are fresh: the others take a browser each."""
    fresh = [
        item
        for item in items
        if hasattr(item, "callspec")
        and getattr(item.callspec.params.get("cell"), "cookie_age", "") == "fresh"
    ]
    kept = fresh[:: max(1, len(fresh) // SAMPLE)][:SAMPLE]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call":
        _ends.append(report.stop)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput"):
        ends = sorted(_ends)[WARMING_UP:]
        rate = (len(ends) - 1) / (ends[-1] - ends[0]) if len(ends) > 1 else 0.0
        Path(os.environ["CELLS_FILE"]).write_text(str(rate))
