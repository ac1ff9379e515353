"""What `make test` leaves out, by the rules that it names."""

from __future__ import annotations

from typing import Any

import pytest

from csrf_proof import profiles
from e2e import sample


class Item:
    """A stand-in for a test: a function, its marks, and its parameters."""

    def __init__(self, function: str, *marks: pytest.MarkDecorator, **params: str) -> None:
        self.function = function
        self.marks = {decorator.name: decorator.mark for decorator in marks}
        self.callspec = self
        self.params = params

    def get_closest_marker(self, name: str) -> pytest.Mark | None:
        return self.marks.get(name)


def drawn(items: list[Any]) -> list[dict[str, object]]:
    kept, left = sample.drawn(items, ["chromium"])
    assert len(kept) + len(left) == len(items)
    return [sample.params_of(item) for item in kept]


def test_a_page_is_tried_in_one_browser_and_what_differs_in_each() -> None:
    in_each = [{"profile": name} for name in profiles.STATED]
    assert drawn([Item("page", **params) for params in in_each]) == [{"profile": "chromium"}]
    assert (
        drawn([Item("rule", pytest.mark.each_browser, **params) for params in in_each]) == in_each
    )
    assert drawn([Item("server"), Item("lesson", lesson="one")]) == [{}, {"lesson": "one"}]


def test_of_many_variants_there_are_a_few_that_lie_apart() -> None:
    variants = [{"number": str(number)} for number in range(9)]
    chosen = drawn([Item("many", pytest.mark.sample(3), **params) for params in variants])
    assert chosen == [variants[0], variants[3], variants[6]]
    assert (
        drawn([Item("many", pytest.mark.sample(20), **params) for params in variants]) == variants
    )
    assert drawn([Item("slow", pytest.mark.sample(0)), Item("slow")]) == [{}]
