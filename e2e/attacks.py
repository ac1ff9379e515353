"""Launching an attack the way a visitor does: open its page, and click if it asks for a click."""

from __future__ import annotations

from functools import cache

from playwright.sync_api import Page

from csrf_proof import trial
from csrf_proof.arsenal import Attack, read_all
from e2e.bank import Site


@cache
def all_attacks() -> dict[str, Attack]:
    """Return every attack by slug."""
    return read_all()


def launch(page: Page, site: Site, attack: str, position: str, lab: str, action: str = "") -> None:
    """Open the attack's page in the browser, and click the bait where the attack needs it."""
    lure(page, site, attack, position, lab, action)
    trial.spring(page, all_attacks()[attack])


def lure(page: Page, site: Site, attack: str, position: str, lab: str, action: str = "") -> None:
    """Open the attack's page in the browser."""
    trial.lure(page, site.attack_page(attack, position, lab, action))
