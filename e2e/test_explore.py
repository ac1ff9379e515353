"""Ways around the teaching side: menu and tables on a phone, the matrix by keyboard, paper."""

from __future__ import annotations

from collections import Counter

import pytest
from playwright.sync_api import BrowserContext, expect

from csrf_proof import profiles
from e2e.bank import Site
from e2e.conftest import Browsers


def test_on_a_phone_the_menu_opens_and_closes(context: BrowserContext, site: Site) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{site.playground}/")
    link = page.get_by_role("link", name="Self-check", exact=True).first
    expect(link).to_be_hidden()
    page.keyboard.press("Tab")  # To the content,
    page.keyboard.press("Tab")  # the home page,
    page.keyboard.press("Tab")  # and the menu.
    page.keyboard.press("Enter")
    expect(link).to_be_visible()
    page.keyboard.press("Escape")
    expect(link).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    link.click()
    page.wait_for_url("**/self-check/**")


def test_arrow_keys_move_between_the_squares_of_the_matrix(
    context: BrowserContext, site: Site
) -> None:
    page = context.new_page()
    page.goto(f"{site.playground}/matrix/pattern/")
    squares = page.locator("table.pattern").first.locator("tbody tr")
    assert page.locator("button[name=square]").count() > 1000
    expect(page.locator("button[name=square][tabindex='0']")).to_have_count(2)

    squares.nth(0).locator("button").first.focus()
    for key in ("ArrowUp", "ArrowRight", "ArrowDown", "ArrowDown", "ArrowLeft"):
        page.keyboard.press(key)
    expect(squares.nth(2).locator("button").first).to_be_focused()
    page.keyboard.press("End")
    expect(squares.nth(2).locator("button").last).to_be_focused()
    page.keyboard.press("Enter")
    attack = squares.nth(2).locator("th a").inner_text()
    expect(page.locator(".opened")).to_contain_text(attack)


def test_on_paper_every_step_of_a_lesson_is_open(context: BrowserContext, site: Site) -> None:
    page = context.new_page()
    page.goto(f"{site.playground}/lessons/the-image/?all")
    code = page.locator("#fix-it").locator("xpath=../..").locator("pre").first
    shown = "code => code.checkVisibility()"
    assert not code.evaluate(shown)
    page.emulate_media(media="print")
    if not page.evaluate("matchMedia('print').matches"):
        pytest.skip("this browser can't be shown a page as on paper")
    assert code.evaluate(shown)


@pytest.mark.parametrize("path", ["/advisories/", "/cookie-jar/", "/cookies/", "/policies/"])
def test_on_a_phone_nothing_scrolls_sideways(
    context: BrowserContext, site: Site, path: str
) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{site.playground}{path}")

    for box in [page.locator("html"), *page.locator(".scroll").all()]:
        assert box.evaluate("box => box.scrollWidth - box.clientWidth") == 0


def test_on_a_phone_each_verdict_says_whose_it_is_and_is_in_a_table_still(
    browsers: Browsers, site: Site
) -> None:
    # Of the browsers here, only Chromium shows what a screen reader gets from it.
    with profiles.fresh_context(browsers.get("chromium")) as context:
        page = context.new_page()
        page.set_viewport_size({"width": 390, "height": 844})
        page.goto(f"{site.playground}/policies/")
        whose = page.locator("tr[data-row=form-post] td[data-policy] .column")
        expect(whose).to_have_count(page.locator(".costs tbody tr").count())
        for each in whose.all():
            expect(each).to_be_visible()

        tree = context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
        roles = Counter(node["role"]["value"] for node in tree if not node["ignored"])
        # Both tables of the page: what each gets wrong, and all answers.
        assert roles["table"] == 2
        assert roles["row"] == page.locator("main tr").count()
        assert roles["cell"] == page.locator("main td").count()
        assert roles["columnheader"] == page.locator("main thead th").count()


def test_all_of_the_matrix_is_on_one_screen(context: BrowserContext, site: Site) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"{site.playground}/matrix/pattern/")
    for table in page.locator("table.pattern").all():
        box, room = table.bounding_box(), table.locator("xpath=..").bounding_box()
        assert box
        assert room
        assert box["y"] + box["height"] <= 800
        assert box["width"] <= room["width"]
