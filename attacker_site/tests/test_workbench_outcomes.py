"""Which version a visit was shown, from the times alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from attacker_site.workbench.outcomes import by_version
from attacker_site.workbench.store import Listed

VERSIONS = [Listed(3, 3_000, "/exploit", 1), Listed(2, 2_500, "/step", 1)]
VERSIONS += [Listed(1, 1_000, "/exploit", 1)]


def at(milliseconds: int | None) -> str | None:
    if milliseconds is None:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")


def visit(started: int | None, ended: int | None, browser: str = "chromium") -> dict[str, Any]:
    return {"browser": browser, "started": at(started), "ended": at(ended)}


def delivery(name: str, *visits: dict[str, Any], file: str = "/exploit") -> dict[str, Any]:
    return {"id": name, "file": file, "browsers": visits}


CASES = {
    "between two versions": (visit(1_500, 2_000), 1),
    "while another file is stored": (visit(1_500, 2_900), 1),
    "after the newest": (visit(3_001, 4_000), 3),
    "before the first": (visit(500, 900), None),
    "while a newer one is stored": (visit(1_500, 3_500), None),
    "in the moment of a store": (visit(3_000, 3_100), None),
    "until the moment of a store": (visit(2_000, 3_000), None),
    "not begun": (visit(None, None), None),
    "not over": (visit(1_500, None), None),
}


@pytest.mark.parametrize(("seen", "number"), CASES.values(), ids=CASES)
def test_a_visit_is_the_versions_that_it_was_shown(seen: dict[str, Any], number: int) -> None:
    assert list(by_version(VERSIONS, [delivery("a", seen)])) == ([number] if number else [])


def test_the_last_delivery_of_a_version_counts_with_all_its_visits() -> None:
    first = delivery("first", visit(1_100, 1_200))
    later = delivery("later", visit(1_300, 1_400), visit(1_400, 1_500, "firefox"))
    of_step = delivery("step", visit(2_600, 2_700), file="/step")

    found = by_version(VERSIONS, [of_step, later, first])

    assert {number: shown.delivery for number, shown in found.items()} == {1: "later", 2: "step"}
    assert [each["browser"] for each in found[1].visits] == ["chromium", "firefox"]
