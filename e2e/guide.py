"""Following the bank's guide in one tab: to the attacker's page, and back to the bank."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import Page

from e2e import attacks

# Attacks whose page stays, with the link back to the bank on it; and one that leads to the bank's
# answer for scripts, which has no link at all. The others lead to a page of the bank.
STAY = {"image-get", "frame-get", "fetch-post"}
BARE = {"text-plain-json"}


# What the guide's bar may take of a window's height.
MOST = 0.15


def assert_it_leaves_room(page: Page) -> None:
    """Fail if the bar at the top of the bank takes too much of the window."""
    height, whole = page.evaluate(
        "[document.querySelector('.strip').getBoundingClientRect().height, innerHeight]"
    )
    assert height <= MOST * whole, page.inner_text(".strip")


def open_attackers_page(page: Page, attack: str) -> None:
    """Click the guide's link, and wait until the attacker's page has been shown and runs."""
    with page.expect_navigation(
        url=lambda url: urlsplit(url).path == f"/{attack}/", wait_until="commit"
    ):
        page.click("text=Open the attacker’s page")


def there_and_back(page: Page, attack: str) -> None:
    """Go from the bank to the attacker's page, do what it asks for, and return to the bank."""
    open_attackers_page(page, attack)
    if attacks.all_attacks()[attack].trigger == "click":
        page.click("#bait")
    if attack in STAY:
        page.wait_for_load_state()
        page.click("#home")
    elif attack in BARE:
        page.wait_for_url("**/api/**")
        page.go_back()
    page.wait_for_selector(".strip .step")
