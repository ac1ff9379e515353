"""The review: which questions are asked, and what becomes of the answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from victim_site.conftest import playground
from victim_site.teaching.lessons import progress
from victim_site.teaching.recall import review, store
from victim_site.teaching.recall.models import Asked
from victim_site.teaching.recall.questions import SURENESS
from victim_site.teaching.recall.tests.learner import Learner

pytestmark = pytest.mark.django_db

EARLIER = ("get-and-post", "the-image", "post-alone")
NOW = datetime(2026, 3, 1, tzinfo=UTC)
LESSONS = progress.lessons()


class Reviewer(Learner):
    """A learner who has done three lessons, and begins a round."""

    def __init__(self, name: str = "otter42", *done: str) -> None:
        super().__init__(name, *(done or EARLIER))

    def start(self) -> list[Asked]:
        assert self.send("/review/start/")["Location"] == "/review/"
        return self.rows

    @property
    def rows(self) -> list[Asked]:
        return store.of(self.name, store.REVIEW)

    def answer(self, row: Asked, right: bool = True, sureness: str = "fairly") -> Any:
        question = review.question_of(row)
        assert question
        wrong = next(code for code in question.choices if code != question.right)
        said = question.right if right else wrong
        return self.send(f"/review/{row.pk}/", answer=said, sureness=sureness)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that sets the time to some days after the begin."""

    def on(day: float) -> None:
        monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(days=day))

    on(0)
    return on


def chosen(
    name: str = "otter42", before: str = "the-token", asked: list[Asked] | None = None
) -> list[review.Place]:
    among = review.candidates([LESSONS[slug] for slug in EARLIER], "chromium")
    found = review.choose(among, asked or [], f"{name} {before}", NOW)
    return [one.place for one in found]


def test_five_are_chosen_the_same_ones_for_a_learner_and_a_lesson() -> None:
    assert chosen() == chosen()
    assert len(set(chosen())) == 5
    assert len({tuple(chosen(name)) for name in ("otter42", "heron7", "panda1")}) == 3
    assert chosen() != chosen(before="samesite")


def test_they_are_from_as_many_lessons_as_there_are() -> None:
    claimed = {
        slug: {(one.attack, one.position, one.lab) for one in LESSONS[slug].claims}
        for slug in EARLIER
    }
    assert all(cells & set(chosen()[:3]) for cells in claimed.values())


def test_what_is_due_comes_first_and_what_was_just_missed_waits() -> None:
    first, *_, last = chosen()

    def missed(place: review.Place, days: int) -> Asked:
        attack, position, lab = place
        at = NOW - timedelta(days=days)
        return Asked(attack=attack, position=position, lab=lab, answered=at, right=False)

    now = chosen(asked=[missed(last, 1), missed(first, 0)])

    assert now[0] == last
    assert first not in now


def test_without_a_lesson_done_it_says_so_and_leads_to_one() -> None:
    page = Learner().read("/review/")

    assert "so far there are none" in page
    assert f'href="/lessons/{next(iter(LESSONS))}/"' in page
    assert "<form" not in page


def test_a_round_is_one_question_a_page_and_ends_with_all_answers() -> None:
    learner = Reviewer()
    rows = learner.start()
    assert len(rows) == 5
    assert {row.lesson for row in rows} <= set(EARLIER)
    for number, row in enumerate(rows, 1):
        page = learner.read("/review/")
        assert f"{number} of 5" in page
        assert "forged</span>" not in page
        assert learner.answer(row, right=number % 2 == 0)["Location"] == f"/review/{row.pk}/"
    assert "2 of 5 right" in learner.read("/review/")


def test_after_an_answer_it_shows_the_outcome_where_to_try_it_and_the_lesson() -> None:
    learner = Reviewer()
    row = learner.start()[0]
    learner.answer(row, right=False, sureness="certain")
    page = learner.read(f"/review/{row.pk}/")

    assert "Not this time." in page or "Half right" in page
    assert "You were certain" in page
    assert f"{row.lab}--for-otter42.bank.localhost" in page
    assert f"#try={row.attack}." in page
    assert f'href="/lessons/{row.lesson}/"' in page


def test_reading_writes_nothing() -> None:
    Reviewer().read("/review/")

    assert not Asked.objects.exists()


def test_a_round_is_begun_once() -> None:
    learner = Reviewer()
    learner.start()

    assert len(learner.start()) == 5
    # As when two tabs begin at the same moment.
    among = review.candidates([LESSONS[slug] for slug in EARLIER], "chromium")
    review.start(learner.name, "the-token", among[:5], [])
    assert len(learner.rows) == 5


