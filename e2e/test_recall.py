"""A learner answers questions from earlier lessons by mouse, and a set of the quiz by keyboard."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect

from catalogue.lessons import Lesson
from csrf_proof import profiles
from e2e.accessibility import Judge
from e2e.bank import PATIENCE, Lab, Site, cookie_header
from e2e.conftest import Browsers
from e2e.test_lessons import LESSONS, PROFILES

ANSWER = "That’s my answer"


def robbed_in(lesson: Lesson, site: Site) -> str:
    """Have a learner see a lesson's attack, sent here without a browser; return the name."""
    lab = Lab(site, lesson.lab)
    headers = {"Cookie": cookie_header(lab.sign_in()), "Sec-Fetch-Site": "cross-site"}
    site.request(lab.host, "GET", "/transfer?to=mallory&amount=1", headers)
    return lab.label.partition("--for-")[2]


def answer_by_keyboard(page: Page) -> None:
    page.locator("input[name=answer]").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name=ANSWER)).to_be_focused()
    page.keyboard.press("Enter")


@pytest.mark.parametrize("profile_of_learner", PROFILES)
def test_a_review_leads_from_the_next_lesson_through_its_questions_and_back(
    profile_of_learner: str, browsers: Browsers, site: Site
) -> None:
    judge = Judge()
    with profiles.fresh_context(browsers.get(profile_of_learner)) as context:
        context.set_default_timeout(PATIENCE * 1000)
        name = robbed_in(LESSONS[0], site)
        context.add_cookies([{"name": "learner", "value": name, "url": site.playground}])
        page = context.new_page()
        page.goto(f"{site.playground}/lessons/{LESSONS[1].slug}/")
        page.click("text=quick questions from earlier lessons")
        page.get_by_role("button", name="Ask me").click()
        # It asks about no attack that a lesson hasn't shown.
        claims = [c for c in LESSONS[0].claims if c.attack == LESSONS[0].attack]
        total = len(claims)
        for number in range(1, total + 1):
            expect(page.locator(".kicker")).to_contain_text(f"{number} of {total}")
            page.get_by_label("Nobody stops it").check()
            page.get_by_label("Fairly sure").check()
            hard_to_use = judge.complaints(page) if number == 1 else []
            page.get_by_role("button", name=ANSWER).click()
            # A page that is being left can't be loaded again.
            expect(page.locator(".compared")).to_contain_text("You said")
            page.reload()  # It counts once.
            expect(page.locator(".compared")).to_contain_text("You said")
            hard_to_use += judge.complaints(page) if number == 1 else []
            assert hard_to_use == []
            page.click("text=Next question" if number < total else "text=See all answers")
        right = sum(claim.says == "forged" for claim in claims)
        expect(page.locator("main")).to_contain_text(f"{right} of {total} right.")
        assert judge.complaints(page) == []
        page.locator(".answers a").first.click()
        page.click("text=Try it at the bank")
        expect(page.locator(".strip")).to_be_visible()


@pytest.mark.parametrize("profile_of_learner", PROFILES)
def test_a_quiz_is_answered_before_and_after_by_keyboard(
    profile_of_learner: str, browsers: Browsers, site: Site
) -> None:
    judge = Judge()
    with profiles.fresh_context(browsers.get(profile_of_learner)) as context:
        context.set_default_timeout(PATIENCE * 1000)
        page = context.new_page()
        page.goto(f"{site.playground}/lessons/")
        page.click("text=twelve questions now")
        for which in ("first", "second"):
            page.click(f"text=Start the {which} set")
            for number in range(1, len(LESSONS) + 1):
                expect(page.locator(".kicker")).to_contain_text(f"{number} of {len(LESSONS)}")
                if number == 1:
                    assert judge.complaints(page) == []
                answer_by_keyboard(page)
        expect(page.locator(".lead")).to_have_text(
            re.compile(r"\d+ of 12 right before, \d+ of 12 after\.")
        )
        assert judge.complaints(page) == []
        with page.expect_download() as downloading:
            page.click("a:text-is('JSON')")
        answers = json.loads(downloading.value.path().read_text(encoding="utf-8"))["answers"]
        assert [one["form"] for one in answers] == ["before"] * 12 + ["after"] * 12
