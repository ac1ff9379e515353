"""Launching an attack the way a visitor does: open its page, and click if it asks for a click."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from e2e.bank import Site

ATTACKS_DIR = Path(__file__).resolve().parents[1] / "attacker_site" / "attacks"


@cache
def about(attack: str) -> dict[str, Any]:
    """Return what `attack.toml` says."""
    return tomllib.loads((ATTACKS_DIR / attack / "attack.toml").read_text(encoding="utf-8"))


def victim(attack: str) -> str:
    """Return how the visitor stands with the bank when the attack's page opens."""
    return str(about(attack).get("victim", "signed-in"))


def launch(page: Page, site: Site, attack: str, position: str, lab: str, action: str = "") -> None:
    """Open the attack's page in the browser, and click the bait where the attack needs it."""
    lure(page, site, attack, position, lab, action)
    spring(page, attack)


def lure(page: Page, site: Site, attack: str, position: str, lab: str, action: str = "") -> None:
    """Open the attack's page in the browser."""
    page.goto(site.attack_page(attack, position, lab, action), wait_until="commit")


def spring(page: Page, attack: str) -> None:
    """Click where the attack needs it: the bait, and then perhaps something at the bank."""
    if about(attack)["trigger"] == "click":
        frame = page.query_selector("iframe")
        if frame and (inside := frame.content_frame()):
            inside.wait_for_load_state()
        # By force, since what lies over the bait is to get the click.
        page.click("#bait", no_wait_after=True, force=bool(frame))
    if second := about(attack).get("second_click"):
        page.get_by_text(second, exact=True).click(no_wait_after=True)
