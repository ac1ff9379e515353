"""What a trainer does on `/room/`, for csrf-proof to attack.

With a room that runs, its address, and the secret of the link that it printed:

    TRAINER_KEY=… csrf-proof run e2e/trainer_recipe.py --url … --full
"""

from __future__ import annotations

import os

from playwright.sync_api import Page

from csrf_proof import Action


def sign_in(page: Page) -> None:
    """The attacker of these attacks is a trainer too, in another browser, so with a real token."""
    page.goto(f"/room/enter/?key={os.environ['TRAINER_KEY']}")
    page.wait_for_selector("#said")


def announce(page: Page, text: str) -> None:
    page.goto("/room/")
    page.fill("#said", text)
    page.click("text=Announce")


def announced(page: Page) -> str:
    page.goto("/room/")
    return page.input_value("#said")


def vote(page: Page, _: str) -> None:
    """Let the room vote on the first lesson."""
    page.goto("/room/")
    page.click("text=Start the vote")


def voting(page: Page) -> bool:
    page.goto("/room/")
    return page.is_visible("text=End the vote")


def end_vote(page: Page) -> None:
    if voting(page):
        with page.expect_navigation():
            page.click("text=End the vote")


say_something = Action(sign_in, announce, announced, attacker=sign_in, name="announce")
start_a_vote = Action(sign_in, vote, voting, reset=end_vote, attacker=sign_in, name="vote")
