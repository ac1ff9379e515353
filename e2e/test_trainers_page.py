"""The trainer's page in browsers: what attacks it, and two trainers who use it at once."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import PdfMargins, expect

from csrf_proof import profiles
from csrf_proof.application.verdict import APPLICATION, BOTH
from e2e import laptops
from e2e.conftest import Browsers
from e2e.stress.stand import Stand
from tools.run import ROOT, free_port

ACTIONS = {"announce", "vote"}
# What `make test` tries: no token, and another trainer's, from another site and from a subdomain.
SAMPLE = ("--only", "token-post")


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """A room."""
    folder = tmp_path_factory.mktemp("trainer")
    with Stand(folder, env=laptops.environment(free_port(), free_port())) as stand:
        yield stand
        assert stand.tracebacks() == []


@pytest.mark.long
def test_no_page_acts_for_the_trainer(
    request: pytest.FixtureRequest, stand: Stand, tmp_path: Path
) -> None:
    """The engine aims its whole catalogue at it, and nothing gets through."""
    chosen = () if request.config.option.all_cells else SAMPLE
    report = tmp_path / "report.json"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "csrf_proof", "run", "e2e/trainer_recipe.py"),
            *("--url", stand.site.playground, "--full", "--profile", "chromium"),
            *("--json", str(report), *chosen),
        ],
        cwd=ROOT,
        env={**os.environ, "TRAINER_KEY": laptops.secret(stand.var_dir)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = {action["name"]: action for action in json.loads(report.read_text())["actions"]}
    assert set(found) == ACTIONS
    for action in found.values():
        assert action["control"] == {"honest": True, "replayed": True}
        tried = [one for one in action["results"] if one["outcome"] != "not-applicable"]
        assert len(tried) >= 4
        # The browser may be first; the page would have refused it by itself.
        assert {one["stopped_by"] for one in tried} <= {APPLICATION, BOTH}
        assert {one["outcome"] for one in tried} == {"blocked"}


def test_two_trainers_see_what_the_other_does_and_undo_nothing(
    browsers: Browsers, stand: Stand
) -> None:
    site = stand.site
    browser = browsers.get("chromium")
    with profiles.fresh_context(browser) as one, profiles.fresh_context(browser) as other:
        mine, theirs = (context.new_page() for context in (one, other))
        for page in (mine, theirs):
            page.goto(f"{site.playground}/room/enter/?key={laptops.secret(stand.var_dir)}")
            assert page.url == f"{site.playground}/room/"
        theirs.fill("#said", "Half a sen")
        mine.uncheck("input[value=the-token]")
        expect(theirs.locator("input[value=the-token]").last).not_to_be_checked()
        # What they were typing is still there, and what they hold comes on top.
        assert theirs.input_value("#said") == "Half a sen"
        theirs.uncheck("input[type=checkbox][value=rule-of-thumb]")
        expect(mine.locator("input[type=checkbox][value=rule-of-thumb]")).not_to_be_checked()
        assert not mine.is_checked("input[type=checkbox][value=the-token]")
        theirs.click("text=Start the vote")
        expect(mine.locator("text=0 of 0 have voted")).to_be_visible()
        mine.focus("#vote-end")
        mine.keyboard.press("Enter")
        expect(theirs.locator("text=Start the vote")).to_be_visible()


def test_in_a_room_too_one_press_moves_one_screen_and_a_trainer_needs_no_name(
    browsers: Browsers, stand: Stand
) -> None:
    site = stand.site
    with profiles.fresh_context(browsers.get("chromium")) as context:
        page = context.new_page()
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(f"{site.playground}/room/enter/?key={laptops.secret(stand.var_dir)}")
        page.goto(f"{site.playground}/lessons/the-image/present/")
        for screen in ("predict", "do-it", "tried"):
            page.keyboard.press("ArrowRight")
            expect(page.locator(".screen:visible")).to_have_id(screen)
            expect(page.locator(f"#{screen} [rel=next]")).to_be_in_viewport(ratio=1)


def test_the_ballot_follows_the_trainer_and_keeps_a_tick_that_is_not_sent(
    browsers: Browsers, stand: Stand
) -> None:
    playground = stand.site.playground
    browser = browsers.get("chromium")
    with profiles.fresh_context(browser) as trainer, profiles.fresh_context(browser) as attendee:
        boss, ballot = trainer.new_page(), attendee.new_page()
        boss.goto(f"{playground}/room/enter/?key={laptops.secret(stand.var_dir)}")
        ballot.goto(f"{playground}/join/?next=/vote/")
        ballot.fill("#name", "Anna")
        ballot.click("text=Join >> visible=true")
        expect(ballot.locator("h1")).to_have_text("No vote is running")
        boss.click("text=Start the vote")
        ballot.check("#choice-B")
        boss.fill("#said", "One more minute")
        boss.click("text=Announce")
        expect(ballot.locator(".announced")).to_have_text("One more minute")
        expect(ballot.locator("#choice-B")).to_be_checked()
        expect(ballot.locator("#choice-B")).to_be_focused()
        assert "csrf" not in ballot.evaluate("performance.getEntries().map(e => e.name).join()")
        ballot.click("#cast")
        expect(ballot.locator("text=Your vote counts")).to_be_visible()
        boss.click("#vote-counted")
        expect(ballot.locator("text=This vote is closed")).to_be_visible()
        expect(ballot.locator("text=Your vote counts")).to_be_hidden()
        boss.click("#vote-again")
        expect(ballot.locator("text=Talk with your neighbor")).to_be_visible()
        expect(ballot.locator("#choice-B")).not_to_be_checked()
        boss.click("#vote-end")
        expect(ballot.locator("h1")).to_have_text("No vote is running")


def test_the_timer_counts_down_in_the_page_and_says_once_that_it_is_over(
    browsers: Browsers, stand: Stand
) -> None:
    with profiles.fresh_context(browsers.get("chromium")) as context:
        page = context.new_page()
        page.clock.install()
        page.goto(f"{stand.site.playground}/room/enter/?key={laptops.secret(stand.var_dir)}")
        page.fill("#minutes", "1")
        page.click("text=Start >> visible=true")
        clock = page.locator("[role=timer]")
        expect(clock).to_have_text(re.compile("^(1:00|0:5.) left$"))
        heading = page.locator("h1")
        before = heading.bounding_box()
        page.clock.run_for(30_000)
        expect(clock).to_have_text(re.compile("^0:[0-3]. left$"))
        page.clock.run_for(31_000)
        expect(clock).to_be_hidden()
        expect(page.locator("[data-over]")).to_have_text("Time’s up")
        assert heading.bounding_box() == before


def test_what_cannot_be_undone_is_asked_about_first_without_scripts_and_by_keys(
    browsers: Browsers, stand: Stand
) -> None:
    playground = stand.site.playground
    with browsers.get("chromium").new_context(java_script_enabled=False) as context:
        person, boss = context.new_page(), context.new_page()
        person.goto(f"{playground}/join/")
        person.fill("#name", "Olga")
        person.keyboard.press("Enter")
        person.wait_for_url(f"{playground}/")
        boss.goto(f"{playground}/room/enter/?key={laptops.secret(stand.var_dir)}")
        boss.click(".people >> text=Olga")
        boss.focus("button[name=remove]")
        boss.keyboard.press("Enter")
        expect(boss.locator("h1")).to_have_text("Remove Olga from the room?")
        boss.keyboard.press("Tab")
        boss.keyboard.press("Enter")
        boss.wait_for_url(f"{playground}/room/")
        expect(boss.locator(".people >> text=Olga")).to_have_count(0)


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_the_hand_out_is_one_page(browsers: Browsers, stand: Stand, paper: str) -> None:
    """As the browser prints it by default; what the trainer has said stays off the paper."""
    playground = stand.site.playground
    with profiles.fresh_context(browsers.get("chromium")) as context:
        page = context.new_page()
        page.goto(f"{playground}/room/enter/?key={laptops.secret(stand.var_dir)}")
        page.fill("#said", "Print the hand-out")
        page.click("text=Announce")
        page.goto(f"{playground}/handout/")
        expect(page.locator(".announced")).to_be_visible()
        wide = "0.4in"
        margin: PdfMargins = {"top": wide, "right": wide, "bottom": wide, "left": wide}
        printed = page.pdf(format=paper, margin=margin)
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
        page.emulate_media(media="print")
        expect(page.locator(".announced")).to_be_hidden()
