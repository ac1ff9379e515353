"""Make the README's pictures again from the real thing: `python -m e2e.pictures`.

`matrix.png` is the whole matrix in Chrome. `robbed.gif` is what happens to a visitor: signed in at
the bank, on the attacker's page, and back at the bank.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from csrf_proof import browsers
from e2e.bank import Lab, Site, sign_in_by_hand
from tools.run import ROOT, Playground

FOLDER = ROOT / "docs/images"
WIDE, HIGH = 1280, 800
# Of the animation, in pixels and colors: it has to stay small.
SHOWN, COLORS = (960, 600), 128
LONG, SHORT = 2200, 700  # Milliseconds that a picture of it stays.


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        Playground(var_dir=Path(folder)) as playground,
        sync_playwright() as playwright,
    ):
        site = Site(playground.victim_port, playground.attacker_port)
        browser = browsers.launch(playwright, "chromium")
        context = browser.new_context(viewport={"width": WIDE, "height": HIGH})
        page = context.new_page()
        page.goto(f"{site.playground}/matrix/pattern/")
        page.wait_for_load_state("networkidle")
        picture(page).save(FOLDER / "matrix.png", optimize=True)

        lab = Lab(site, "post-only")
        page = sign_in_by_hand(context, lab)
        page.goto(f"{lab.url}/transfer#try=form-post.cross-site")
        page.click("text=Account")
        page.wait_for_selector("text=Step 2 of 3")
        before = picture(page)
        page.click("text=Open the attacker’s page")
        page.frame_locator("iframe").get_by_role("heading").wait_for()
        lure = picture(page)
        page.wait_for_selector("#balance-news .large")
        frames = [before, lure, picture(page)]
        browser.close()
    small = [frame.resize(SHOWN).quantize(COLORS) for frame in frames]
    small[0].save(
        FOLDER / "robbed.gif",
        save_all=True,
        append_images=small[1:],
        duration=[LONG, LONG, LONG + SHORT],
        loop=0,
        optimize=True,
    )


def picture(page: Page) -> Image.Image:
    return Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")


if __name__ == "__main__":
    main()
