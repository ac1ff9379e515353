"""The cookie page measures a browser rightly: in each profile it finds what is stated of it.

What is stated comes from the page's own export, next to what it has measured.
"""

from __future__ import annotations

import json
import re
import time
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page

from csrf_proof import profiles
from e2e.accessibility import complaints
from e2e.bank import Site
from e2e.conftest import Browsers

pytestmark = pytest.mark.each_browser

Arrivals = dict[str, dict[str, list[str]]]
BANK = "no-defense--for-cookies.bank.localhost"
RUN = re.compile(r"//playground\.localhost:\d+/cookies/[0-9a-f]{16}/$")


def run(page: Page, site: Site) -> dict[str, Any]:
    """Press the page's one button; return what the run found, as exported."""
    before = page.url
    page.click("main a.button")
    page.wait_for_url(lambda address: address != before and bool(RUN.search(address)))
    answer = site.get("playground.localhost", f"{urlsplit(page.url).path[:-1]}.json")
    assert answer.status == 200, answer.text
    found: dict[str, Any] = json.loads(answer.body)
    return found


def without(kind: str, arrivals: Arrivals) -> Arrivals:
    return {
        position: {way: [one for one in kinds if one != kind] for way, kinds in ways.items()}
        for position, ways in arrivals.items()
    }


def only(kind: str, arrivals: Arrivals) -> dict[str, dict[str, bool]]:
    return {
        position: {way: kind in kinds for way, kinds in ways.items()}
        for position, ways in arrivals.items()
    }


def test_one_click_finds_what_is_stated_of_the_browser(
    context: BrowserContext, site: Site, profile: str
) -> None:
    page = context.new_page()
    page.goto(f"{site.playground}/cookies/")

    found = run(page, site)

    assert found["finished"]
    assert found["arrived"] == without("old", found["profiles"][profile])
    assert page.is_visible(f"text=It behaves like >> code:text-is('{profile}')")
    assert complaints(page) == []


def test_a_second_run_finds_the_same_and_leaves_no_trace_in_the_history(
    context: BrowserContext, site: Site
) -> None:
    """Firefox would send third-party cookies, had it the attacker's pages in the tab's history."""
    page = context.new_page()
    page.goto(f"{site.playground}/cookies/")
    length = page.evaluate("history.length")

    first, second = run(page, site), run(page, site)

    assert second["run"] != first["run"]
    assert second["arrived"] == first["arrived"]
    assert page.evaluate("history.length") == length + 2


def test_an_old_cookie_without_samesite_is_found_as_stated(
    browsers: Browsers, site: Site, profile: str
) -> None:
    """Where age matters the browser takes every cookie for old, so that nobody has to wait."""
    matters = profiles.STATED[profile].lax_by_default
    planted = {"name": "c_old", "value": str(int(time.time()) - 200), "domain": BANK, "path": "/"}
    with profiles.fresh_context(
        browsers.get(profile, *[profiles.OLD_COOKIES] * matters)
    ) as context:
        context.add_cookies([planted])  # type: ignore[list-item]
        page = context.new_page()
        page.goto(f"{site.playground}/cookies/")

        found = run(page, site)

        assert only("old", found["arrived"]) == only("old", found["profiles"][profile])
        assert page.is_visible("text=is treated as Lax") == matters
        assert page.is_visible("text=There is no Lax default") != matters


def test_without_scripts_a_visitor_clicks_through_and_learns_what_is_missing(
    browsers: Browsers, site: Site
) -> None:
    context = browsers.get("chromium").new_context(java_script_enabled=False)
    try:
        page = context.new_page()
        page.goto(f"{site.playground}/cookies/")
        page.click("main a.button")
        for pages in range(8):
            page.wait_for_selector(f"text=Page {pages + 1} of 8")
            page.click("#go")
        page.wait_for_url(RUN)
        assert page.is_visible("text=4 of the 15 requests didn’t arrive.")
        assert page.is_visible("text=From another site: fetch, WebSocket.")
    finally:
        context.close()
