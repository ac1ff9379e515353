"""The exercises of the lessons: the right choices do what the lesson's attack does, and no others.

The bank's state is the judge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from catalogue.gaps import Exercise, exercise_of, left_open, stage_of
from catalogue.lessons import Lesson, read_all
from catalogue.matrix import FORGED
from csrf_proof import profiles
from e2e.attacks import all_attacks
from e2e.bank import PATIENCE, Lab, Site, sign_in_by_hand, until
from e2e.conftest import Browsers

LESSONS = [lesson for lesson in read_all()[0] if stage_of(lesson.number)]
FIRST_OF_ITS_STAGE = {stage_of(lesson.number): lesson for lesson in reversed(LESSONS)}
# How long pages may take to send something, if they do.
A_MOMENT = 2000


@dataclass
class Learner:
    """Somebody at the exercise of a lesson, signed in unless its attack meets others."""

    context: BrowserContext
    site: Site
    lesson: Lesson

    def __post_init__(self) -> None:
        self.context.set_default_timeout(PATIENCE * 1000)
        self.attack = all_attacks()[self.lesson.attack]
        found = exercise_of(self.attack)
        assert found is not None
        self.exercise: Exercise = found
        self.open_gaps = left_open(found, stage_of(self.lesson.number))
        self.lab = Lab(self.site, self.lesson.lab)
        owner = self.lab.label.rpartition("--for-")[2]
        self.context.add_cookies(
            [{"name": "learner", "value": owner, "url": f"{self.site.playground}/"}]
        )
        self.page = self.context.new_page()
        if self.attack.victim == "signed-in":
            sign_in_by_hand(self.context, self.lab).close()

    def write(self, numbers: tuple[int, ...]) -> None:
        """Choose on the lesson's page."""
        self.page.goto(f"{self.site.playground}/lessons/{self.lesson.slug}/write/")
        for gap in self.open_gaps:
            self.page.check(f"input[name=gap{gap + 1}][value='{numbers[gap]}']")
        self.page.click("text=That’s my page")

    def open_mine(self) -> None:
        """Open the page that was chosen, and leave it open."""
        with self.context.expect_page() as opened:
            self.page.click("text=Open my page")
        self.let_run(opened.value)
        self.page.bring_to_front()

    def open_at_once(self, numbers: tuple[int, ...]) -> None:
        """Open a page by its address, as it is without being shown for a moment."""
        fill = ".".join(map(str, numbers))
        position = self.lesson.positions[0]
        path = f"{self.attack.slug}/try/{fill}"
        mine = self.context.new_page()
        # It may lead elsewhere before it has loaded.
        mine.goto(self.site.attack_page(path, position, self.lab.label), wait_until="commit")
        self.let_run(mine)

    def let_run(self, mine: Page) -> None:
        mine.wait_for_url(lambda url: "/hold/" not in url, wait_until="commit")
        if self.attack.trigger == "click":
            mine.click("#bait")

    def wrong_ones(self) -> list[tuple[int, ...]]:
        """Return each page with one wrong choice."""
        right = self.exercise.right
        return [
            (*right[:gap], number, *right[gap + 1 :])
            for gap in self.open_gaps
            for number in range(len(self.exercise.gaps[gap].choices))
            if number != right[gap]
        ]

    def accounts(self) -> Any:
        accounts = self.lab.state()["accounts"]
        if self.attack.server_source:
            # The attacker's own server signs in as her, whatever becomes of the page.
            del accounts["mallory"]["sessions"]
        return accounts

    def reached(self) -> str | None:
        """Return the result that the lesson's attack has at this lab, once it was reached."""
        wanted = self.lesson.outcomes(self.lesson.lab)[self.lesson.positions[0]]
        for attempt in self.lab.state()["attempts"]:
            if attempt["action"] != self.attack.action or attempt["method"] != self.attack.method:
                continue
            if (FORGED if attempt["outcome"] == "applied" else attempt["reason"]) == wanted:
                return wanted
        return None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every choice in Chromium; in Firefox too, a lesson of each stage."""
    wanted = metafunc.config.getoption("--profile") or ["chromium", "firefox"]
    if "written_in" in metafunc.fixturenames:
        firsts = FIRST_OF_ITS_STAGE.values()
        all_of_them = "every_choice" in metafunc.function.__name__
        pairs = [
            (lesson, profile)
            for profile, lessons in {
                "chromium": LESSONS if all_of_them else firsts,
                "firefox": firsts,
            }.items()
            for lesson in lessons
            if profile in wanted
        ]
        ids = [f"{lesson.slug}-{profile}" for lesson, profile in pairs]
        metafunc.parametrize(("lesson", "written_in"), pairs, ids=ids)


def test_a_page_is_judged_by_what_it_did_at_the_bank(
    lesson: Lesson, written_in: str, browsers: Browsers, site: Site
) -> None:
    with profiles.fresh_context(browsers.get(written_in)) as context:
        learner = Learner(context, site, lesson)
        before = learner.accounts()
        result = learner.page.locator("#mine [data-live]")

        learner.write(learner.wrong_ones()[0])
        expect(result).to_contain_text("Next: open your page")
        learner.open_mine()
        learner.page.wait_for_timeout(A_MOMENT)
        expect(result).not_to_contain_text("Your page did it")
        assert learner.accounts() == before

        learner.write(learner.exercise.right)
        learner.open_mine()
        expect(result).to_contain_text("Your page did it", timeout=PATIENCE * 1000)
        until(learner.reached, "what the lesson is about", learner.lab.label)
        forged = FORGED in lesson.outcomes(lesson.lab).values()
        assert (learner.accounts() != before) == forged


@pytest.mark.sample(3)
def test_every_choice_but_the_right_one_leaves_the_bank_as_it_was(
    lesson: Lesson,
    written_in: str,
    browsers: Browsers,
    site: Site,
) -> None:
    with profiles.fresh_context(browsers.get(written_in)) as context:
        learner = Learner(context, site, lesson)
        before = learner.accounts()

        for numbers in learner.wrong_ones():
            learner.open_at_once(numbers)
        learner.page.wait_for_timeout(A_MOMENT)
        assert learner.accounts() == before, learner.lab.state()["attempts"]
        assert learner.reached() is None, learner.lab.state()["attempts"]

        learner.open_at_once(learner.exercise.right)

        until(learner.reached, "what the lesson is about", learner.lab.label)
