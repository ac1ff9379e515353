"""A visitor has an application of their own attacked, from the form to the report."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from e2e.accessibility import complaints
from e2e.bank import Site
from e2e.conftest import Browsers
from e2e.test_command import FORM_POST, example

pytestmark = pytest.mark.long

PATIENCE = 180_000  # Milliseconds.


def test_an_application_is_attacked_from_a_page(browsers: Browsers, site: Site) -> None:
    browser = browsers.get("chromium")
    with example(protected=False) as url, browser.new_page() as page:
        page.goto(f"{site.addresses.playground}/your-app/")
        page.get_by_label("Address of the form").fill(f"{url}/email")
        page.get_by_label("Sign-in page").fill("/")
        page.get_by_label("Name").fill("alice")
        page.get_by_role("button", name="Attack it").click()
        expect(page.get_by_role("button", name="Stop")).to_be_visible()
        expect(page.locator(".verdict")).to_contain_text("Forged", timeout=PATIENCE)
        assert FORM_POST in page.locator("pre").inner_text()
        hard_to_use = complaints(page)
        page.get_by_role("link", name="Open the report").click()
        expect(page.locator("details.forged").first).to_be_visible()
        assert [*hard_to_use, *complaints(page)] == []
        page.go_back()
        page.get_by_role("link", name="Your application").click()
        expect(page.get_by_role("link", name="Forged").first).to_be_visible()
