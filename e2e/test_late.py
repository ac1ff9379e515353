"""What `check-after-effect` shows: an answer that says no proves nothing about what was done."""

from __future__ import annotations

from playwright.sync_api import BrowserContext

from e2e import attacks
from e2e.bank import Lab, Site, browser_cookies


def test_the_answer_is_a_refusal_and_the_money_is_gone(context: BrowserContext, site: Site) -> None:
    lab = Lab(site, "check-after-effect")
    context.add_cookies(browser_cookies(lab.sign_in(), lab.host))
    page = context.new_page()
    with page.expect_response(f"{lab.url}/transfer") as answer:
        attacks.launch(page, site, "form-post", "cross-site", lab.label)
        attempt, after = lab.wait_for("transfer", lab.state()["attempts"][0]["id"])

    assert answer.value.status == 403
    assert attempt["outcome"] == "applied"
    assert after["accounts"]["alice"]["balance"] == 900
