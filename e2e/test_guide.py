"""The guide's one tab: the way there and back attacks once, and other tabs say where it went on."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from e2e import guide
from e2e.bank import PATIENCE, Lab, Site, sign_in_by_hand


def begin(page: Page, lab: Lab, attack: str, position: str = "subdomain", more: str = "") -> None:
    """Begin a walk on a page of the bank, signed in already."""
    page.evaluate(f"location.hash = 'try={attack}.{position}{more}'")
    page.reload()
    page.wait_for_selector("text=Step 2 of 3")


def arrived(lab: Lab, action: str) -> int:
    return [attempt["action"] for attempt in lab.state()["attempts"]].count(action)


@pytest.mark.parametrize("width", [390, 1280])
def test_a_page_that_stays_has_its_way_back_in_sight(
    context: BrowserContext, site: Site, width: int
) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 800})
    lab = Lab(site, "no-defense")
    for attack in sorted(guide.STAY):
        page.goto(site.attack_page(attack, "subdomain", lab.label))
        link = page.get_by_role("link", name="Back to your bank")
        expect(link).to_be_in_viewport(ratio=1)
        assert f"//{lab.label}.bank." in (link.get_attribute("href") or "")


@pytest.mark.parametrize(
    ("attack", "action"), [("fetch-post", "transfer"), ("null-origin-post", "transfer")]
)
def test_forward_and_back_and_reloading_dont_attack_again(
    context: BrowserContext, site: Site, attack: str, action: str
) -> None:
    lab = Lab(site, "no-defense")
    page = sign_in_by_hand(context, lab)
    begin(page, lab, attack)
    # By script: Firefox’s driver once hung where the page went away between two clicks.
    page.get_by_text("Open the attacker’s page").evaluate(
        "link => { link.click(); setTimeout(() => link.click(), 80); }"
    )
    lab.wait_for(action, 0)
    if attack in guide.STAY:
        page.reload()
        page.wait_for_selector("text=It has run.")
        page.click("body > p >> text=Back to your bank")
    page.wait_for_selector("text=See what happened")
    assert arrived(lab, action) == 1
    if attack not in guide.STAY:
        return  # Whether Back leads to a page that moved on by itself depends on when it did.
    for turn in (page.go_back, page.go_forward, page.go_back, page.go_forward):
        turn()
        page.wait_for_timeout(2000)  # It would have run by then.
    assert arrived(lab, action) == 1


def test_at_the_bank_again_the_guide_attacks_only_if_asked(
    context: BrowserContext, site: Site
) -> None:
    lab = Lab(site, "no-defense")
    page = sign_in_by_hand(context, lab)
    begin(page, lab, "fetch-post")
    guide.open_attackers_page(page, "fetch-post")
    lab.wait_for("transfer", 0)
    page.go_back()
    page.wait_for_selector("text=See what happened")
    expect(page.locator(".step")).not_to_contain_text("Open")
    expect(page.locator("#balance")).to_have_text("900")
    page.click("text=More")
    guide.there_and_back(page, "fetch-post")
    expect(page.locator("#balance")).to_have_text("800", timeout=PATIENCE * 1000)


def test_a_short_link_is_pasted_and_leads_back_to_the_bank(
    context: BrowserContext, site: Site
) -> None:
    lab = Lab(site, "no-defense")
    page = sign_in_by_hand(context, lab)
    begin(page, lab, "short-link-get", "cross-site", more=".address")
    expect(page.locator(".step")).to_contain_text("Paste its address into this tab’s address bar.")
    guide.assert_it_leaves_room(page)
    page.click("text=Open the attacker’s page")
    page.goto(page.input_value("#bait"))
    expect(page.locator("#balance")).to_have_text("900")
    page.click("text=See what happened")
    page.wait_for_url("**/labs/**")
    expect(page.locator("main")).to_contain_text("Somebody made the bank move alice’s money.")


def test_two_walks_in_one_tab_end_alike(context: BrowserContext, site: Site) -> None:
    """Firefox sends third-party cookies to a bank between two visits to the attacker."""
    lab = Lab(site, "no-defense")
    page = sign_in_by_hand(context, lab)
    outcomes = []
    for _ in range(2):
        before = lab.state()["attempts"][-1]["id"]
        begin(page, lab, "fetch-post", "cross-site")
        guide.there_and_back(page, "fetch-post")
        outcomes.append(lab.wait_for("transfer", before)[0]["reason"])
        page.click("text=See what happened")
        page.wait_for_url("**/labs/**")
        page.goto(lab.url)
    assert outcomes[0] == outcomes[1]


def test_a_tab_that_was_left_says_where_the_lesson_went_on(
    context: BrowserContext, site: Site
) -> None:
    lab = Lab(site, "no-defense")
    left = sign_in_by_hand(context, lab)
    left.set_viewport_size({"width": 390, "height": 844})
    begin(left, lab, "image-get", more=".lesson.get-and-post.tried")
    used = context.new_page()
    used.goto(f"{lab.url}/#try=image-get.subdomain.lesson.get-and-post.tried")
    used.wait_for_selector("text=Step 2 of 3")
    step = left.locator(".step")
    expect(step).to_contain_text("This lesson goes on in another tab.")
    address = f"{site.playground}/lessons/get-and-post/#tried"
    expect(step.get_by_role("link")).to_have_attribute("href", address)
    guide.assert_it_leaves_room(left)

    left.click("text=Go on here")
    expect(step).to_contain_text("Step 2 of 3")
    expect(used.locator(".step")).to_contain_text("This lesson goes on in another tab.")
    used.click("text=Go on here")

    guide.there_and_back(used, "image-get")
    expect(left.locator("#news")).to_contain_text("You’re signed out.")
    used.click("text=See what happened")
    expect(step).to_contain_text("This lesson went on in another tab")
    expect(step.get_by_role("link")).to_have_attribute("href", address)
    guide.assert_it_leaves_room(left)


def test_a_visitor_who_is_faster_than_the_guide_is_still_guided(
    context: BrowserContext, site: Site
) -> None:
    """The form is there at once; over a slow line the guide's script comes later."""
    lab = Lab(site, "no-defense")
    page = context.new_page()
    page.route("**/bank/strip*.js", lambda route: None)  # Never answered.
    page.goto(f"{lab.url}/#try=image-get.subdomain", wait_until="commit")
    page.locator("main button").click(no_wait_after=True)
    page.wait_for_url(f"{lab.url}/?signed-in", wait_until="commit")
    page.unroute_all(behavior="ignoreErrors")
    page.reload()
    page.wait_for_selector("text=Step 2 of 3")
