"""The trainer's plans add up, and what they name is there."""

from __future__ import annotations

import re

import pytest

from tools.check import ROOT

TEXT = (ROOT / "docs" / "facilitator.md").read_text(encoding="utf-8")
LESSONS = {
    int(number): int(minutes)
    for number, minutes in re.findall(r"^### ([0-9]+)\. .+: ([0-9]+) minutes$", TEXT, re.MULTILINE)
}


def plan(minutes: int) -> list[tuple[int, int, str]]:
    """Return the rows of a plan: when it begins, how long it takes, and what it is."""
    section = TEXT.partition(f"\n## {minutes} minutes")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([0-9]):([0-9]{2}) \| ([0-9]+) \| (.+) \|$", section, re.MULTILINE)
    return [(int(hour) * 60 + int(past), int(takes), what) for hour, past, takes, what in rows]


def test_each_of_the_twelve_lessons_has_its_minutes() -> None:
    assert list(LESSONS) == list(range(1, 13))


@pytest.mark.parametrize("minutes", [45, 90])
def test_a_plan_fills_its_time_without_a_gap(minutes: int) -> None:
    rows = plan(minutes)
    begins = [begin for begin, _, _ in rows]
    assert [*begins, minutes] == [0, *(begin + takes for begin, takes, _ in rows)]


@pytest.mark.parametrize("minutes", [45, 90])
def test_a_plan_gives_its_lessons_the_minutes_that_they_take(minutes: int) -> None:
    for _, takes, what in plan(minutes):
        named = [int(number) for number in re.findall("[0-9]+", what)]
        if what.startswith("lessons"):
            taught = range(named[0], named[1] + 1)
            assert takes == sum(LESSONS[number] for number in taught), what
        if what.startswith("one of"):
            assert {takes} == {LESSONS[number] for number in named}, what
