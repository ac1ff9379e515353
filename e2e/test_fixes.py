"""What the matrix says of each defense holds for all of a fixed bank together, in a browser."""

from __future__ import annotations

import random

import pytest

from catalogue import matrix
from catalogue.fixes import all_fixes
from catalogue.labels import LONGEST_LABEL
from csrf_proof import trial
from e2e.attacks import all_attacks
from e2e.bank import Lab, Site, sign_in_by_hand
from e2e.conftest import Browsers
from e2e.target import LabTarget
from e2e.test_matrix import PATHS

LOADED = matrix.load()
# How many attacks are launched at each bank; with `--all-cells`, all.
SOME = 8


def lab_with(site: Site, label: str) -> Lab:
    """Return a lab of the test's own, or the one without an owner where that's too long a label."""
    own = Lab(site, label)
    return own if len(own.label) <= LONGEST_LABEL else Lab(site, whole=label)


@pytest.mark.parametrize("slug", all_fixes())
@pytest.mark.sample(2)
def test_nothing_gets_through_a_fixed_bank_and_alice_can_pay(
    slug: str, browsers: Browsers, site: Site, request: pytest.FixtureRequest
) -> None:
    fix = all_fixes()[slug]
    launches = fix.attacks(LOADED)
    if not request.config.getoption("--all-cells"):
        launches = random.Random(slug).sample(launches, SOME)
    lab = lab_with(site, fix.label(next(fix.solutions(LOADED))))
    for name, position in launches:
        attack = all_attacks()[name]
        with browsers.window("chromium", name, long_way=True) as window:
            result = trial.run(
                window,
                attack,
                site.attack_page(name, position, lab.label),
                LabTarget(lab, attack),
                path=attack.path or PATHS[attack.action],
            )
        assert result.outcome == matrix.BLOCKED, (name, position, result)
    with browsers.window("chromium", "form-post", long_way=True) as window:
        page = sign_in_by_hand(window.context, lab)
        page.goto(f"{lab.url}/transfer")
        page.fill("input[name=to]", "mallory")
        page.fill("input[name=amount]", "7")
        again = page.locator("input[name=current_password]")
        if again.count():
            again.fill("wonderland")
        page.click("main form button")
        page.wait_for_selector("h1.greeting")
    assert lab.state()["accounts"]["alice"]["balance"] == 993
