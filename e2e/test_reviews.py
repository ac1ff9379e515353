"""What's said of the code of the reviews is what the engine sees, today as well."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from catalogue.reviews import all_reviews, evidence
from e2e import reviews
from e2e.bank import Site


@pytest.mark.parametrize("slug", all_reviews())
@pytest.mark.sample(2)
def test_the_evidence_is_what_the_engine_sees(
    slug: str, browser_for: Callable[[str], Browser]
) -> None:
    seen = reviews.tried(all_reviews()[slug], browser_for)
    recorded = evidence()[slug]
    assert {a: (one.outcome, one.sent, one.origin, one.answered) for a, one in seen.items()} == {
        a: (one.outcome, one.sent, one.origin, one.answered) for a, one in recorded.items()
    }


def test_a_reviewer_sees_what_happened_and_tries_again(context: BrowserContext, site: Site) -> None:
    page = context.new_page()
    review = all_reviews()["pattern"]
    page.goto(f"{site.playground}/missions/")
    page.click(f"text={review.title}")
    for answer in (next(iter(review.answers)), review.right):
        page.check(f"input[value='{answer}']")
        page.click("text=Try it")
        right = answer == review.right
        expect(page.locator("#evidence")).to_contain_text("Right." if right else "Not that one.")
    page.click("main >> text=Mission")
    expect(page.locator("li.done")).to_contain_text(review.title)
