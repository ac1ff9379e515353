"""Every cell of the matrix, confirmed or refuted by a browser.

What counts is the difference between two readings of the bank's state, before and after.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import matrix
from e2e import attacks, profiles
from e2e.bank import Lab, Site, browser_cookies
from e2e.conftest import Browsers


def test_cell(
    cell: matrix.Cell, browsers: Browsers, site: Site, record_property: Callable[[str, str], None]
) -> None:
    record_property("cell-profile", cell.profile)
    old = cell.cookie_age == "old"
    lab = Lab(site, cell.defense)
    action = attacks.about(cell.attack)["action"]
    with profiles.fresh_context(browsers.get(cell.profile, short_lax=old)) as context:
        context.add_cookies(browser_cookies(lab.sign_in(), lab.host))
        if old:
            time.sleep(profiles.SHORT_AGE)
        before = lab.state()
        signed_in = before["attempts"][-1]
        assert before["accounts"]["alice"]["sessions"] == 1, "alice is not signed in"
        page = context.new_page()
        attacks.launch(page, site, cell.attack, cell.position, lab.label)
        attempt, after = lab.wait_for(action, signed_in["id"])
        if cell.attack == "form-post" and cell.outcome == matrix.BLOCKED:
            # The bank's answer must not have signed alice out by replacing her cookie.
            page.wait_for_url(f"{lab.url}/**")
            page.goto(lab.url)
            assert page.is_visible("h1.greeting"), "a blocked attack signed alice out"

    changed = after["accounts"] != before["accounts"]
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
