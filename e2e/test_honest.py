"""An honest user can do everything under every defense: nothing is blocked just because all is."""

from __future__ import annotations

import base64
import tomllib

import pytest
from playwright.sync_api import BrowserContext, Page

from catalogue import matrix
from csrf_proof import profiles
from e2e.bank import Lab, Site, sign_in_by_hand
from tools.run import ROOT

COLUMNS = matrix.load().columns
STACKS = tomllib.loads((ROOT / "victim_site/defenses/stacks.toml").read_text(encoding="utf-8"))
# All members of a stack are asked of every request, so what a stack lets pass each of them does.
IN_A_STACK = {member for stack in STACKS.values() for member in stack["members"]}
# Those with a weakness are in test_weaknesses.
LABELS = [label for label in matrix.load().labels if "--with-" not in label]
PASSWORD = {"current_password": "wonderland"}
# The smallest PNG: one transparent pixel.
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.mark.parametrize("defense", LABELS)
@pytest.mark.sample(16)
def test_an_honest_user_can_do_everything(
    request: pytest.FixtureRequest, profile: str, site: Site, defense: str
) -> None:
    everywhere = defense in COLUMNS and defense not in IN_A_STACK and profile != "chromium-no-3pc"
    if profile != profiles.ORDER[0] and not everywhere and not request.config.option.all_cells:
        # Nothing here is third-party, and what is flawed refuses by the same hooks as what is not.
        pytest.skip("part of make matrix-full")
    context: BrowserContext = request.getfixturevalue("context")
    lab = Lab(site, defense)
    page = sign_in_by_hand(context, lab)
    asked = PASSWORD if page.is_visible("#quick input[name=current_password]") else {}
    for name, value in asked.items():
        page.fill(f"#quick input[name={name}]", value)
    page.click("#quick button")
    page.wait_for_selector("#quick-result:text-is('Paid 10.')")
    assert lab.balance() == 990

    send(page, lab, "transfer", {"to": "mallory", "amount": "90"} | asked)
    assert lab.balance() == 900
    assert page.inner_text("#balance") == "900", "the API and the account page disagree"

    send(page, lab, "email", {"email": "alice@example.localhost"} | asked)
    assert lab.state()["accounts"]["alice"]["email"] == "alice@example.localhost"

    send(page, lab, "password", {"new_password": "looking-glass"} | asked)
    assert lab.state()["accounts"]["alice"]["password_changed"] is True

    if page.locator("script[data-headers*=json]").count():
        page.goto(lab.url)
        assert "JSON, which can’t contain files" in page.inner_text("main"), (
            "the missing form is not explained"
        )
    else:
        upload_picture(page, lab)

    page.click(".signout button")
    page.wait_for_url("**/login")
    assert lab.state()["accounts"]["alice"]["sessions"] == 0
    assert {attempt["outcome"] for attempt in lab.state()["attempts"]} == {"applied"}


def upload_picture(page: Page, lab: Lab) -> None:
    page.goto(lab.url)
    page.set_input_files(
        "input[name=avatar]", {"name": "a.png", "mimeType": "image/png", "buffer": PICTURE}
    )
    page.click("form[action='/avatar'] button")
    page.wait_for_selector(".notice")
    assert page.is_visible("img.avatar")


def send(page: Page, lab: Lab, form: str, fields: dict[str, str]) -> None:
    """Fill a form of the bank's in and send it."""
    page.goto(f"{lab.url}/{form}")
    for name, value in fields.items():
        field = page.locator(f"main input[name={name}]")
        # Emptied first, because `fill` adds to an e-mail field that holds something in a Firefox
        # driven by WebDriver BiDi.
        field.evaluate("field => { field.value = ''; }")
        field.fill(value)
    page.click("main button")
    page.wait_for_selector(".notice")
