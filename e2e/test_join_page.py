"""The page that the network gets by plain http: its lines can be copied with one click."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, expect

from catalogue.addresses import Addresses
from room.way_in import WayIn, files

WAY = WayIn("192.168.1.5", 2222, 8080, "SHA256:abc", Addresses())


def test_each_line_to_paste_has_a_button_that_copies_it(context: BrowserContext) -> None:
    body = files([WAY], WAY.where)["/"].body
    powershell = f"powershell -ExecutionPolicy Bypass -File join.ps1 {WAY.page} CODE"
    page = context.new_page()
    page.route("**/*", lambda route: route.fulfill(body=body, content_type="text/html"))
    page.goto(f"http://{WAY.page}/")
    # It isn't a secure context, as in a room.
    assert page.evaluate("navigator.clipboard") is None
    for summary in page.locator("summary").all():
        summary.click()
    lines = [WAY.ssh(), WAY.ssh(10), WAY.relay(), powershell]
    buttons = page.get_by_role("button", name="Copy")
    expect(buttons).to_have_count(len(lines))
    page.evaluate("document.body.append(document.createElement('textarea'))")
    pasted = page.locator("textarea")
    for button, line in zip(buttons.all(), lines, strict=True):
        button.click()
        expect(button.locator("+ output")).to_have_text("Copied.")
        pasted.fill("")
        pasted.focus()
        page.keyboard.press("ControlOrMeta+v")
        expect(pasted).to_have_value(line)
