"""The presenter view: each screen of each lesson fits the projector, and moves as it's told."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, expect

from catalogue import matrix, notes
from catalogue.lessons import Lesson, read_all
from csrf_proof import profiles
from e2e import attacks
from e2e.bank import PATIENCE, Site
from e2e.conftest import Browsers

LESSONS, _ = read_all()
NOTES = notes.read_all()
PROFILE = "chromium"
SIZES = [(1280, 720), (1024, 768), (1920, 1080)]
# What doesn't fit on its screen, and by how many pixels: what scrolls, and what reaches beyond the
# window or under the line at its end. What's folded, or there for screen readers only, isn't shown.
CUT_OFF = """() => {
    const screens = [...document.querySelectorAll(".screen")], found = [];
    const shown = screens.find((screen) => screen.checkVisibility());
    for (const screen of screens) {
        for (const one of screens) one.classList.toggle("here", one === screen);
        const say = (one, how, by) => found.push(`${screen.id}: ${one.localName} ${how} by ${by}`);
        const inner = screen.querySelectorAll("pre, .scroll, .notes");
        for (const one of [document.documentElement, screen, ...inner]) {
            const { scrollHeight, clientHeight, scrollWidth, clientWidth } = one;
            const by = Math.max(scrollHeight - clientHeight, scrollWidth - clientWidth);
            if (one.checkVisibility() && by > 1) say(one, "scrolls", by);
        }
        const end = screen.querySelector(".place").getBoundingClientRect().top;
        for (const one of screen.querySelectorAll(".slide *")) {
            if (one.closest(".sr, figcaption, details:not([open]) > :not(summary)")) continue;
            const { left, top, right, bottom, width } = one.getBoundingClientRect();
            const by = Math.round(Math.max(-left, -top, right - innerWidth, bottom - end));
            if (width && by > 1) say(one, "is cut off", by);
        }
    }
    for (const one of screens) one.classList.toggle("here", one === shown);
    return found;
}"""


class Room:
    """A trainer's browser, with a lesson in the presenter view."""

    def __init__(self, context: BrowserContext, site: Site, lesson: Lesson) -> None:
        context.set_default_timeout(PATIENCE * 1000)
        self.context, self.site, self.lesson = context, site, lesson
        self.page = context.new_page()
        self.address = f"{site.playground}/lessons/{lesson.slug}/present/"
        self.page.set_viewport_size({"width": 1280, "height": 720})
        self.page.goto(self.address)

    def attack(self, lab: str) -> None:
        """Launch the lesson's attack at the learner's own copy of a lab, in another tab."""
        (name,) = (c["value"] for c in self.context.cookies() if c["name"] == "learner")
        label = f"{lab}--for-{name}"
        about = attacks.all_attacks()[self.lesson.attack]
        tab = self.context.new_page()
        tab.goto(self.site.addresses.bank(label))
        if about.victim != "signed-out":
            tab.click("main form[action='/login'] button")
            tab.wait_for_selector("h1.greeting")
        position = self.lesson.position(matrix.load(), PROFILE)
        tab.goto(self.site.attack_page(self.lesson.attack, position, label))
        if about.trigger == "click":
            tab.click("#bait")
        self.page.bring_to_front()

    def cut_off(self) -> list[str]:
        """Return what doesn't fit on its screen, at each size."""
        found = []
        for width, height in SIZES:
            self.page.set_viewport_size({"width": width, "height": height})
            found += [f"{width}: {what}" for what in self.page.evaluate(CUT_OFF)]
        return found

    def press(self, key: str) -> str:
        """Press a key and return which screen is shown then."""
        self.page.keyboard.press(key)
        return self.on()

    def on(self) -> str:
        """Return which screen is shown: it's in the address, too."""
        (here,) = self.page.locator(".screen:visible").all()
        slug = here.get_attribute("id")
        assert self.page.url.endswith(f"#{slug}")
        return str(slug)


@pytest.fixture
def room(browsers: Browsers, site: Site, request: pytest.FixtureRequest) -> Iterator[Room]:
    lesson = getattr(request, "param", LESSONS[0])
    with profiles.fresh_context(browsers.get(PROFILE)) as context:
        yield Room(context, site, lesson)


@pytest.mark.parametrize("room", LESSONS, ids=lambda lesson: lesson.slug, indirect=True)
@pytest.mark.sample(4)
def test_every_screen_fits_before_and_after_the_attack_and_with_the_notes(room: Room) -> None:
    assert room.cut_off() == []
    for lab, screen in zip(room.lesson.labs, ("tried", "prove-it"), strict=True):
        room.attack(lab)
        verdict = room.page.locator(f"#{screen} .verdict")  # It appears without a reload.
        verdict.wait_for(state="attached")
        assert room.lesson.outcomes(lab).popitem()[1] in (verdict.text_content() or "")
    assert room.cut_off() == []
    room.page.keyboard.press("n")
    assert room.cut_off() == []


