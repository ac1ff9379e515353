"""One visit: sign in as alice, open the page, click where it invites a click, and stay until it's
quiet.

Only what a visitor can do is done, with a fresh window that has never been anywhere.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import BrowserContext, Error, Page

from catalogue.visits import STAY
from csrf_proof.inviting import BAITS, QUIET, SHORTEST, click_over
from csrf_proof.trial import lure
from csrf_proof.windows import Window
from victim_bot.seen import Seen

MOST_WINDOWS = 10
_LOADS, _COMES, _TAKES, _SNAPS = 3_000, 600, 3_000, 2_000  # Milliseconds.
_SLICE = 50
# What invites a click only if the page has done nothing by itself.
_LINKS = "a[href]"


class TooMuch(Exception):
    """The page took more than a visit may; the message is a sentence."""


@dataclass(frozen=True)
class Task:
    """What to do: where alice signs in, what she opens, and what she clicks, if that's told.

    `site` is the host whose subdomains are one site with the bank, `stay` how many seconds she
    stays at most.
    """

    bank: str
    site: str
    address: str
    click: str = ""
    stay: float = STAY


def visit(
    window: Window, task: Task, begin: Callable[[], None], check: Callable[[], None]
) -> dict[str, Any]:
    """Make a visit and return what was seen. `begin` is called once alice is signed in.

    `check` is called again and again, and raises TooMuch to end it.

    Raises:
        Error: The browser failed.
    """
    window.watch.begin(task.bank, "", "")
    seen = Seen(window.context, task.bank, task.site, window.watch)
    _sign_in(window.page, task.bank)
    seen.begin()
    begin()
    began = time.monotonic()
    problem, clicked, quiet = "", "", False
    try:
        lure(window.page, task.address)
        clicked = _click(window.page, task, seen)
        quiet = _stay(window.context, seen, began, task.stay, check)
    except TooMuch as much:
        problem = str(much)
    return {
        "problem": problem,
        "clicked": clicked,
        "quiet": quiet,
        "read_nothing": seen.read_nothing,
        "broke_policy": seen.broke_policy,
        "seconds": round(time.monotonic() - began, 2),
        "navigation": seen.navigation,
        "requests": seen.requests(),
        "console": seen.console,
        "screenshot": "" if problem else _picture(window.page),
    }


def _sign_in(page: Page, bank: str) -> None:
    """Sign in with the bank's own form, which is filled in for alice."""
    page.goto(f"{bank}/login", wait_until="commit")
    page.click("main button")
    page.wait_for_selector("h1.greeting")


def _click(page: Page, task: Task, seen: Seen) -> str:
    """Click once, if there's something to click; return its text."""
    with suppress(Error):
        page.wait_for_load_state(timeout=_LOADS)
    if not page.url.startswith(task.address.rpartition("/")[0]):
        return ""  # The page has led on by itself.
    wanted = [page.get_by_text(task.click)] if task.click else [page.locator(BAITS)]
    if not task.click and not seen.asked_bank:
        wanted.append(page.locator(_LINKS))
    for found in wanted:
        with suppress(Error):
            bait = found.locator("visible=true").first
            bait.wait_for(timeout=_COMES)
            bait.scroll_into_view_if_needed(timeout=_TAKES)
            text = bait.inner_text(timeout=_TAKES) or bait.get_attribute("value", timeout=_TAKES)
            if click_over(page, bait, _TAKES):
                return (text or "something without text").strip()[:100]
    return ""


def _stay(
    context: BrowserContext, seen: Seen, began: float, most: float, check: Callable[[], None]
) -> bool:
    """Stay until nothing happens any more; return whether that came in time."""
    while time.monotonic() < began + most:
        check()
        windows = len(context.pages)
        if windows > MOST_WINDOWS:
            raise TooMuch(f"The page opened more than {MOST_WINDOWS} windows, so the visit ended.")
        if not windows:
            return True  # The page has closed its own.
        # A page whose pop-up is open may look at it from time to time, and act then.
        if time.monotonic() - began > SHORTEST and seen.quiet_for() > QUIET * min(windows, 2):
            return True
        context.pages[0].wait_for_timeout(_SLICE)
    return False


def _picture(page: Page) -> str:
    """Return what the window shows in the end; nothing if that can't be had."""
    with suppress(Error):
        image = page.screenshot(type="jpeg", quality=60, timeout=_SNAPS)
        return base64.b64encode(image).decode()
    return ""


def task_of(said: Mapping[str, Any]) -> Task:
    """Return what the queue asks for."""
    return Task(
        str(said["bank"]),
        str(said["site"]),
        str(said["address"]),
        str(said["click"]),
        float(said["stay"]),
    )
