"""Every lesson as an attendee walks it, from the first page to “done”, clicking what is there."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from catalogue.lessons import Lesson, read_all
from csrf_proof import profiles
from e2e import attacks, guide
from e2e.bank import PATIENCE, Site
from e2e.conftest import Browsers

LESSONS, _ = read_all()
PROFILES = ("chromium", "firefox")


class Attendee:
    """A newcomer with a fresh browser, who counts the clicks."""

    def __init__(self, context: BrowserContext, site: Site) -> None:
        context.set_default_timeout(PATIENCE * 1000)
        self.context = context
        self.page = context.new_page()
        self.steps = 0
        self.page.goto(site.playground)

    def click(self, what: str, page: Page | None = None) -> None:
        self.steps += 1
        (page or self.page).click(what)

    def click_to_a_new_tab(self, what: str, page: Page | None = None) -> Page:
        with self.context.expect_page() as opened:
            self.click(what, page)
        return opened.value

    def begin(self) -> None:
        """Go from the first page to the first lesson."""
        self.click("text=Start")
        self.click("text=Go on to the lessons")
        expect(self.page.locator("h1")).to_have_text(LESSONS[0].title)

    def choose(self, lesson: Lesson) -> None:
        self.click("nav >> text=All lessons")
        self.click(f"a:text-is('{lesson.title}')")

    def predict(self, code: str) -> None:
        self.click(f"input[value='{code}']")
        self.click("text=That’s my prediction")

    def go_on_to_the_proof(self) -> None:
        """Leave the result behind: to the fix, and to its proof."""
        for station in ("Fix it", "Prove it"):
            self.click(f"a.button:text-is('{station}')")

    def show_me(self, section: str, lesson: Lesson) -> None:
        """Follow the strip at the top of the bank from a lesson's button back into the lesson."""
        signed_out = attacks.all_attacks()[lesson.attack].victim == "signed-out"
        self.click(f"section[aria-labelledby={section}] >> text=Show me")
        if self.said_by_the_bar(re.compile("Step [12]")).startswith("Step 1"):
            self.click(".signout button" if signed_out else "main form[action='/login'] button")
        self.said_by_the_bar(re.compile("Step 2"))
        guide.there_and_back(self.page, lesson.attack)
        self.steps += 2
        self.said_by_the_bar(re.compile("Step 3"))
        self.said_by_the_bar(re.compile("See what happened"))
        self.click("text=See what happened")

    def said_by_the_bar(self, expected: re.Pattern[str]) -> str:
        """Return what the bar in the bank says, which never takes much of the window."""
        said = self.page.locator(".strip .step")
        expect(said).to_contain_text(expected, timeout=PATIENCE * 1000)
        guide.assert_it_leaves_room(self.page)
        return said.inner_text()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Walk in two profiles; a third could differ from both in nothing but what the lesson says."""
    wanted = metafunc.config.getoption("--profile") or list(PROFILES)
    if "walked_in" in metafunc.fixturenames:
        metafunc.parametrize("walked_in", [name for name in PROFILES if name in wanted])


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.slug)
def test_a_lesson_can_be_walked_from_its_first_sentence_to_done(
    lesson: Lesson,
    walked_in: str,
    browsers: Browsers,
    site: Site,
    record_property: Callable[[str, object], None],
) -> None:
    begin = time.monotonic()
    with profiles.fresh_context(browsers.get(walked_in)) as context:
        attendee = Attendee(context, site)
        attendee.begin()
        attendee.choose(lesson)
        wrong = next(code for code in lesson.choices if code != lesson.claims[0].says)
        attendee.predict(wrong)
        expect(attendee.page.locator("section[aria-labelledby=do-it]")).to_contain_text(
            "Prediction saved"
        )

        attendee.show_me("do-it", lesson)
        happened = attendee.page.locator("section[aria-labelledby=tried]")
        expect(happened).to_contain_text("You said")
        expect(happened.locator(".compared")).to_contain_text(
            lesson.outcomes(lesson.lab).popitem()[1]
        )
        expect(happened).to_contain_text("Surprised?")
        expect(happened.locator("figure.picture")).to_be_visible()

        attendee.go_on_to_the_proof()
        attendee.show_me("prove-it", lesson)
        proved = attendee.page.locator("#fixed-live")
        expect(proved).to_contain_text(lesson.outcomes(lesson.fix).popitem()[1])
        expect(proved).to_contain_text(f"Lesson {lesson.number} is done")
        following = LESSONS[lesson.number : lesson.number + 1]
        attendee.click("text=Next lesson" if following else ".finish >> text=All lessons")
        expect(attendee.page.locator("h1")).to_have_text(
            following[0].title if following else "Lessons"
        )
    seconds = time.monotonic() - begin
    record_property("lesson", f"{lesson.number:>2} {lesson.title}, in {walked_in}")
    record_property("steps", attendee.steps)
    record_property("seconds", seconds)


@pytest.mark.long
@pytest.mark.sample(0)
def test_all_lessons_move_within_one_tab_of_a_phone(
    walked_in: str, browsers: Browsers, site: Site
) -> None:
    with profiles.fresh_context(browsers.get(walked_in)) as context:
        attendee = Attendee(context, site)
        attendee.page.set_viewport_size({"width": 390, "height": 844})
        attendee.begin()
        for lesson in LESSONS:
            attendee.predict(lesson.claims[0].says)
            attendee.show_me("do-it", lesson)
            attendee.go_on_to_the_proof()
            attendee.show_me("prove-it", lesson)
            expect(attendee.page.locator("#fixed-live")).to_contain_text("is done")
            assert len(context.pages) == 1, lesson.slug
            if lesson is not LESSONS[-1]:
                attendee.click("text=Next lesson")


def test_a_lesson_reaches_done_while_its_page_stays_open(browsers: Browsers, site: Site) -> None:
    """Not by the strip, but with the buttons for bank and attacker, and no reload."""
    lesson = LESSONS[1]
    with profiles.fresh_context(browsers.get("chromium")) as context:
        attendee = Attendee(context, site)
        attendee.page.goto(f"{site.playground}/lessons/{lesson.slug}/")
        missing = attendee.page.locator("#tried-live [role=status]")
        expect(missing).to_contain_text("has arrived yet")
        attendee.click("#do-it")
        for section, said in {"do-it": "forged", "prove-it": "get-refused"}.items():
            if section == "prove-it":
                attendee.click("#prove-it")
            buttons = f"section[aria-labelledby={section}] >> "
            attendee.click(f"{buttons}text=Without the guide")
            bank = attendee.click_to_a_new_tab(f"{buttons}a:text-is('The bank')")
            attendee.click("main form[action='/login'] button", bank)
            bank.wait_for_selector("h1.greeting")
            attendee.click_to_a_new_tab(f"{buttons}a:text-is('The attacker’s page')")
            expect(attendee.page.locator("main")).to_contain_text(said)
        expect(attendee.page.locator("main")).to_contain_text("Now you know")
        expect(attendee.page.locator(".finish")).to_contain_text("is done")


def test_progress_survives_closing_the_browser_and_starting_over_is_one_click(
    browsers: Browsers, site: Site
) -> None:
    lesson = LESSONS[1]
    browser = browsers.get("chromium")
    with profiles.fresh_context(browser) as context:
        attendee = Attendee(context, site)
        attendee.begin()
        attendee.choose(lesson)
        attendee.predict("forged")
        attendee.show_me("do-it", lesson)
        expect(attendee.page.locator(".compared")).to_contain_text("forged")
        kept = context.storage_state()
    reopened = browser.new_context(storage_state=kept)
    page = reopened.new_page()
    page.goto(site.playground)
    page.click(f"text=Continue with lesson {LESSONS[0].number}")
    page.goto(f"{site.playground}/lessons/{lesson.slug}/")
    expect(page.locator(".compared")).to_contain_text("forged")
    page.click("text=Start this lesson over")
    expect(page.locator("input[value=forged]")).not_to_be_checked()
    expect(page.locator("#tried-live")).to_contain_text("has arrived yet")
    reopened.close()


def test_without_cookies_a_lesson_says_so(browsers: Browsers, site: Site) -> None:
    """Firefox, since it alone can be told to keep none."""
    browser = browsers.get("firefox-no-cookies")
    with profiles.fresh_context(browser) as context:
        page = context.new_page()
        page.goto(f"{site.playground}/lessons/{LESSONS[1].slug}/")
        expect(page.locator("main")).to_contain_text("blocks cookies", timeout=PATIENCE * 1000)
        page.click("input[value=forged]")
        page.click("text=That’s my prediction")
        expect(page.locator("main")).to_contain_text("allow cookies")


def test_the_hand_out_is_one_printed_page(browsers: Browsers, site: Site) -> None:
    with profiles.fresh_context(browsers.get("chromium")) as context:
        page = context.new_page()
        page.goto(f"{site.playground}/handout/")
        printed = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
