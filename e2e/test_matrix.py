"""Every cell of the matrix, confirmed or refuted by a browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from catalogue import matrix
from csrf_proof import profiles, trial, windows
from csrf_proof.arsenal import SIGNED_OUT
from csrf_proof.windows import Window
from e2e.attacks import all_attacks
from e2e.bank import Lab, Site
from e2e.conftest import Browsers, provable_cells
from e2e.target import LabTarget

# Where each action of the bank is performed.
PATHS = {
    "login": "/login",
    "logout": "/logout",
    "transfer": "/transfer",
    "change-email": "/email",
    "change-password": "/password",
    "upload-avatar": "/avatar",
    "branch-payment": "/branch",
    "connect-account": "/lighthouse/connect",
    "statement": "/statement/feed",
}


def test_cell(
    cell: matrix.Cell, browsers: Browsers, site: Site, record_property: Callable[[str, str], None]
) -> None:
    record_property("cell-profile", cell.profile)
    ages = profiles.ages(cell.attack, cell.cookie_age)
    try:
        with browsers.window(cell.profile, cell.attack, *ages) as window:
            try_out(cell, window, Lab(site, cell.defense))
    except trial.NotJudged as why:
        # On a busy machine a kept Firefox may still be at its last trial. That says nothing about
        # the cell, so the long way decides.
        if not browsers.takes_shortcut(cell.profile, cell.attack):
            raise
        record_property("cell-tried-again", f"{cell.name}: {why}")
        with browsers.window(cell.profile, cell.attack, *ages, long_way=True) as window:
            try_out(cell, window, Lab(site, cell.defense))


@pytest.mark.each_browser
@pytest.mark.parametrize(("kind", "tries"), [("firefox", 2), ("chromium", 1)])
def test_where_a_shortcut_says_nothing_the_long_way_decides(
    kind: str, tries: int, browsers: Browsers, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"{kind}/form-post/cross-site/no-defense"
    (cell,) = (cell for cell in provable_cells() if cell.name == name)
    windows_used: list[Window] = []

    def say_nothing(cell: matrix.Cell, window: Window, lab: Lab) -> None:
        windows_used.append(window)
        raise trial.NotJudged("Nothing came.")

    monkeypatch.setattr(f"{__name__}.try_out", say_nothing)
    noted: dict[str, str] = {}
    with pytest.raises(trial.NotJudged):
        test_cell(cell, browsers, site, lambda key, value: noted.update({key: value}))
    assert len({window.context for window in windows_used}) == tries
    assert ("cell-tried-again" in noted) == (tries > 1)


@pytest.mark.sample(12)
def test_the_long_way_ends_as_the_shortcut_does(
    shortened: matrix.Cell, browsers: Browsers, site: Site
) -> None:
    with browsers.window(shortened.profile, shortened.attack, long_way=True) as window:
        try_out(shortened, window, Lab(site, shortened.defense))


def test_the_shell_does_not_block_third_party_cookies_of_websockets(
    browsers: Browsers, site: Site
) -> None:
    """Else a full browser would be needed for nothing."""
    (cell,) = (
        cell
        for cell in provable_cells()
        if cell.name == "chromium/websocket-hijack/cross-site/no-defense"
    )
    with windows.fresh(browsers.get("chromium"), told_to_block=True) as window:
        try_out(cell, window, Lab(site, cell.defense))


def try_out(cell: matrix.Cell, window: Window, lab: Lab, target: LabTarget | None = None) -> None:
    """Try a cell's attack on a lab, and compare what came out with what the cell expects.

    `target` is the lab as the trial sees it, if alice signs in there in another way.
    """
    attack = all_attacks()[cell.attack]
    gets_old = cell.cookie_age == "old" and profiles.grows_old_by_the_clock(cell.attack)
    result = trial.run(
        window,
        attack,
        lab.site.attack_page(cell.attack, cell.position, lab.label),
        target or LabTarget(lab, attack),
        path=attack.path or PATHS[attack.action],
        wait_for=trial.awaited(cell.reason),
        cookie_age=profiles.SHORT_AGE if gets_old else 0,
    )
    assert (result.outcome, result.reason) == (cell.outcome, cell.reason), result
    if cell.outcome == matrix.FORGED:
        assert result.record is not None
        assert result.record.reason is None, "the bank says that it refused this"
        return
    if cell.verdict:
        assert result.record is not None
        assert cell.verdict in result.record.verdicts, "the defense itself did not refuse"
    if result.record is None or result.record.kind != trial.ACT:
        assert not lab.loot(cell.attack), "the attacker got something after all"
    if cell.attack == "form-post" and attack.victim != SIGNED_OUT:
        # The bank's answer must not have signed alice out by replacing her cookie.
        page = window.page
        page.wait_for_url(lambda url: url.startswith(f"{lab.url}/"))
        page.goto(lab.url)
        page.wait_for_selector("h1.greeting")
