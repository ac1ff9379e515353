"""The banks to fix: each can be fixed, and what stops an attack is read from the matrix."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from catalogue import matrix
from catalogue.documents import DocumentError
from catalogue.fixes import FOLDER, all_fixes, problems, read, read_all

MATRIX = matrix.load()


def test_every_bank_can_be_read_and_fixed() -> None:
    found, mistakes = read_all()

    assert mistakes == []
    assert [said for fix in found for said in problems(fix, MATRIX)] == []
    for fix in found:
        shortest = next(fix.solutions(MATRIX))
        assert fix.label(shortest), "the fixed bank is a lab"
        assert fix.needed(MATRIX, shortest)


def test_one_of_them_can_be_fixed_in_depth() -> None:
    in_depth = [
        fix.slug
        for fix in all_fixes().values()
        if any(not fix.needed(MATRIX, added) for added in fix.solutions(MATRIX))
    ]

    assert "birch" in in_depth


def test_attacks_that_need_a_weakness_are_launched_where_it_is() -> None:
    birch, oak = ({a for a, _ in all_fixes()[s].attacks(MATRIX)} for s in ("birch", "oak"))

    assert "cors-json" not in birch
    assert "cors-json" in oak


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"offered": ["host-prefix"]}, "offer more"),
        ({"lab": "everything"}, "nothing to fix"),
        ({"offered": ["nothing"]}, "isn't a column"),
    ],
)
def test_a_bank_that_makes_no_sense_is_a_problem(change: dict[str, object], says: str) -> None:
    (said,) = problems(replace(all_fixes()["birch"], **change), MATRIX)  # type: ignore[arg-type]

    assert says in said


def test_a_file_with_a_mistake_says_what_to_do(tmp_path: Path) -> None:
    text = (FOLDER / "birch.md").read_text(encoding="utf-8")
    (tmp_path / "birch.md").write_text(text.replace("offered:", "offers:"), encoding="utf-8")

    with pytest.raises(DocumentError, match="offered"):
        read(tmp_path / "birch.md")
