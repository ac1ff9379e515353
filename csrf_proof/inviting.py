"""How a visitor treats a page of which nothing is known: one click on what invites it, and then a
stay until it's quiet."""

from __future__ import annotations

from playwright.sync_api import Locator, Page

BAITS = "#bait, button, input[type=submit], input[type=button], input[type=image], [onclick]"
# Seconds: that a page has to be quiet, and that a visit takes at least.
QUIET, SHORTEST = 0.8, 1.2


def click_over(page: Page, bait: Locator, timeout: float) -> bool:
    """Click where something is, so that whatever covers it gets the click, as a visitor's would.

    Returns whether it's anywhere; `timeout` is in milliseconds.
    """
    box = bait.bounding_box(timeout=timeout)
    if box is None:
        return False
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    return True
