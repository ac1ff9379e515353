"""What somebody does in a room, at a laptop that has a browser: `python -m e2e.room_visit`.

    python -m e2e.room_visit firefox 8000 9000 Ada

It joins, predicts, opens the attacker's page of the second lesson, and prints what the pages say.
"""

from __future__ import annotations

import json
import sys

from playwright.sync_api import Page, sync_playwright

from csrf_proof.browsers import launch
from e2e.bank import PASSWORDS, Site

LESSON, ATTACK = "the-image", "image-get"


def visit(page: Page, site: Site, name: str) -> dict[str, object]:
    page.goto(f"{site.playground}/lessons/{LESSON}/")
    page.fill("#name", name)
    page.click("form.joining button")
    page.wait_for_url(f"**/lessons/{LESSON}/")
    page.check("input[name=choice] >> nth=0")
    page.click("form:has(input[name=choice]) button")
    # The lab is this person's own.
    bank = page.locator("a[href*='--for-']").first.get_attribute("href") or ""
    origin = bank.split("#")[0].rstrip("/").removesuffix("/login")
    page.goto(f"{origin}/login")
    page.fill("input[name=password]", PASSWORDS["alice"])
    page.click("main form[action='/login'] button")
    page.wait_for_selector("#balance")
    lab = origin.split("//")[1].split(".")[0]
    # From a subdomain, so that it's forged in Firefox as well.
    page.goto(site.attack_page(ATTACK, "subdomain", lab))
    page.wait_for_load_state("networkidle")
    page.goto(f"{site.playground}/labs/{lab}/")
    log = page.inner_text("#live")
    page.goto(f"{site.playground}/lessons/{LESSON}/")
    return {"lab": lab, "bank": origin, "log": log, "lesson": page.inner_text("main")}


def main(browser: str, victim_port: str, attacker_port: str, name: str) -> None:
    with sync_playwright() as playwright:
        running = launch(playwright, browser)
        page = running.new_page()
        said = visit(page, Site(int(victim_port), int(attacker_port)), name)
        running.close()
    print(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:])
