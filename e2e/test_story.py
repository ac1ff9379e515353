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
from csrf_proof.waiting import soon
from e2e import guide
from e2e.bank import PATIENCE, Lab, Site, sign_in_by_hand
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


def walk(page: Page) -> None:
    """Follow the strip: sign in, open the attacker's page, come back and see what happened."""
    page.wait_for_load_state()
    if page.is_visible("main form[action='/login'] button"):
        assert "Step 1 of 3" in page.inner_text(".step")
        page.click("main form[action='/login'] button")
    page.wait_for_selector("text=Step 2 of 3")
    guide.there_and_back(page, page.evaluate("JSON.parse(localStorage.walk).attack"))
    page.click("text=See what happened")
    page.wait_for_url("**/labs/**")


def newest(page: Page) -> str:
    """Return the log's entry that the address points at."""
    return page.inner_text("li:target")


@pytest.mark.usefixtures("shared_labs")
def test_three_clicks_lead_from_the_home_page_to_a_forged_request(
    browsers: Browsers, site: Site
) -> None:
    with profiles.fresh_context(browsers.get("chromium")) as context:
        reset(context, site, "no-defense--for-kitten")
        page = context.new_page()
        page.goto(site.playground)
        page.click("text=See an image sign you out")  # One.
        page.click("main form[action='/login'] button")  # Two.
        guide.there_and_back(page, "image-get")  # Three, and a fourth brings back.
        page.click("text=See what happened")
        expect(page.locator("h1")).to_have_text("A kitten signed you out")
        expect(page.locator(".acts")).to_contain_text("GET /logout")
        expect(page.locator(".acts")).to_contain_text("Cookie: sessionid=…")
        assert page.locator(".scene img").evaluate("image => image.naturalWidth > 0")
        page.click("text=Next: the same with money")
        page.wait_for_url("**/lessons/get-and-post/")


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
        walk(bank)
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
    guide.there_and_back(page, "login-post")
    page.wait_for_selector("text=Hello, mallory")
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
    page.wait_for_selector("text=The username or the password is wrong.")
    page.fill("input[name=password]", "wonderland")
    page.click("main button")
    page.wait_for_selector("h1.greeting")
    page.goto(f"{lab.url}/pay?to=mallory&amount=7")
    page.click("main button")
    page.wait_for_selector("text=password-missing")
    assert page.evaluate("document.activeElement.id") == "main"
    assert lab.state()["accounts"]["alice"]["balance"] == 1000


def test_back_at_the_bank_after_a_forged_sign_out_the_guide_asks_who_it_was(
    context: BrowserContext, site: Site
) -> None:
    lab = Lab(site, "no-defense")
    page = context.new_page()
    page.goto(f"{lab.url}/#try=image-get.subdomain")
    page.click("main form[action='/login'] button")
    signed_in = lab.wait_for("login", 0)[0]["id"]
    guide.open_attackers_page(page, "image-get")
    assert lab.wait_for("logout", signed_in)[0]["outcome"] == "applied"
    page.go_back()
    page.wait_for_selector("text=You’re signed out. Was it you?")


# Hidden until the test says otherwise. Playwright's own tabs are all visible at once.
AWAY = "window.away = true; Object.defineProperty(document, 'hidden', {get: () => window.away})"
COME_BACK = "window.away = false; document.dispatchEvent(new Event('visibilitychange'))"
# What a change may take to show, once the bank knows of it, on a busy machine.
SOON = 2000


def open_attack(context: BrowserContext, lab: Lab, attack: str, action: str = "") -> Page:
    """Open an attack's page in a tab of its own: from the subdomain, where every cookie is sent."""
    page = context.new_page()
    page.goto(lab.site.attack_page(attack, "subdomain", lab.label, action))
    return page