def test_without_scripts_the_screens_are_below_each_other_and_each_fits(
    browsers: Browsers, site: Site
) -> None:
    context = browsers.get(PROFILE).new_context(
        java_script_enabled=False, viewport={"width": 1280, "height": 720}
    )
    page = context.new_page()
    for lesson in LESSONS:
        page.goto(f"{site.playground}/lessons/{lesson.slug}/present/")
        high = page.eval_on_selector_all(".screen", "all => all.map((one) => one.scrollHeight)")
        assert max(high) <= 720, lesson.slug
    page.click("#predict .notes summary")
    expect(page.locator("#predict .notes p")).to_be_visible()
    page.click("#predict .place [rel=next]")
    expect(page.locator("#do-it h2")).to_be_in_viewport()
    context.close()


def test_keys_move_and_the_address_keeps_the_place(room: Room) -> None:
    moves = {
        "PageDown": "predict",
        "ArrowRight": "do-it",
        "ArrowDown": "tried",
        "PageUp": "do-it",
        "ArrowLeft": "predict",
        "ArrowUp": "scene",
        "End": "further",
        "Home": "scene",
    }
    assert {key: room.press(key) for key in moves} == moves
    assert room.press("PageUp") == "scene"
    room.press("End")
    room.page.reload()
    assert room.on() == "further"
    assert room.press("PageDown") == "further"
    room.page.click("#further .place [rel=prev]")
    assert room.on() == "proof"
    expect(room.page.locator("#proof")).to_be_focused()
    expect(room.page.locator("#proof .place")).to_contain_text("10 of 11")


def test_keys_with_others_and_keys_for_something_else_move_nothing(room: Room) -> None:
    for key in ("Control+ArrowRight", "Alt+PageDown", "Shift+ArrowDown", "Control+End", "a", " "):
        assert room.press(key) == "scene"
    room.page.evaluate(
        "document.querySelector('#scene .body').append(document.createElement('input'))"
    )
    room.page.focus("#scene input")
    assert room.press("End") == "scene"
    room.page.keyboard.type("nt?")
    expect(room.page.locator("#scene input")).to_have_value("nt?")
    expect(room.page.locator("[data-time]")).to_have_text("00:00")
    expect(room.page.locator("#scene .notes")).to_be_hidden()


def test_notes_are_hidden_until_they_are_asked_for_and_stay_from_screen_to_screen(
    room: Room,
) -> None:
    notes = room.page.locator(".screen.here .notes")
    expect(notes).to_be_hidden()
    room.page.keyboard.press("n")
    expect(notes).to_contain_text("Start the timer")
    room.press("PageDown")
    expect(notes).to_contain_text("A, B, C or D")
    room.page.reload()
    expect(notes).to_contain_text("A, B, C or D")
    room.page.click("[data-notes]")
    expect(notes).to_be_hidden()


def test_notes_in_their_own_window_and_the_slides_follow_each_other(room: Room) -> None:
    with room.context.expect_page() as opened:
        room.page.click("text=Notes in a window")
    notes = opened.value
    room.press("PageDown")
    expect(notes.locator("#predict .notes")).to_be_visible()
    expect(notes.locator(".slide >> visible=true")).to_have_count(0)
    notes.keyboard.press("PageDown")
    expect(room.page.locator("#do-it h2")).to_be_visible()
    notes.keyboard.press("t")
    expect(room.page.locator("[data-time]")).not_to_have_text("00:00")


def test_the_timer_outlives_a_reload_and_says_when_the_minutes_are_over(room: Room) -> None:
    page, time = room.page, room.page.locator("[data-time]")
    page.clock.install()
    page.reload()
    page.keyboard.press("t")
    page.clock.run_for(65_000)  # On top of the seconds that pass by themselves.
    expect(time).to_have_text(re.compile("^01:"))
    room.press("PageDown")
    page.reload()
    expect(time).to_have_text(re.compile("^01:"))
    expect(page.locator(".late")).to_be_empty()
    page.clock.run_for(NOTES[1].minutes * 60_000)
    expect(page.locator(".late")).to_have_text("Time’s up")
    page.keyboard.press("t")
    stopped = time.text_content()
    page.clock.run_for(5_000)
    expect(time).to_have_text(str(stopped))
    page.keyboard.press("Shift+T")
    expect(time).to_have_text("00:00")
    expect(page.locator(".late")).to_be_empty()


def test_without_storage_the_timer_runs(browsers: Browsers, site: Site) -> None:
    with profiles.fresh_context(browsers.get(PROFILE)) as context:
        context.add_init_script(
            "Object.defineProperty(window, 'sessionStorage', {get() { throw new Error(); }})"
        )
        room = Room(context, site, LESSONS[0])
        room.page.click("[data-timer]")
        expect(room.page.locator("[data-time]")).not_to_have_text("00:00")
        room.page.click("[data-reset]")
        expect(room.page.locator("[data-time]")).to_have_text("00:00")
        assert room.press("PageDown") == "predict"


def test_the_question_mark_lists_the_keys(room: Room) -> None:
    room.page.keyboard.press("?")
    keys = room.page.locator("dialog.keys")
    expect(keys).to_contain_text("Page Down")
    assert room.press("PageDown") == "scene"
    room.page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    room.page.click("[data-keys]")
    expect(keys).to_be_visible()


def test_each_screen_is_a_printed_page(room: Room) -> None:
    printed = room.page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == room.page.locator(".screen").count()
