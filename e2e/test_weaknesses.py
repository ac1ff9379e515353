"""Each weakness is a feature that works for an honest customer, and so does the statement feed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from csrf_proof import profiles
from e2e.accessibility import complaints
from e2e.bank import Lab, Site, sign_in_by_hand
from e2e.conftest import Browsers

FOLDER = Path(__file__).resolve().parents[1] / "victim_site" / "weaknesses"
WEAKNESSES = sorted(path.parent.name.replace("_", "-") for path in FOLDER.glob("*/weakness.py"))
PASSWORD = "input[name=current_password]"
HERE = ("chromium", "firefox")


def needs_a_browser(request: pytest.FixtureRequest, profile: str, covered: bool) -> BrowserContext:
    """Return a fresh context of the profile; skip where other tests of this file say the same.

    In Firefox that is what is `covered` by the lab of all defenses, which chromium has besides.
    """
    if profile not in HERE:
        pytest.skip("nothing here is third-party")
    if covered and profile != HERE[0] and not request.config.option.all_cells:
        pytest.skip("part of make matrix-full")
    context: BrowserContext = request.getfixturevalue("context")
    return context


def in_the_menu(page: Page, name: str) -> None:
    page.click(f"nav[aria-label=Bank] >> text='{name}'")


def send(page: Page) -> None:
    """Send the transfer form, with the password where the lab asks for it."""
    if page.is_visible(f"main {PASSWORD}"):
        page.fill(f"main {PASSWORD}", "wonderland")
    page.click("main form button")


def go_to_a_page_of_the_bank(page: Page) -> None:
    in_the_menu(page, "Shortcuts")
    page.click("main >> text='Your e-mail address'")
    page.wait_for_url("**/email")


def see_what_an_app_gets(page: Page) -> None:
    in_the_menu(page, "Apps")
    page.wait_for_selector("#app-answer:has-text('1000')")


def pay_by_bookmark(page: Page) -> None:
    in_the_menu(page, "Bookmarks")
    page.click("#bookmark")
    if "everything" not in page.url:  # There the payment asks for a password.
        page.wait_for_selector("#balance:has-text('990')")


def be_known_to_partners(page: Page) -> None:
    in_the_menu(page, "Partners")
    page.wait_for_selector("#partner:has-text('alice: 1000')")


def sign_in_by_lantern_id(page: Page) -> None:
    in_the_menu(page, "Lantern ID")
    page.wait_for_selector("h1:has-text('Hello, alice')")


def pay_in_two_steps(page: Page) -> None:
    in_the_menu(page, "Two steps")
    page.fill("main input[name=to]", "mallory")
    page.fill("main input[name=amount]", "30")
    send(page)
    page.click("#confirm")
    page.wait_for_selector("#balance:has-text('970')")


def pay_what_a_note_asks_for(page: Page) -> None:
    in_the_menu(page, "A payment request")
    assert page.inner_text(".pay-note b") == "lunch"
    send(page)
    page.wait_for_selector("#balance:has-text('980')")


def connect_an_identity_and_sign_in_with_it(page: Page) -> None:
    in_the_menu(page, "Lighthouse")
    go_through_lighthouse(page)
    page.wait_for_selector("#identity:has-text('alice@lighthouse')")
    page.click("text=Sign out")
    page.click("text=Sign in with Lighthouse")
    go_through_lighthouse(page)
    page.wait_for_selector("h1:has-text('Hello, alice')")


def go_through_lighthouse(page: Page) -> None:
    page.click("#lighthouse")
    assert complaints(page) == []
    page.click("main button")
    assert complaints(page) == []
    page.click("#continue")


def pay_at_the_branch(page: Page) -> None:
    in_the_menu(page, "Branch")
    page.fill("main input[name=to]", "mallory")
    page.fill("main input[name=amount]", "60")
    page.click("main form button")
    page.wait_for_selector("#paid")
    page.click("nav >> text=Account")
    page.wait_for_selector("#balance:has-text('940')")


def read_a_message(page: Page) -> None:
    in_the_menu(page, "Inbox")
    page.click("text=Mark as read >> nth=0")
    page.wait_for_selector("#inbox-state:has-text('Done.')")
    page.goto(page.url.partition("#")[0])
    assert page.locator("main li:has-text('read') a").count() == 1, "the message is not read"


def pay_by_the_api(page: Page) -> None:
    in_the_menu(page, "Developers")
    page.click("#graphql >> text=Run")
    page.wait_for_selector("#graphql-answer:has-text('1000')")
    page.fill("#graphql textarea", 'mutation { transfer(to: "mallory", amount: 30) { balance } }')
    if page.is_visible(f"#graphql {PASSWORD}"):
        page.fill(f"#graphql {PASSWORD}", "wonderland")
    page.click("#graphql >> text=Run")
    page.wait_for_selector("#graphql-answer:has-text('970')")


HONEST: dict[str, Callable[[Page], None]] = {
    "open-redirect": go_to_a_page_of_the_bank,
    "cors-reflect": see_what_an_app_gets,
    "method-override": pay_by_bookmark,
    "second-cookie": be_known_to_partners,
    "connect-account": connect_an_identity_and_sign_in_with_it,
    "cookie-refresh": sign_in_by_lantern_id,
    "trusted-network": pay_at_the_branch,
    "two-step": pay_in_two_steps,
    "markup-injection": pay_what_a_note_asks_for,
    "script-injection": pay_what_a_note_asks_for,
    "fragment-request": read_a_message,
    "graphql": pay_by_the_api,
}


def test_every_weakness_is_used_here() -> None:
    assert set(HONEST) == set(WEAKNESSES)


@pytest.mark.parametrize("defense", ["no-defense", "everything"])
@pytest.mark.parametrize("weakness", WEAKNESSES)
@pytest.mark.sample(12)
def test_an_honest_customer_uses_the_feature(
    request: pytest.FixtureRequest, profile: str, site: Site, weakness: str, defense: str
) -> None:
    context = needs_a_browser(request, profile, covered=defense == "no-defense")
    lab = Lab(site, f"{defense}--with-{weakness}")
    page = sign_in_by_hand(context, lab)

    HONEST[weakness](page)

    if profile == HERE[0] and defense == "no-defense":
        assert complaints(page) == []


@pytest.mark.parametrize("defense", ["oauth-state", "oauth-state--json-only"])
def test_the_state_comes_back_to_an_honest_customer(
    request: pytest.FixtureRequest, profile: str, site: Site, defense: str
) -> None:
    context = needs_a_browser(request, profile, covered=defense == "oauth-state")
    lab = Lab(site, f"{defense}--with-connect-account")

    connect_an_identity_and_sign_in_with_it(sign_in_by_hand(context, lab))

    assert lab.state()["accounts"]["alice"]["identity"] == "alice@lighthouse"


@pytest.mark.parametrize(
    "defense", ["no-defense", "everything", "samesite-strict", "json-only", "content-policy"]
)
def test_the_statement_shows_a_payment_as_it_happens(
    request: pytest.FixtureRequest, profile: str, site: Site, defense: str
) -> None:
    covered = defense in {"no-defense", "samesite-strict"}
    context = needs_a_browser(request, profile, covered)
    lab = Lab(site, defense)
    payment, statement = sign_in_by_hand(context, lab), context.new_page()
    statement.goto(f"{lab.url}/statement")
    statement.wait_for_selector("#feed:has-text('1000')")

    payment.goto(f"{lab.url}/transfer")
    payment.fill("main input[name=to]", "mallory")
    payment.fill("main input[name=amount]", "40")
    send(payment)

    statement.wait_for_selector("#feed:has-text('960')")
    assert "alice to mallory: 40" in statement.inner_text("#feed-payments")
    (attempt,) = [one for one in lab.state()["attempts"] if one["kind"] == "websocket"]
    assert (attempt["outcome"], attempt["action"]) == ("applied", "statement")


def test_what_was_stolen_shows_as_loot(browsers: Browsers, site: Site) -> None:
    """The token that a bank's page gave away, on the attacker's own page and in her next form."""
    lab = Lab(site, "session-token--with-cors-reflect")
    with profiles.fresh_context(browsers.get("chromium")) as context:
        page = sign_in_by_hand(context, lab)
        page.goto(f"{lab.url}/transfer")
        token = page.get_attribute("main input[name=token]", "value")
        page.goto(site.attack_page("cors-token-theft", "cross-site", lab.label))

        assert lab.wait_for_loot("cors-token-theft") == {"token": token}
        page.click("text=What did this page just do?")
        assert token
        assert token in page.inner_text("main")
        page.click("text=All loot from this lab")
        assert token in page.inner_text("main")


def test_the_slider_shows_what_lies_over_the_button(browsers: Browsers, site: Site) -> None:
    lab = Lab(site, "no-defense")
    with profiles.fresh_context(browsers.get("chromium")) as context:
        page = sign_in_by_hand(context, lab)
        page.goto(site.attack_page("clickjacking", "cross-site", lab.label))
        assert page.eval_on_selector("#frame", "frame => getComputedStyle(frame).opacity") == "0"

        page.fill("#see", "100")

        assert page.eval_on_selector("#frame", "frame => getComputedStyle(frame).opacity") == "1"
        assert page.frame_locator("#frame").locator("#send").is_visible()
