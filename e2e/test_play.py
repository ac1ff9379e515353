"""Free play: a lab forms as somebody chooses, and two labs are compared by one attack."""

from __future__ import annotations

import re

from playwright.sync_api import BrowserContext, Page, expect

from e2e import attacks, guide
from e2e.bank import Lab, Site, sign_in_by_hand


def open_play(context: BrowserContext, site: Site) -> Page:
    page = context.new_page()
    page.goto(site.playground)
    page.click("nav >> text=Free play")
    return page


def test_the_address_forms_as_chips_are_chosen_and_the_choice_is_a_link(
    context: BrowserContext, site: Site
) -> None:
    page = open_play(context, site)
    formed = page.locator(".formed")
    expect(formed).to_contain_text("no-defense")

    page.get_by_label("session-token", exact=True).check()
    page.get_by_label("post-only", exact=True).check()

    expect(formed).to_contain_text("post-only--session-token")
    expect(page.locator(".expected")).to_contain_text("token-missing")
    page.reload()
    expect(page.get_by_label("post-only", exact=True)).to_be_checked()


def test_a_contradiction_and_a_long_label_say_what_to_do(
    context: BrowserContext, site: Site
) -> None:
    page = open_play(context, site)
    page.get_by_label("samesite-lax", exact=True).check()
    page.get_by_label("samesite-strict", exact=True).check()
    expect(page.locator(".problem")).to_contain_text("contradict")
    page.click("text=Take off samesite-lax")
    expect(page.locator(".problem")).to_have_count(0)

    for slug in ("resource-isolation", "reauthentication", "origin-check"):
        page.get_by_label(slug, exact=True).check()
    expect(page.locator(".problem")).to_contain_text("at most 63 characters")
    page.click(".problem >> text=Take everything")
    expect(page.locator(".formed")).to_contain_text(re.compile("^everything"))


def test_go_leads_to_the_bank_and_its_attack(context: BrowserContext, site: Site) -> None:
    page = open_play(context, site)
    page.select_option("select[name=try]", "form-post.cross-site")
    page.get_by_label("post-only", exact=True).check()
    expect(page.locator(".formed")).to_contain_text("post-only")
    with context.expect_page() as opened:
        page.click("#result a:text-is('Go')")
    bank = opened.value
    # The guide has read the address by then.
    bank.wait_for_selector("text=Step 1 of 3")
    bank.click("main form[action='/login'] button")
    guide.there_and_back(bank, "form-post")
    bank.click("text=See what happened")
    expect(bank.locator("li:target")).to_contain_text("forged")


def test_one_attack_fills_two_logs_side_by_side(context: BrowserContext, site: Site) -> None:
    weak, strong = Lab(site, "post-only"), Lab(site, "rule-of-thumb")
    page = context.new_page()
    page.goto(
        f"{site.playground}/compare/?a={weak.label}&b={strong.label}"
        "&attack=form-post&position=cross-site"
    )
    for lab in (weak, strong):
        sign_in_by_hand(context, lab)
        attacks.launch(context.new_page(), site, "form-post", "cross-site", lab.label)
    logs = page.locator("[data-live]")
    expect(logs.nth(0)).to_contain_text("forged")
    expect(logs.nth(1)).to_contain_text("origin-mismatch")


def test_a_click_is_not_lost_while_the_result_is_being_swapped(
    context: BrowserContext, site: Site
) -> None:
    page = open_play(context, site)
    page.evaluate(
        """() => { window.swapped = new Promise((done) =>
        document.addEventListener("htmx:beforeSwap", () => setTimeout(done, 100))); }"""
    )
    page.locator("#result a:text-is('Go')").hover()
    page.mouse.down()
    page.get_by_label("post-only", exact=True).evaluate("box => box.click()")
    page.evaluate("window.swapped")
    with context.expect_page():
        page.mouse.up()
    expect(page.locator(".formed")).to_contain_text("post-only")
