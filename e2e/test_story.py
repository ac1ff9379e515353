"""The pages as a newcomer walks them, clicking only what they offer."""

from __future__ import annotations

import fcntl
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from csrf_proof import profiles
from e2e.bank import Lab, Site, sign_in_by_hand
from e2e.conftest import Browsers


@pytest.fixture
def shared_labs(site: Site) -> Iterator[None]:
    """The story's labs belong to everybody: tests in all workers take turns."""
    lock = Path(tempfile.gettempdir()) / f"csrf-playground-{site.victim_port}.lock"
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def reset(context: BrowserContext, site: Site, lab: str) -> None:
    """Start a shared lab over, by its own button."""
    page = context.new_page()
    page.goto(f"{site.playground}/labs/{lab}/")
    # The answer, since a log that was empty before shows nothing of it.
    with page.expect_response("**/reset/"):
        page.click("text=Reset this lab")
    page.wait_for_selector("text=Nothing yet")


def walk(context: BrowserContext, page: Page) -> Page:
    """Follow the strip: sign in, open the attacker's page, come back and see what happened."""
    page.wait_for_load_state()
    if page.is_visible("main form[action='/login'] button"):
        assert "Step 1 of 3" in page.inner_text(".step")
        page.click("main form[action='/login'] button")
    page.wait_for_selector("text=Step 2 of 3")
    with context.expect_page() as opened:
        page.click("text=Open the attacker’s page")
    opened.value.wait_for_load_state()
    time.sleep(0.5)  # A person looks at the kitten for longer.
    page.click("text=See what happened")
    page.wait_for_url("**/labs/**")
    return opened.value


def newest(page: Page) -> str:
    """Return the log's entry that the address points at."""
    return page.inner_text("li:target")


@pytest.mark.usefixtures("shared_labs")
def test_three_clicks_lead_from_the_home_page_to_a_forged_request(
    browsers: Browsers, site: Site
) -> None:
    with profiles.fresh_context(browsers.get("chromium")) as context:
        reset(context, site, "no-defense")
        page = context.new_page()
        page.goto(site.playground)
        page.click("text=See an image sign you out")  # One.
        page.click("main form[action='/login'] button")  # Two.
        with context.expect_page() as opened:
            page.click("text=Open the attacker’s page")  # Three.
        opened.value.wait_for_load_state()
        page.click("text=See what happened")
        assert "forged" in newest(page)
        assert "GET /logout" in newest(page)


@pytest.mark.usefixtures("shared_labs")
def test_a_flawed_defense_leads_to_its_fall_and_to_its_mend(
    context: BrowserContext, site: Site
) -> None:
    reset(context, site, "referer-contains")
    reset(context, site, "referer-check")
    page = context.new_page()
    page.goto(f"{site.playground}/defenses/")
    page.click("a:has-text('referer-contains')")
    for button, expected in {"See the bypass": "forged", "The same attack": "blocked"}.items():
        with context.expect_page() as opened:
            page.click(f"a:has-text('{button}')")
        bank = opened.value
        walk(context, bank)
        assert expected in newest(bank), button


def test_a_visitor_who_is_signed_in_is_asked_to_sign_out_before_a_forged_sign_in(
    context: BrowserContext, site: Site
) -> None:
    lab = Lab(site, "samesite-lax")
    sign_in_by_hand(context, lab)
    page = context.new_page()  # To a page that is open, the address would only move within it.
    page.goto(f"{lab.url}/#try=login-post.cross-site.signed-out")
    assert "Step 1 of 3: sign out" in page.inner_text(".step")
    page.click(".signout button")
    page.wait_for_selector("text=Step 2 of 3")
    with context.expect_page() as opened:
        page.click("text=Open the attacker’s page")
    opened.value.wait_for_selector("text=Hello, mallory")
    page.click("text=See what happened")
    page.wait_for_url("**/labs/**")
    assert "forged" in newest(page)
    assert "POST /login" in newest(page)


