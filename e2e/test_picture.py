"""The picture of an attempt, as a browser lays it out."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from playwright.sync_api import BrowserContext

from e2e.bank import Lab, Site

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
