"""A bait page that would be gone at once is shown first, and does nothing until then."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext

from catalogue import matrix
from e2e.attacks import all_attacks
from e2e.bank import Lab, Site

# When the page was asked for, which is in its link to what is behind it.
WHEN = re.compile(r"(?:&amp;)?at=\d+(?:&amp;)?")


def test_a_page_that_is_held_asks_nobody_else_for_anything(
    context: BrowserContext, site: Site
) -> None:
    """Every attack in turn: its own script, form, picture, frame and refresh are all there."""
    asked: list[str] = []
    lab = Lab(site, "no-defense")
    page = context.new_page()
    # What a policy stops is told as a request too, which has no answer.
    page.on("response", lambda response: asked.append(response.url))
    for attack in all_attacks().values():
        address = site.attack_page(attack.slug, attack.launched_from[0], lab.label)
        page.goto(address.replace(f"/{attack.slug}/", f"/{attack.slug}/still/"))
        page.wait_for_timeout(100)  # A refresh would be due at once.
    assert len(asked) > len(all_attacks())
    assert [url for url in asked if "/still/" not in url and "/static/" not in url] == []


def test_it_runs_after_three_counts_with_the_bytes_that_were_shown(
    context: BrowserContext, site: Site
) -> None:
    page = context.new_page()
    address = site.attack_page("image-get", "cross-site", Lab(site, "no-defense").label)
    with page.expect_response(address) as ran, page.expect_response("**/still/*"):
        page.goto(address.replace("/image-get/", "/image-get/hold/"))
    here = urlsplit(address)
    still = site.get(here.hostname or "", f"/image-get/still/?{here.query}").text
    assert WHEN.sub("", ran.value.text()) == WHEN.sub("", still)


def test_what_there_is_to_click_is_on_the_screen(context: BrowserContext, site: Site) -> None:
    page = context.new_page()
    clicked = [one for one in all_attacks().values() if one.trigger == "click"]
    assert clicked
    for width, height in ((1280, 800), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        for attack in clicked:
            lab = matrix.load().lab(attack.slug, matrix.CONTROL)
            page.goto(site.attack_page(attack.slug, attack.launched_from[0], lab))
            box = page.locator("#bait").bounding_box()
            assert box, attack.slug
            assert box["y"] + box["height"] <= height, (attack.slug, width)


def test_the_countdown_waits_if_the_visitor_wants_to_look(
    context: BrowserContext, site: Site
) -> None:
    page = context.new_page()
    page.goto(
        site.attack_page("image-get", "cross-site", Lab(site, "no-defense").label) + "#guided"
    )
    held = page.url.replace("/image-get/", "/image-get/hold/")
    page.goto("about:blank")
    page.goto(held)
    page.click("text=Wait")
    page.wait_for_timeout(2500)
    assert page.url == held
    page.click("text=Run it now")
    page.wait_for_selector("#home")