@pytest.mark.parametrize("label", ["json-only", "custom-header"])
def test_what_the_bank_turns_down_is_shown_where_a_script_sends_the_forms(
    context: BrowserContext, site: Site, label: str
) -> None:
    lab = Lab(site, f"{label}--reauthentication")
    page = context.new_page()
    page.goto(f"{lab.url}/login")
    page.fill("input[name=password]", "looking-glass")
    page.click("main button")
    page.wait_for_selector("text=The user name or the password is not right.")
    page.fill("input[name=password]", "wonderland")
    page.click("main button")
    page.wait_for_selector("h1.greeting")
    page.goto(f"{lab.url}/pay?to=mallory&amount=7")
    page.click("main button")
    page.wait_for_selector("text=password-missing")
    assert page.evaluate("document.activeElement.id") == "main"
    assert lab.state()["accounts"]["alice"]["balance"] == 1000


def test_reloading_the_bank_after_a_forged_sign_out_asks_who_it_was(
    context: BrowserContext, site: Site
) -> None:
    lab = Lab(site, "no-defense")
    page = context.new_page()
    page.goto(f"{lab.url}/#try=image-get.subdomain")
    page.click("main form[action='/login'] button")
    signed_in = lab.wait_for("login", 0)[0]["id"]
    page.click("text=Open the attacker’s page")
    assert lab.wait_for("logout", signed_in)[0]["outcome"] == "applied"
    page.goto(page.url)
    page.wait_for_selector("text=You are signed out. Was it you?")
    assert page.url == f"{lab.url}/login"


def test_behind_the_attackers_page_are_its_bytes_and_the_way_to_its_attempt(
    browsers: Browsers, site: Site
) -> None:
    lab = Lab(site, "no-defense")
    with profiles.fresh_context(browsers.get("chromium")) as context:
        page = sign_in_by_hand(context, lab)
        served = page.goto(site.attack_page("image-get", "cross-site", lab.label))
        assert served is not None
        body = served.text()
        page.click("text=What did this page just do?")
        assert (page.text_content("#served") or "").strip() == body.strip()
        page.click("#log, #log a")
        page.wait_for_url("**/labs/**")
        assert "GET /logout" in newest(page)


def test_a_new_attempt_shows_on_the_open_page_without_reloading(
    context: BrowserContext, site: Site
) -> None:
    lab = Lab(site, "no-defense")
    page = context.new_page()
    page.goto(f"{site.playground}/labs/{lab.label}/")
    assert page.is_visible("text=Nothing yet")
    lab.sign_in()
    page.wait_for_selector("text=POST /login", timeout=4000)


def test_a_hidden_tab_asks_nothing(context: BrowserContext, site: Site) -> None:
    page = context.new_page()
    page.add_init_script("Object.defineProperty(document, 'hidden', {get: () => true})")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{site.playground}/labs/no-defense/")
    page.wait_for_timeout(2500)
    assert not [address for address in asked if "/poll/" in address or "/log/" in address]


