"""Every cell of the matrix, confirmed or refuted by a browser.

What counts is the difference between two readings of the bank's state, before and after.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import BrowserContext

import matrix
from e2e import attacks, profiles
from e2e.bank import Lab, Site, browser_cookies
from e2e.conftest import Browsers

# How long a request that a browser is not expected to make is waited for, in milliseconds.
SILENCE = 1500


def test_cell(
    cell: matrix.Cell, browsers: Browsers, site: Site, record_property: Callable[[str, str], None]
) -> None:
    record_property("cell-profile", cell.profile)
    lab = Lab(site, cell.defense)
    old = cell.cookie_age == "old"
    with profiles.fresh_context(browsers.get(cell.profile, old_cookies=old)) as context:
        if cell.reason == matrix.NOT_SENT:
            nothing_is_sent(cell, context, lab)
        else:
            try_out(cell, context, lab)


def try_out(cell: matrix.Cell, context: BrowserContext, lab: Lab) -> None:
    """Launch the attack, and compare the attempt and the bank's state with the cell."""
    about, victim = attacks.about(cell.attack), attacks.victim(cell.attack)
    action = about["action"]
    cookies = lab.sign_in() if victim == "signed-in" else []
    context.add_cookies(browser_cookies(cookies, lab.host))
    page = context.new_page()
    if victim == "signs-in-later":
        attacks.lure(page, lab.site, cell.attack, cell.position, lab.label)
        page.wait_for_load_state()
        profiles.sign_in_by_hand(context, lab)
    before = lab.state()
    if victim != "signed-out":
        assert before["accounts"]["alice"]["sessions"] == 1, "alice is not signed in"
    last = before["attempts"][-1]["id"] if before["attempts"] else 0
    if victim == "signs-in-later":
        attacks.spring(page, cell.attack)
    else:
        attacks.launch(page, lab.site, cell.attack, cell.position, lab.label)
    attempt, after = lab.wait_for(action, last)
    if cell.attack == "form-post" and cell.outcome == matrix.BLOCKED:
        # The bank's answer must not have signed alice out by replacing her cookie.
        page.wait_for_url(f"{lab.url}/**")
        page.goto(lab.url)
        assert page.is_visible("h1.greeting"), "a blocked attack signed alice out"

    if action == "upload-avatar":
        changed = lab.has_picture(cookies)
    else:
        changed = _of_interest(after, action) != _of_interest(before, action)
    assert changed == (cell.outcome == matrix.FORGED), f"expected {cell.outcome}, saw {attempt}"
    assert attempt["reason"] == cell.reason
    if cell.outcome == matrix.FORGED:
        assert attempt["outcome"] == "applied"
        return
    by_browser = (cell.reason or "").startswith("cookie-")
    assert attempt["outcome"] == ("anonymous" if by_browser else "refused")
    said = {verdict["reason"] for verdict in attempt["verdicts"]}
    if cell.verdict:
        assert cell.verdict in said, "the defense itself did not refuse"


def _of_interest(state: dict[str, Any], action: str) -> dict[str, Any]:
    """Return the accounts without mallory's sign-ins: the attacker's server makes them at will.

    For a forged sign-in they stay, since it is one of hers in the victim's browser.
    """
    accounts = {name: dict(account) for name, account in state["accounts"].items()}
    if action != "login":
        del accounts["mallory"]["sessions"]
    return accounts


def nothing_is_sent(cell: matrix.Cell, context: BrowserContext, lab: Lab) -> None:
    """Launch the attack, and see in the browser and at the bank that no request was made."""
    context.add_cookies(browser_cookies(lab.sign_in(), lab.host))
    before = lab.state()
    page = context.new_page()
    sent: list[str] = []
    context.on("request", lambda request: sent.append(request.url))
    attacks.launch(page, lab.site, cell.attack, cell.position, lab.label)
    page.wait_for_timeout(SILENCE)
    assert sent, "the attack's page was not even opened"
    assert [address for address in sent if address.startswith(lab.url)] == []
    assert lab.state() == before, "the browser made the request after all"
