"""Which tests `make test` runs, so that it takes minutes; `make test-full` has every one.

What a page does depends little on the browser. So each test runs in one kind of browser, unless it
says that browsers differ (`each_browser`), and of many variants that take the same way through the
program there are only a few (`sample`). Which cells of the matrix are tried is decided elsewhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any, TypeVar

import pytest

from catalogue import matrix
from csrf_proof import profiles

T = TypeVar("T")


def drawn(
    items: Sequence[pytest.Item], browsers: Collection[str]
) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """Return the tests of the sample, with pages in these browsers, and the others; both in the
    order given."""
    variants: dict[tuple[Any, int | None], list[pytest.Item]] = defaultdict(list)
    for item in items:
        everywhere = of_cell(item) or item.get_closest_marker("each_browser")
        if everywhere or profile_of(item) in {None, *browsers}:
            mark = item.get_closest_marker("sample")
            variants[getattr(item, "function", item), mark.args[0] if mark else None].append(item)
    kept = {
        item
        for (_, most), same in variants.items()
        for item in (same if most is None else apart(same, most))
    }
    return [item for item in items if item in kept], [item for item in items if item not in kept]


def apart(found: Sequence[T], most: int) -> list[T]:
    """Return so many of these at most, as far apart as they can be."""
    count = min(most, len(found))
    return [found[number * len(found) // count] for number in range(count)]


def of_cell(item: pytest.Item) -> bool:
    """Tell whether a test tries a cell of a matrix."""
    return any(isinstance(value, matrix.Cell) for value in params_of(item).values())


def params_of(item: pytest.Item) -> dict[str, object]:
    """Return the parameters of a test by name."""
    return item.callspec.params if hasattr(item, "callspec") else {}


def profile_of(item: pytest.Item) -> str | None:
    """Return the profile that a test has among its parameters, if it has one. It's called
    `profile`, or otherwise where a file chooses its own."""
    found = (value for value in params_of(item).values() if isinstance(value, str))
    return next((value for value in found if value in profiles.STATED), None)
