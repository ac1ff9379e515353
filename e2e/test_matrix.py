"""Every cell of the matrix, confirmed or refuted by a browser.

What counts is the difference between two readings of the bank's state, before and after.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import BrowserContext

from catalogue import matrix
from e2e import attacks, profiles
from e2e.bank import PATIENCE, Lab, Site, browser_cookies
from e2e.conftest import Browsers

# How long a request that a browser is not expected to make is waited for, in milliseconds.
SILENCE = 1500

# Has every page say on the console when its content policy stops something.
POLICY = "stopped by the page's policy"
TELL_OF_POLICY = f"""addEventListener("securitypolicyviolation",
    (event) => console.log(`${{event.effectiveDirective}}: {POLICY}`))"""


def test_cell(
    cell: matrix.Cell, browsers: Browsers, site: Site, record_property: Callable[[str, str], None]
) -> None:
    record_property("cell-profile", cell.profile)
    lab = Lab(site, cell.defense)
    ages = profiles.ages(cell.attack, cell.cookie_age)
    with profiles.fresh_context(browsers.get(cell.profile, *ages)) as context:
        context.add_init_script(TELL_OF_POLICY)
        way = WAYS.get(cell.reason or "", try_out)
        way(cell, context, lab)


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
    if cell.cookie_age == "old" and profiles.grows_old_by_the_clock(cell.attack):
        page.wait_for_timeout(profiles.SHORT_AGE * 1000)
    if victim == "signs-in-later":
        attacks.spring(page, cell.attack)
    else:
        attacks.launch(page, lab.site, cell.attack, cell.position, lab.label)
    attempt, after = lab.wait_for(action, last, kind_of(cell))
    if cell.attack == "form-post" and cell.outcome == matrix.BLOCKED:
        # The bank's answer must not have signed alice out by replacing her cookie.
        page.wait_for_url(f"{lab.url}/**")
        page.goto(lab.url)
        assert page.is_visible("h1.greeting"), "a blocked attack signed alice out"

    if action == "upload-avatar":
        changed = lab.has_picture(cookies)
    elif action == "statement":
        changed = cell.outcome == matrix.FORGED and bool(lab.wait_for_loot(cell.attack))
    else:
        changed = _of_interest(after, action) != _of_interest(before, action)
    assert changed == (cell.outcome == matrix.FORGED), f"expected {cell.outcome}, saw {attempt}"
    assert attempt["reason"] == cell.reason
    if cell.outcome == matrix.FORGED:
        assert attempt["outcome"] == "applied"
        return
    if attempt["kind"] != "act":
        # What would follow if this had been let through is not there, even a moment later.
        page.wait_for_timeout(SILENCE)
        assert _of_interest(lab.state(), action) == _of_interest(before, action)
        assert not lab.loot(cell.attack), "the attacker got something after all"
    by_browser = (cell.reason or "").startswith("cookie-")
    assert attempt["outcome"] == ("anonymous" if by_browser else "refused")
    said = {verdict["reason"] for verdict in attempt["verdicts"]}
    if cell.verdict:
        assert cell.verdict in said, "the defense itself did not refuse"


def kind_of(cell: matrix.Cell) -> str:
    """Return the kind of attempt that shows the outcome of a cell."""
    if cell.attack == "websocket-hijack":
        return "websocket"
    # Where the frame is not shown, or shows a visitor who is not signed in, there is no act.
    unseen = (cell.reason or "").startswith(("cookie-", "frame-"))
    return "framed" if cell.attack == "clickjacking" and unseen else "act"


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
    before, told = _launch_in_vain(cell, context, lab, bool)
    assert [address for address in told if address.startswith(lab.url)] == []
    assert lab.state() == before, "the browser made the request after all"


def preflight_is_refused(cell: matrix.Cell, context: BrowserContext, lab: Lab) -> None:
    """See that the browser asked, that the bank said no, and that the request was not made."""

    def others() -> list[tuple[str, str]]:
        attempts = lab.state()["attempts"]
        return [(a["kind"], a["reason"]) for a in attempts if a["action"] != "login"]

    _launch_in_vain(cell, context, lab, lambda _: bool(others()))
    assert others() == [("preflight", "cors-closed")]


def answer_is_unreadable(cell: matrix.Cell, context: BrowserContext, lab: Lab) -> None:
    """See that the request was made, and that the attacker's page could do nothing with it."""
    asked = f"{lab.url}/transfer"
    before, told = _launch_in_vain(cell, context, lab, lambda told: asked in told)
    assert asked in told, "the request was not even sent"
    assert lab.state() == before
    assert not lab.loot(cell.attack)


def policy_stops_it(cell: matrix.Cell, context: BrowserContext, lab: Lab) -> None:
    """See the bank's page say that its policy was broken, and that nothing came of it."""

    def broken(told: list[str]) -> bool:
        return any(POLICY in line for line in told)

    before, told = _launch_in_vain(cell, context, lab, broken)
    assert broken(told), "no policy was broken"
    assert lab.state() == before
    assert not lab.loot(cell.attack)


WAYS = {
    matrix.NOT_SENT: nothing_is_sent,
    "preflight-refused": preflight_is_refused,
    "response-unreadable": answer_is_unreadable,
    "csp-refused": policy_stops_it,
}


def _launch_in_vain(
    cell: matrix.Cell, context: BrowserContext, lab: Lab, seen: Callable[[list[str]], bool]
) -> tuple[dict[str, Any], list[str]]:
    """Launch the attack, wait until something is seen, and then in vain for anything to come of it.

    Return the state before, and what the browser told: the addresses that it asked for, and the
    lines on its console.
    """
    context.add_cookies(browser_cookies(lab.sign_in(), lab.host))
    before = lab.state()
    told: list[str] = []
    context.on("request", lambda request: told.append(request.url))
    context.on("console", lambda message: told.append(message.text))
    page = context.new_page()
    attacks.launch(page, lab.site, cell.attack, cell.position, lab.label)
    deadline = time.monotonic() + PATIENCE
    while not seen(told) and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    page.wait_for_timeout(SILENCE)
    assert told, "the attack's page was not even opened"
    assert lab.state()["accounts"] == before["accounts"], "something came of it after all"
    return before, told