def asked_of(page: Page) -> list[str]:
    """Return the list to which the page's questions to the bank are added."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    return asked


def polls(asked: list[str]) -> int:
    return sum("/poll/" in address for address in asked)


def test_every_open_tab_of_the_bank_shows_the_money_leave(
    context: BrowserContext, site: Site
) -> None:
    lab, untouched = Lab(site, "no-defense"), Lab(site, "no-defense")
    account = sign_in_by_hand(context, lab)
    elsewhere = sign_in_by_hand(context, untouched)
    form = context.new_page()
    form.goto(f"{lab.url}/transfer")
    before = lab.state()["attempts"][-1]["id"]

    open_attack(context, lab, "form-post")
    lab.wait_for("transfer", before)

    expect(account.locator("#balance-news")).to_have_text("−100 to mallory, just now", timeout=SOON)
    expect(account.locator("#balance")).to_have_text("900")
    expect(account.locator("#payments tbody tr")).to_contain_text("−100")
    expect(account.locator("#no-payments")).to_be_hidden()
    expect(form.locator("#news")).to_contain_text("−100 to mallory", timeout=SOON)
    expect(form.locator("main")).to_contain_text("You have 900.")
    with elsewhere.expect_response("**/poll/**") as answer:
        pass
    assert answer.value.status == 204
    assert elsewhere.inner_text("#news") + elsewhere.inner_text("#balance-news") == ""
    acts = [(attempt["action"], attempt["outcome"]) for attempt in lab.state()["attempts"]]
    assert acts == [("login", "applied"), ("transfer", "applied")]


def test_a_hidden_tab_of_the_bank_asks_nothing_and_shows_the_change_when_it_is_looked_at(
    context: BrowserContext, site: Site
) -> None:
    lab = Lab(site, "no-defense")
    sign_in_by_hand(context, lab)
    before = lab.state()["attempts"][-1]["id"]
    hidden = context.new_page()
    hidden.add_init_script(AWAY)
    asked = asked_of(hidden)
    hidden.goto(lab.url)

    open_attack(context, lab, "form-post")
    lab.wait_for("transfer", before)
    hidden.wait_for_timeout(3200)  # By then, nothing is “just now” any more.

    assert polls(asked) == 0
    hidden.evaluate(COME_BACK)
    expect(hidden.locator("#balance-news")).to_have_text(
        "−100 to mallory, since you last looked", timeout=SOON
    )
    expect(hidden.locator("#balance")).to_have_text("900")


def test_an_open_page_of_the_bank_says_that_you_are_signed_out_whoever_it_was(
    context: BrowserContext, site: Site
) -> None:
    lab = Lab(site, "no-defense")
    page = sign_in_by_hand(context, lab)
    news = page.locator("#news")

    open_attack(context, lab, "image-get")
    expect(news).to_contain_text("You’re signed out.", timeout=SOON + 1000)
    expect(news).to_contain_text("This page was open when it happened.")
    expect(page.locator("nav[aria-label=Bank]")).to_be_hidden()

    other = sign_in_by_hand(context, lab)
    expect(news).to_contain_text("You are alice!", timeout=SOON)
    expect(page.locator("nav[aria-label=Bank]")).to_be_visible()
    other.click(".signout button")
    expect(news).to_contain_text("You’re signed out.", timeout=SOON)
    assert other.inner_text("#news") == ""


@pytest.mark.parametrize("label", ["samesite-lax", "samesite-strict"])
def test_after_a_forged_sign_in_the_bank_says_who_you_are(
    context: BrowserContext, site: Site, label: str
) -> None:
    lab = Lab(site, label)
    before = context.new_page()
    before.goto(f"{lab.url}/login")
    with before.expect_response("**/poll/**"):
        pass

    landed = context.new_page()
    landed.goto(site.attack_page("login-post", "cross-site", lab.label))

    for page in (before, landed):
        expect(page.locator("#news")).to_contain_text("You are mallory!")
        expect(page.locator("#news")).to_contain_text("this browser is signed in as mallory now")


def test_an_open_page_says_what_became_of_the_address_the_password_and_the_picture(
    context: BrowserContext, site: Site
) -> None:
    lab = Lab(site, "no-defense")
    page = sign_in_by_hand(context, lab)
    news = page.locator("#news")
    with page.expect_response("**/poll/**"):
        pass

    open_attack(context, lab, "form-post", "change-email")
    expect(news).to_contain_text("Your e-mail address was changed, just now", timeout=SOON + 1000)
    address = lab.state()["accounts"]["alice"]["email"]
    expect(news).to_contain_text(f"From alice@{site.domains.bank} to {address}")
    expect(page.locator("[data-now=email]")).to_have_text(address)

    open_attack(context, lab, "form-post", "change-password")
    expect(news).to_contain_text("Your password was changed, just now", timeout=SOON + 1000)


def test_a_page_of_the_bank_in_a_frame_asks_nothing(context: BrowserContext, site: Site) -> None:
    lab = Lab(site, "no-defense")
    sign_in_by_hand(context, lab).close()
    page = context.new_page()
    asked = asked_of(page)
    page.goto(site.attack_page("clickjacking", "subdomain", lab.label))
    page.wait_for_timeout(2000)
    assert any(address.startswith(lab.url) for address in asked)
    assert polls(asked) == 0


def test_a_page_of_the_bank_that_gets_no_answer_asks_less_often_and_goes_on(
    context: BrowserContext, site: Site
) -> None:
    lab = Lab(site, "no-defense")
    page = sign_in_by_hand(context, lab)
    asked: list[float] = []

    def busy(route: Route) -> None:
        asked.append(time.monotonic())
        route.fulfill(status=503)

    page.route("**/poll/**", busy)
    with page.expect_response(lambda answer: len(asked) == 3, timeout=10_000):
        pass
    assert asked[2] - asked[1] > asked[1] - asked[0] > 1.7
    assert page.inner_text("#news") == ""
    page.unroute("**/poll/**")
    open_attack(context, lab, "form-post")
    expect(page.locator("#balance")).to_have_text("900", timeout=9000)


# Notes on the page whether the guide has offered the explanation before anything had changed.
TOO_EARLY = """new MutationObserver(() => {
    const offered = [...document.querySelectorAll(".step a")].some(
        (link) => link.textContent === "See what happened");
    if (offered && !document.getElementById("news").textContent
        && !document.getElementById("balance-news")?.textContent) document.title = "too early";
}).observe(document, {subtree: true, childList: true})"""


@pytest.mark.parametrize(
    ("attack", "where", "what"),
    [
        ("image-get", "#news", "You’re signed out."),
        ("form-post", "#balance-news", "−100 to mallory"),
    ],
)
def test_the_guide_shows_the_consequence_before_it_offers_the_explanation(
    context: BrowserContext, site: Site, attack: str, where: str, what: str
) -> None:
    lab = Lab(site, "no-defense")
    page = sign_in_by_hand(context, lab)
    page.evaluate(f"location.hash = 'try={attack}.subdomain'")
    context.add_init_script(TOO_EARLY)
    page.reload()
    guide.there_and_back(page, attack)

    expect(page.locator(where)).to_contain_text(what)
    expect(page.locator(".step a")).to_have_text("See what happened")
    assert page.title() != "too early"
    page.click("text=More")
    expect(page.locator(".strip .about")).to_contain_text("Leave the guide")
    assert page.locator(".strip .back >> text=What happened here?").is_hidden()


def test_the_guide_says_that_nothing_has_changed_before_it_offers_the_explanation(
    context: BrowserContext, site: Site
) -> None:
    lab = Lab(site, "post-only")
    page = sign_in_by_hand(context, lab)
    page.evaluate("location.hash = 'try=image-get.subdomain'")
    page.reload()
    guide.there_and_back(page, "image-get")
    expect(page.locator(".step a")).to_have_text("See what happened")
    expect(page.locator(".step")).to_contain_text("Nothing in your account has changed.")


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
    page.wait_for_selector("text=POST /login")


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
    back = page.evaluate(
        "window.away = false; document.dispatchEvent(new Event('visibilitychange')); "
        "performance.now()"
    )
    page.wait_for_selector("text=POST /login")
    asked = page.evaluate(
        "performance.getEntriesByType('resource')"
        ".filter(one => one.name.includes('/poll/')).map(one => one.startTime)"
    )
    # By its timer alone it would have come up to a second later.
    assert any(abs(at - back) < 300 for at in asked)


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


@pytest.mark.each_browser
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
    # It's saved before anybody presses the button.
    assert soon(lambda: any(cookie["name"] == "browser" for cookie in context.cookies()), PATIENCE)


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
    walk(page)
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
    assert page.is_visible("text=Your browser didn’t send the bank’s cookie")
    assert page.is_visible("text=SameSite=None; Secure")


@pytest.mark.long
@pytest.mark.sample(0)
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
