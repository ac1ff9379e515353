"""`delayed-button` as honest people meet it: by mouse, by keyboard, as a screen reader does it, and
when they're very fast. The attacks that it stops are cells of the matrix."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page

from e2e.bank import Lab, Site, sign_in_by_hand

# Milliseconds after which nobody is in a hurry.
A_MOMENT = 600
BUTTON, ALERT = "#send", "main [role=alert]"
Press = Callable[[Page], None]


def by_mouse(page: Page) -> None:
    page.hover(BUTTON)
    page.wait_for_timeout(A_MOMENT)
    page.click(BUTTON)


def by_keyboard(page: Page) -> None:
    page.focus("input[name=amount]")
    page.keyboard.press("Tab")
    page.wait_for_timeout(A_MOMENT)
    page.keyboard.press("Enter")


def by_space_bar(page: Page) -> None:
    page.focus(BUTTON)
    page.wait_for_timeout(A_MOMENT)
    page.keyboard.press("Space")


def from_a_field(page: Page) -> None:
    page.wait_for_timeout(A_MOMENT)
    page.press("input[name=amount]", "Enter")


def by_screen_reader(page: Page) -> None:
    """It activates the button, with neither a key nor a pointer."""
    page.wait_for_timeout(A_MOMENT)
    page.locator(BUTTON).evaluate("button => button.click()")


def too_fast_and_then_again(page: Page) -> None:
    page.click(BUTTON)
    page.wait_for_selector(ALERT)
    page.wait_for_timeout(A_MOMENT)
    page.click(BUTTON)


@pytest.mark.parametrize(
    "press",
    [by_mouse, by_keyboard, by_space_bar, from_a_field, by_screen_reader, too_fast_and_then_again],
)
def test_one_deliberate_press_pays(context: BrowserContext, site: Site, press: Press) -> None:
    lab, page = payment_request(context, site, "delayed-button")
    press(page)
    page.wait_for_selector(".notice")
    assert lab.balance() == 995


def test_a_page_that_has_just_come_to_the_front_takes_no_click(
    context: BrowserContext, site: Site
) -> None:
    """Windows of these browsers always believe that they're in front, so the page is told."""
    lab, page = payment_request(context, site, "delayed-button")
    page.wait_for_timeout(A_MOMENT)
    page.evaluate("dispatchEvent(new Event('focus')); document.querySelector('#send').click()")
    assert "press “Send”" in page.inner_text(ALERT)
    assert lab.balance() == 1000


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_a_key_that_was_held_down_before_never_presses_it(
    context: BrowserContext, site: Site, key: str
) -> None:
    lab, page = payment_request(context, site, "delayed-button")
    page.wait_for_timeout(A_MOMENT)
    page.keyboard.down(key)
    page.focus(BUTTON)
    page.keyboard.down(key)
    page.keyboard.up(key)
    page.wait_for_selector(ALERT)
    assert lab.balance() == 1000


def test_what_it_ignores_is_not_sent_by_the_banks_script_either(
    context: BrowserContext, site: Site
) -> None:
    lab, page = payment_request(context, site, "delayed-button--custom-header")
    page.click(BUTTON)
    page.wait_for_selector(ALERT)
    assert lab.balance() == 1000
    by_mouse(page)
    page.wait_for_selector(".notice")
    assert lab.balance() == 995


def payment_request(context: BrowserContext, site: Site, label: str) -> tuple[Lab, Page]:
    lab = Lab(site, label)
    page = sign_in_by_hand(context, lab)
    page.goto(f"{lab.url}/pay?to=mallory&amount=5")
    return lab, page
