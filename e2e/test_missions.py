"""Every mission is solved by its solution, and not by what everybody tries first."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from playwright.sync_api import BrowserContext, expect

from catalogue import matrix
from catalogue.missions import OBVIOUS, Mission, all_missions
from e2e import guide
from e2e.bank import PASSWORDS, Lab, Site
from e2e.conftest import Browsers, provable_cells
from e2e.test_matrix import try_out

PROFILES = ("chromium", "firefox")
CELLS = {cell.name: cell for cell in provable_cells()}


def cell_of(profile: str, attack: str, position: str, mission: Mission) -> matrix.Cell:
    """Return the cell that says the result of an attack, at the mission's lab."""
    cell = CELLS[f"{profile}/{attack}/{position}/{mission.lab}"]
    return replace(cell, defense=mission.label, verdict=None)  # The lab tells nobody its verdicts.


def is_solved(site: Site, lab: Lab, slug: str) -> bool:
    owner = lab.label.partition("--for-")[2]
    answer = site.get(site.domains.playground, f"/api/missions?owner={owner}")
    return slug in [one["name"] for one in json.loads(answer.body) if one["solved"]]


def told(lab: Lab) -> tuple[list[str] | None, list[str] | None]:
    """Return the defenses and weaknesses that the lab tells anybody."""
    state = lab.state()
    return state["defenses"], state["weaknesses"]


@pytest.mark.parametrize(
    ("slug", "kind"),
    [
        (mission.slug, profile)
        for mission in all_missions().values()
        for profile in mission.browsers(matrix.load())
        if profile in PROFILES
    ],
)
def test_a_mission_is_solved_by_its_solution_alone(
    slug: str, kind: str, browsers: Browsers, site: Site
) -> None:
    mission = all_missions()[slug]
    lab = Lab(site, mission.label)
    assert told(lab) == (None, None)
    for attack, position, solves in (
        (*OBVIOUS, False),
        (mission.attack, mission.position, True),
    ):
        with browsers.window(kind, attack, long_way=True) as window:
            try_out(cell_of(kind, attack, position, mission), window, lab)
        assert is_solved(site, lab, slug) == solves
        assert (told(lab) != (None, None)) == solves
    assert told(lab) == told(Lab(site, mission.lab))


@pytest.mark.parametrize("slug", all_missions())
def test_a_payment_that_alice_wants_solves_nothing(slug: str, site: Site) -> None:
    lab = Lab(site, all_missions()[slug].label)

    fields = {"to": "mallory", "amount": "100", "current_password": PASSWORDS["alice"]}
    lab.send("/transfer", fields, lab.sign_in())

    assert lab.balance() == 900
    assert not is_solved(site, lab, slug)


def test_a_newcomer_solves_the_first_mission(context: BrowserContext, site: Site) -> None:
    """By what the pages offer: a wrong attack, the hints, the right one, and the next mission."""
    page = context.new_page()
    page.goto(f"{site.playground}/")
    page.click("text=missions")
    first, second, *_ = all_missions().values()
    page.click(f"text={first.title}")
    for attack, position in (OBVIOUS, (first.attack, first.position)):
        page.select_option("select", f"{attack}.{position}")
        page.wait_for_selector(f"[data-aim='{attack}.{position}']")
        with context.expect_page() as opened:
            page.click("text=Attack, step by step")
        bank = opened.value
        if (attack, position) == OBVIOUS:
            bank.click("main form[action='/login'] button")
        guide.there_and_back(bank, attack)
        bank.click("text=See what happened")
        bank.wait_for_url("**/missions/**")
        bank.close()
        page.bring_to_front()
        entry = page.locator("ol.attempts > li").first
        expect(entry).to_contain_text("blocked" if (attack, position) == OBVIOUS else "forged")
        page.click("text=Hint 1")
    expect(page.locator(".finish")).to_contain_text("Solved.")
    page.click(f"text=Next: {second.title}")
    expect(page.locator("h1")).to_have_text(second.title)
    page.click("main >> text=Mission")
    expect(page.locator("li.done")).to_contain_text(first.title)
