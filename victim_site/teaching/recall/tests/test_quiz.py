"""The quiz: two sets of questions, their scores, and the answers as a file."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from victim_site.teaching.lessons import learner as learners
from victim_site.teaching.recall import quiz, store
from victim_site.teaching.recall.tests.learner import Learner

pytestmark = pytest.mark.django_db

RIGHT_OR_NOT = ("Right.", "Not this time", "Half right", "right</span>", "not yet</span>")


class Answering(Learner):
    """A learner who answers the quiz."""

    def answer(
        self, form: str, number: int, right: bool = True, instead: dict[str, str] | None = None
    ) -> Any:
        question = quiz.pairs()[number - 1].question(form, "firefox")
        assert question
        wrong = next(code for code in question.choices if code != question.right)
        fields = {"answer": question.right if right else wrong, "sureness": "guess"}
        fields |= instead or {}
        return self.send(f"/quiz/{form}/", number=str(number), **fields)

    def answer_all(self, form: str, right: int) -> None:
        for number in range(1, 13):
            assert self.answer(form, number, number <= right).status_code == 302

    def table(self) -> list[dict[str, str]]:
        answer = self.get("/quiz/answers.csv")
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        return list(csv.DictReader(io.StringIO(answer.content.decode())))


def test_the_second_set_opens_after_the_first_and_then_both_scores_are_shown() -> None:
    learner = Answering()
    assert "Start the first set" in learner.read("/quiz/")
    assert learner.get("/quiz/after/")["Location"] == "/quiz/"
    assert "1 of 12" in learner.read("/quiz/before/")

    learner.answer_all("before", right=3)
    half = learner.read("/quiz/")
    assert "Start the second set" in half
    assert not [said for said in RIGHT_OR_NOT if said in half]
    assert learner.get("/quiz/before/")["Location"] == "/quiz/"

    learner.answer_all("after", right=9)
    page = learner.read("/quiz/")
    assert "3 of 12 right before, 9 of 12 after" in page
    assert page.count("right</span>") == 12
    assert all(pair.idea in page for pair in quiz.pairs())


def test_nothing_says_what_was_right_while_the_quiz_runs() -> None:
    learner = Answering()
    learner.answer("before", 1, right=True)
    learner.answer("before", 2, right=False)

    shown = learner.read("/quiz/before/") + learner.read("/quiz/")
    assert "3 of 12" in shown
    assert not [said for said in RIGHT_OR_NOT if said in shown]
    assert [row["right"] for row in learner.table()] == ["", ""]
    answers = learner.get("/quiz/answers.json").json()["answers"]
    assert [row["right"] for row in answers] == [None, None]


def test_the_first_answer_counts_also_from_two_tabs() -> None:
    learner = Answering()
    learner.answer("before", 1, right=False)
    again = learner.answer("before", 1, right=True)
    late = learner.read(again["Location"])

    assert "You’ve answered that one already" in late
    assert "2 of 12" in late
    assert [row.right for row in store.of("otter42", store.BEFORE)] == [False]
    pair = quiz.pairs()[0]
    question = pair.question("before", "firefox")
    assert question
    answered = store.of("otter42", store.BEFORE)[0].answered
    assert answered
    quiz.answer("otter42", "before", pair, question, question.right, "guess", answered)
    assert [row.right for row in store.of("otter42", store.BEFORE)] == [False]


@pytest.mark.parametrize("form", quiz.FORMS)
def test_what_is_none_of_the_choices_is_told(form: str) -> None:
    learner = Answering()
    if form == store.AFTER:
        learner.answer_all("before", right=0)
    for instead in ({"answer": "<b>"}, {"sureness": ""}, {"answer": "=1+1", "sureness": "\0"}):
        told = learner.answer(form, 1, instead=instead)
        assert told.status_code == 400
        assert 'role="alert"' in told.content.decode()
    assert store.of("otter42", form) == []


@pytest.mark.parametrize("number", ["", "13", "-1", "x" * 500, "\0"])
def test_another_number_is_answered_with_the_question_that_is_next(number: str) -> None:
    learner = Answering()
    answer = learner.send("/quiz/before/", number=number, answer="forged", sureness="guess")

    assert answer["Location"] == "/quiz/before/?late"
    assert store.of("otter42", store.BEFORE) == []


def test_the_answers_as_a_table_and_as_json_once_both_sets_are_done() -> None:
    learner = Answering()
    for form in quiz.FORMS:
        learner.answer_all(form, right=1)

    table = learner.table()
    assert len(table) == 24
    row = table[0]
    assert list(row) == list(quiz.COLUMNS)
    pair = quiz.pairs()[0]
    assert row["time"].endswith("Z")
    assert row | {"time": ""} == {
        "name": "otter42",
        "form": "before",
        "number": "1",
        "lesson": pair.lesson,
        "attack": pair.before[0],
        "position": pair.before[1],
        "lab": pair.before[2],
        "profile": "firefox",
        "answer": "get-refused",
        "sureness": "guess",
        "right": "True",
        "time": "",
    }
    assert table[1]["right"] == "False"
    answer = learner.get("/quiz/answers.json")
    assert "attachment" in answer["Content-Disposition"]
    assert answer.json()["answers"][0]["right"] is True


def test_the_rows_of_any_learners_and_of_no_others() -> None:
    for name in ("otter42", "heron7", "panda1"):
        Answering(name).answer("before", 1)

    assert [row["name"] for row in quiz.rows(["otter42", "heron7"])] == ["heron7", "otter42"]
    assert list(quiz.rows([])) == []


def test_answers_make_a_name_in_use_and_starting_over_forgets_them() -> None:
    learner = Answering()
    learner.answer("before", 1)
    assert learners.in_use("otter42")

    learner.send("/lessons/start-over/", lesson="the-image")
    assert store.of("otter42", store.BEFORE)
    learner.send("/lessons/start-over/")
    assert not store.of("otter42", store.BEFORE)


def test_the_lessons_lead_to_the_quiz_first_before_any_is_done() -> None:
    new, begun = Learner().read("/lessons/"), Learner("heron7", "the-image").read("/lessons/")

    assert "Measure what you learn" in new.partition('class="trail"')[0]
    assert "/quiz/" not in begun.partition('class="trail"')[0]
    assert "/quiz/" in begun.partition('class="trail"')[2].partition("For trainers")[0]
    assert "/quiz/" in begun.partition("For trainers")[2]
    assert "/quiz/" in Learner().read("/facilitator/")
