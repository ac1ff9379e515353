"""Questions are cells of the matrix, and their answers are what the matrix says."""

from __future__ import annotations

import pytest

from victim_site.teaching import expectations
from victim_site.teaching.lessons import progress
from victim_site.teaching.recall import quiz, store
from victim_site.teaching.recall.questions import (
    COOKIE,
    REQUEST,
    SAID,
    find,
    is_the_banks,
    said,
)

LESSONS = progress.lessons()
PROFILES = expectations.the_matrix().profiles
CLAIMS = [
    (claim.attack, claim.position, claim.lab) for one in LESSONS.values() for claim in one.claims
]
QUESTIONS = [q for cell in CLAIMS for profile in PROFILES if (q := find(*cell, profile))]


def test_nearly_every_claim_of_the_lessons_can_be_asked() -> None:
    lacking = {cell for cell in CLAIMS for profile in PROFILES if not find(*cell, profile)}

    # One depends on the age of the cookie; for the other the bank lacks what the attack needs.
    assert lacking == {
        ("form-post", "cross-site", "browser-default"),
        ("cors-json", "subdomain", "json-only"),
    }


def test_each_question_offers_its_answer_among_others_of_every_kind() -> None:
    for question in QUESTIONS:
        choices = list(question.choices)
        assert question.right in choices, question
        assert {"forged", COOKIE, REQUEST} <= set(choices)
        assert sum(is_the_banks(code) for code in choices) == 2, question
        assert len(set(question.choices.values())) == len(choices)
        assert all(said(code) == text for code, text in question.choices.items())


def test_an_answer_is_what_the_matrix_says() -> None:
    asked = {
        ("form-post", "cross-site", "no-defense"): "forged",
        ("form-post", "cross-site", "samesite-lax"): COOKIE,
        ("clickjacking", "subdomain", "no-framing"): REQUEST,
        ("form-post", "cross-site", "csrf-token"): "origin-mismatch",
    }
    for cell, right in asked.items():
        question = find(*cell, "firefox")
        assert question
        assert question.right == right


def test_the_same_cell_is_another_question_in_another_browser() -> None:
    cell = ("image-get", "cross-site", "no-defense")

    assert [q.right for p in PROFILES if (q := find(*cell, p))] == ["forged", COOKIE, COOKIE]


@pytest.mark.parametrize(
    "cell",
    [
        ("form-post", "cross-site", "no-such"),
        ("form-post", "nowhere", "no-defense"),
        ("<b>", "", ""),
    ],
)
def test_what_is_not_a_cell_is_no_question(cell: tuple[str, str, str]) -> None:
    assert find(*cell, "firefox") is None
    assert find("form-post", "cross-site", "no-defense", "lynx") is None


def test_half_right_is_said() -> None:
    question = find("form-post", "cross-site", "csrf-token", "firefox")
    assert question

    assert question.verdict("origin-mismatch") == "Right."
    assert question.verdict("token-missing").startswith("Half right")
    assert question.verdict("forged") == question.verdict(COOKIE) == "Not this time."


def test_the_quiz_has_a_pair_from_each_lesson() -> None:
    assert [pair.lesson for pair in quiz.pairs()] == list(LESSONS)
    assert len(quiz.pairs()) == 12
    cells = [cell for pair in quiz.pairs() for cell in (pair.before, pair.after)]
    assert len(set(cells)) == len(cells)


@pytest.mark.parametrize("pair", quiz.pairs(), ids=lambda pair: pair.lesson)
def test_both_questions_of_a_pair_are_about_the_lesson_and_equally_hard(pair: quiz.Pair) -> None:
    claims = LESSONS[pair.lesson].claims
    for attack, _, lab in (pair.before, pair.after):
        assert attack in {claim.attack for claim in claims}
        assert lab in {claim.lab for claim in claims}
    # In every browser, so that a room with several is measured alike.
    answers = {
        question.right if (question := pair.question(form, profile)) else None
        for form in quiz.FORMS
        for profile in PROFILES
    }
    assert len(answers) == 1
    assert None not in answers


def test_nobody_does_well_in_the_quiz_by_always_saying_the_same() -> None:
    right = [q.right for pair in quiz.pairs() if (q := pair.question(store.BEFORE, "firefox"))]

    assert max(right.count(code) for code in {*right, *SAID}) <= 6
