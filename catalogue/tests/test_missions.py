"""What the reader of missions makes of files that somebody has just begun, or broken."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from catalogue import lessons, matrix
from catalogue.documents import DocumentError
from catalogue.missions import FOLDER, missions_after, problems, read, read_all

AMBER = FOLDER / "amber.md"


def test_every_mission_can_be_read_and_the_easy_ones_come_first() -> None:
    found, mistakes = read_all()

    assert mistakes == []
    assert [mission.grade for mission in found] == sorted(mission.grade for mission in found)
    assert {mission.grade for mission in found} == {1, 2, 3}


def test_every_mission_has_a_solution_and_is_not_too_easy() -> None:
    loaded = matrix.load()

    assert [said for mission in read_all()[0] for said in problems(mission, loaded)] == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"attack": "image-get"}, "isn’t forged".replace("’", "'")),
        ({"lab": "post-only"}, "too easy"),
        ({"lab": "nothing"}, "too easy"),
    ],
)
def test_a_mission_that_the_matrix_refutes_is_a_problem(change: dict[str, Any], says: str) -> None:
    said = " ".join(problems(replace(read(AMBER), **change), matrix.load()))

    assert says in said


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("Amber.md", "", "", "isn't a mission"),
        ("amber.md", "grade: 1", "grade: 4", "grade 4"),
        ("amber.md", "## Hints", "## Tips", "headings"),
        ("amber.md", "2. ", "- ", "fewer than two hints"),
        ("amber.md", "title:", "titel:", "does not say its title"),
    ],
)
def test_a_file_with_a_mistake_says_what_to_do(
    tmp_path: Path, name: str, old: str, new: str, says: str
) -> None:
    text = AMBER.read_text(encoding="utf-8")
    text = text.replace("3. ", "- ") if new == "- " else text
    (tmp_path / name).write_text(text.replace(old, new), encoding="utf-8")

    with pytest.raises(DocumentError, match=says):
        read(tmp_path / name)


def test_a_lesson_leads_to_the_missions_at_labs_that_it_has_shown() -> None:
    after = {one.slug: [m.slug for m in missions_after(one)] for one in lessons.read_all()[0]}

    assert after["get-and-post"] == []
    assert {"jade", "ruby"} <= set(after["fake-tokens"])