def test_a_tab_that_comes_back_asks_at_once(context: BrowserContext, site: Site) -> None:
    lab = Lab(site, "no-defense")
    page = context.new_page()
    page.add_init_script(
        "window.away = false; Object.defineProperty(document, 'hidden', {get: () => window.away})"
    )
    page.goto(f"{site.playground}/labs/{lab.label}/")
    page.evaluate("window.away = true")
    lab.sign_in()
    page.wait_for_timeout(1500)
    assert page.is_visible("text=Nothing yet")
    with page.expect_response("**/poll/**", timeout=900):
        page.evaluate("window.away = false; document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_selector("text=POST /login")


def test_a_page_that_gets_no_answer_says_so_asks_less_often_and_goes_on(
    context: BrowserContext, site: Site
) -> None:
    lab = Lab(site, "no-defense")
    page = context.new_page()
    asked: list[float] = []

    def busy(route: Route) -> None:
        asked.append(time.monotonic())
        route.fulfill(status=503)

    page.route("**/poll/**", busy)
    page.goto(f"{site.playground}/labs/{lab.label}/")
    page.wait_for_selector("text=asks again in 4 seconds")
    assert asked[1] - asked[0] > 1.9
    lab.sign_in()
    page.unroute("**/poll/**")
    page.wait_for_selector("text=POST /login")
    page.wait_for_selector(".unanswered", state="hidden")


def test_a_part_that_does_not_come_is_asked_for_again(context: BrowserContext, site: Site) -> None:
    lab = Lab(site, "no-defense")
    page = context.new_page()
    page.route("**/log/", lambda route: route.fulfill(status=503))
    page.goto(f"{site.playground}/labs/{lab.label}/")
    lab.sign_in()
    page.wait_for_selector("text=asks again in 2 seconds")
    page.unroute("**/log/")
    page.wait_for_selector("text=POST /login")
    page.wait_for_selector(".unanswered", state="hidden")


def test_older_attempts_are_a_click_away_and_stay_when_another_arrives(
    context: BrowserContext, site: Site
) -> None:
    lab = Lab(site, "no-defense")
    for _ in range(22):
        lab.sign_in()
    page = context.new_page()
    page.goto(f"{site.playground}/labs/{lab.label}/")
    assert page.locator(".attempts > li").count() == 20
    page.click("text=Show 2 older attempts")
    expect(page.locator(".attempts > li")).to_have_count(22)
    expect(page.locator("li:target")).to_be_in_viewport()
    lab.sign_in()
    expect(page.locator(".attempts > li")).to_have_count(23)


def test_the_self_check_says_what_this_browser_does(
    context: BrowserContext, site: Site, profile: str
) -> None:
    page = context.new_page()
    page.goto(site.playground)
    page.click("text=Start")
    page.wait_for_url("**/self-check/?cookies=*")
    sends = profiles.STATED[profile].third_party_cookies
    assert page.is_visible("text=behaves exactly as the lessons describe") == sends
    assert page.is_visible("text=say where your browser is different") != sends
    assert not page.is_visible("text=Not ready")


def test_the_self_check_is_not_ready_where_the_browser_blocks_all_cookies(
    browsers: Browsers, site: Site
) -> None:
    with profiles.fresh_context(browsers.get("firefox-no-cookies")) as context:
        page = context.new_page()
        page.goto(site.playground)
        page.click("text=Start")
        page.wait_for_url("**/self-check/?cookies=none")
        expect(page.locator(".verdict")).to_contain_text("Not ready")
        assert page.is_visible("text=All cookies")
        assert page.locator("main form").count() == 0
        page.click("text=Check again")
        page.wait_for_url("**/self-check/?cookies=none")
        assert context.cookies() == []


@pytest.mark.usefixtures("shared_labs")
def test_the_self_checks_way_out_works_in_every_browser(
    context: BrowserContext, site: Site
) -> None:
    reset(context, site, "no-defense")
    page = context.new_page()
    page.goto(f"{site.playground}/self-check/?cookies=0")
    page.click("text=What was found")
    page.click("text=See that now")
    walk(context, page)
    assert "forged" in newest(page)


def test_a_link_into_a_strict_lab_offers_the_way_inside(
    context: BrowserContext, site: Site
) -> None:
    lab = Lab(site, "samesite-strict")
    page = sign_in_by_hand(context, lab)
    page.goto(f"{site.playground}/labs/{lab.label}/")
    with context.expect_page() as opened:
        page.click("text=Open the bank only")
    bank = opened.value
    bank.click("text=Continue inside the bank")
    bank.wait_for_selector("h1.greeting")


def test_a_cookie_that_does_not_come_back_is_explained(context: BrowserContext, site: Site) -> None:
    lab = Lab(site, "no-defense")
    page = context.new_page()
    page.goto(f"{lab.url}/?signed-in")
    assert page.is_visible("text=Your browser did not keep the bank's cookie")
    assert page.is_visible("text=SameSite=None; Secure")


@pytest.mark.long
def test_the_lax_default_ends_after_two_minutes_by_the_clock(
    browsers: Browsers, site: Site
) -> None:
    """The matrix proves `old` with a shortened threshold; this once, with the real one."""
    from e2e import attacks

    lab = Lab(site, "browser-default")
    with profiles.fresh_context(browsers.get("chromium")) as context:
        page = sign_in_by_hand(context, lab)
        before = lab.state()["attempts"][-1]["id"]
        attacks.launch(page, site, "form-post", "cross-site", lab.label)
        fresh, _ = lab.wait_for("transfer", before)
        assert fresh["outcome"] == "applied"
        time.sleep(122)
        attacks.launch(page, site, "form-post", "cross-site", lab.label)
        old, _ = lab.wait_for("transfer", fresh["id"])
    assert (old["outcome"], old["reason"]) == ("anonymous", "cookie-default")