def test_the_first_answer_counts() -> None:
    learner = Reviewer()
    row = learner.start()[0]
    learner.answer(row, right=False)
    again = learner.answer(row, right=True)

    assert again["Location"] == f"/review/{row.pk}/?late"
    assert "Your first answer counts" in learner.read(again["Location"])
    assert learner.rows[0].right is False


@pytest.mark.parametrize("answer", ["", "forged\0", "<script>", "get-refused " * 500])
@pytest.mark.parametrize("sureness", ["", "very"])
def test_what_is_none_of_the_choices_is_told_and_changes_nothing(
    answer: str, sureness: str
) -> None:
    learner = Reviewer()
    row = learner.start()[0]

    told = learner.send(f"/review/{row.pk}/", answer=answer, sureness=sureness)

    assert told.status_code == 400
    assert "Choose what will happen." in told.content.decode()
    assert "Say how sure you are." in told.content.decode()
    assert learner.rows[0].answered is None


@pytest.mark.parametrize("pk", [10**6, 10**30])
def test_a_question_that_is_not_there_is_told(pk: int) -> None:
    learner = Reviewer()

    assert "That question isn’t here" in learner.read(f"/review/{pk}/", status=404)
    assert learner.send(f"/review/{pk}/", answer="forged").status_code == 404


def test_a_question_of_somebody_else_is_not_there() -> None:
    row = Reviewer().start()[0]

    assert Reviewer("heron7").answer(row).status_code == 404


def test_a_question_about_a_lab_that_is_gone_is_left_out() -> None:
    learner = Reviewer()
    gone, *others = learner.start()
    Asked.objects.filter(pk=gone.pk).update(lab="no-longer")
    for row in others:
        learner.answer(row)

    assert "4 of 4 right" in learner.read("/review/")
    assert "That question isn’t here" in learner.read(f"/review/{gone.pk}/", status=404)


def test_what_was_missed_comes_back_a_day_later_and_two_weeks_after_that(clock: Any) -> None:
    learner = Reviewer()
    missed, *others = learner.start()
    learner.answer(missed, right=False)
    for row in others:
        learner.answer(row)
    assert "comes back in 1\xa0day." in learner.read("/review/")
    invitation = "Before you start: five quick questions from earlier lessons"
    assert invitation not in learner.read("/lessons/the-token/")

    for day in (1.1, 15.2):
        clock(day)
        assert invitation in learner.read("/lessons/the-token/")
        newest = learner.start()[-5:]
        assert newest[0].cell == missed.cell
        for row in newest:
            learner.answer(row)
    clock(60)
    assert invitation not in learner.read("/lessons/the-token/")


def test_it_is_offered_before_a_lesson_and_never_in_the_way() -> None:
    learner = Reviewer()
    link = '<a href="/review/">Before you start: five quick questions from earlier lessons</a>'

    assert link in learner.read("/lessons/")
    assert link in learner.read("/lessons/the-token/")
    assert link not in learner.read("/lessons/the-image/")
    assert "/review/" not in Learner("heron7").read("/lessons/")
    assert "/review/" not in Learner("heron7").read("/lessons/the-image/")
    assert "two quick questions" in Reviewer("panda1", "get-and-post").read("/lessons/")


def test_with_all_lessons_done_it_asks_about_any() -> None:
    learner = Reviewer("otter42", *LESSONS)

    assert '<a href="/review/">Five quick questions from the lessons</a>' in learner.read(
        "/lessons/"
    )
    assert len(learner.start()) == 5


def test_starting_over_forgets_the_questions_of_one_lesson_or_all() -> None:
    learner = Reviewer()
    learner.start()
    assert {row.lesson for row in learner.rows} == set(EARLIER)
    other = Reviewer("heron7")
    other.start()

    learner.send("/lessons/start-over/", lesson="the-image")
    assert {row.lesson for row in learner.rows} == {"get-and-post", "post-alone"}
    learner.send("/lessons/start-over/")
    assert learner.rows == []
    assert len(other.rows) == 5


def test_only_the_newest_rows_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MOST_ROWS", 7)
    Reviewer().start()
    Reviewer("heron7").start()

    assert Asked.objects.count() == 7
    assert len(Reviewer("heron7", "the-token").rows) == 5


def test_another_site_answers_nothing() -> None:
    learner = Reviewer()
    row = learner.start()[0]
    fields = {"answer": "forged", "sureness": next(iter(SURENESS))}

    assert learner.post(f"/review/{row.pk}/", fields).status_code == 403
    assert learner.rows[0].answered is None


def test_a_browser_without_cookies_is_told_to_allow_them() -> None:
    answer = playground().post("/review/start/")

    assert answer.status_code == 403
    assert "allow cookies" in answer.content.decode()
