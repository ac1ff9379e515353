"""What `no-framing` is for: another site's page cannot show the bank inside itself.

The request that would fill the frame is sent and acts either way (the matrix has that), so what is
looked at here is the frame's document, in the browser.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext

from e2e import attacks
from e2e.bank import Lab, Site

BANK = "Lantern Bank"  # Stands on each of its pages, and on no error page of a browser.


def framed(context: BrowserContext, site: Site, lab: Lab, position: str) -> str:
    """Open an attacker's page with a frame of the bank; return the text in that frame.

    It is the browser's own error page, or nothing, where the browser turned the answer down.
    """
    page = context.new_page()
    answers: list[str] = []
    page.on("response", lambda response: answers.append(response.url))
    attacks.launch(page, site, "frame-get", position, lab.label)
    page.wait_for_load_state("load")  # Fires after the frame has loaded or failed.
    assert f"{lab.url}/login" in answers, "the bank was never asked"
    return page.frames[1].locator("body").text_content() or ""


@pytest.mark.parametrize("position", ["cross-site", "subdomain"])
def test_without_a_defense_the_bank_shows_in_a_frame(
    context: BrowserContext, site: Site, position: str
) -> None:
    assert BANK in framed(context, site, Lab(site, "no-defense"), position)


@pytest.mark.parametrize("position", ["cross-site", "subdomain"])
def test_under_no_framing_the_bank_does_not_show(
    context: BrowserContext, site: Site, position: str
) -> None:
    assert BANK not in framed(context, site, Lab(site, "no-framing"), position)
