"""The reviews: every one has four answers, one of which is true, and evidence for each."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from catalogue.documents import DocumentError
from catalogue.reviews import FOLDER, all_reviews, evidence, problems, read, read_all


def test_every_review_can_be_read_and_is_right() -> None:
    found, mistakes = read_all()

    assert mistakes == []
    assert [said for review in found for said in problems(review)] == []
    for review in found:
        assert review.mutant.excerpt
        outcomes = {answer: seen.outcome for answer, seen in evidence()[review.slug].items()}
        assert outcomes == {
            answer: "forged" if answer == review.right else "blocked" for answer in review.answers
        }


def test_a_review_without_a_true_answer_or_without_evidence_is_a_problem() -> None:
    review = all_reviews()["pattern"]
    answers = {**review.answers}
    del answers[review.right]

    said = list(problems(replace(review, answers=answers)))

    assert len(said) == 2
    assert "four answers" in said[0]
    assert "python -m e2e.reviews" in said[1]


def test_a_wrong_answer_that_is_only_called_wrong_is_a_problem() -> None:
    review = all_reviews()["pattern"]

    assert "why_blocked" in next(problems(replace(review, why_blocked={})))


def test_a_review_of_code_that_isnt_there_says_so(tmp_path: Path) -> None:
    text = (FOLDER / "pattern.md").read_text(encoding="utf-8")
    (tmp_path / "pattern.md").write_text(text.replace("code: ", "code: x"), encoding="utf-8")

    with pytest.raises(DocumentError, match="mutants"):
        read(tmp_path / "pattern.md")
