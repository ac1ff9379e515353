"""The picture of an attempt, as a browser lays it out."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from playwright.sync_api import BrowserContext, Page, expect

from csrf_proof import profiles
from e2e.bank import Lab, Site
from e2e.conftest import Browsers

HOSTILE = {
    "Origin": "http://" + "W" * 280,
    "Referer": "http://" + "a" * 990,
    "Content-Type": "x/" + "</bdi><b>" * 20,
    "Sec-Fetch-Site": "W" * 30,
    "Cookie": "; ".join(f"cookie-{number}=1" for number in range(60)),
}
# What is wider than the element that it's in.
TOO_WIDE = """() =>
    [...document.querySelectorAll("html, .picture, .picture :is(li, p, dl, dl > div)")]
    .filter((element) => element.scrollWidth > element.clientWidth)
    .map((element) => element.textContent)"""


def test_a_hostile_request_fits_into_its_picture(context: BrowserContext, site: Site) -> None:
    lab = Lab(site, "everything")
    site.request(lab.host, "POST", "/transfer", HOSTILE)
    (attempt,) = lab.state()["attempts"]
    page = context.new_page()
    page.goto(f"{site.playground}/labs/{lab.label}/attempts/{attempt['id']}/")

    for width in (1280, 390, 320):
        page.set_viewport_size({"width": width, "height": 900})

        boxes: list[Any] = [box.bounding_box() for box in page.locator(".picture .box").all()]
        assert len(boxes) == 5
        gaps = [below["y"] - over["y"] - over["height"] for over, below in pairwise(boxes)]
        assert min(gaps) > 15, "there's no room for an arrow"
        assert page.evaluate(TOO_WIDE) == [], width


def drawn(context: BrowserContext, site: Site) -> Page:
    """Return a page with the picture of a request that two defenses have looked at."""
    lab = Lab(site, "post-only--csrf-token")
    site.request(lab.host, "POST", "/transfer", {"Sec-Fetch-Site": "cross-site"})
    page = context.new_page()
    page.goto(f"{site.playground}/labs/{lab.label}/attempts/{lab.state()['attempts'][0]['id']}/")
    return page


# Which parts are dim: boxes by the last part of their id, checks by their defense.
DIM = """() => [...document.querySelectorAll(".picture .unlit")]
    .map((part) => part.id.split("-").at(-1) || part.querySelector("dt").textContent.trim())"""


def test_a_picture_lights_up_part_by_part_at_the_readers_pace(
    context: BrowserContext, site: Site
) -> None:
    page = drawn(context, site)
    steps = page.locator("picture-steps")
    assert page.evaluate(DIM) == []

    steps.get_by_role("button", name="Begin").click()
    later = ["request", "cookies", "bank", "post-only", "csrf-token", "result"]
    assert page.evaluate(DIM) == later
    expect(steps.get_by_role("status")).to_contain_text(
        "Step 1 of 7: This is where the request began"
    )
    for count in range(1, 6):
        page.keyboard.press("ArrowRight")
        assert page.evaluate(DIM) == later[count:]
    expect(steps.get_by_role("status")).to_contain_text("csrf-token refused:")
    expect(page.locator(".picture .here")).to_be_in_viewport()
    steps.get_by_role("button", name="Back").click()
    expect(steps.get_by_role("status")).to_contain_text("post-only finds nothing wrong with it.")
    for _ in range(2):
        steps.get_by_role("button", name="Next").click()
    assert page.evaluate(DIM) == []
    steps.get_by_role("button", name="Show all").click()
    expect(steps.get_by_role("button", name="Begin")).to_be_visible()
    expect(page.locator(".picture .here")).to_have_count(0)


def test_a_picture_on_paper_and_without_scripts_is_lit_and_has_no_buttons(
    browsers: Browsers, site: Site
) -> None:
    browser = browsers.get("chromium")
    with profiles.fresh_context(browser) as context:
        page = drawn(context, site)
        page.get_by_role("button", name="Begin").click()
        page.emulate_media(media="print")
        expect(page.locator("picture-steps")).to_be_hidden()
        expect(page.locator(".picture .unlit").last).to_have_css("opacity", "1")
        page.emulate_media(media="screen", reduced_motion="reduce")
        expect(page.locator(".picture .unlit").last).to_have_css("transition-duration", "0s")
        address = page.url
    plain = browser.new_context(java_script_enabled=False)
    page = plain.new_page()
    page.goto(address)
    expect(page.locator("picture-steps")).to_be_hidden()
    expect(page.locator(".picture .box")).to_have_count(5)
    plain.close()
