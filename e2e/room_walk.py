"""Somebody who goes through the first lessons in a room: `python -m e2e.room_walk`.

    python -m e2e.room_walk 8000 9000 Ada pictures/

After each step it says which, saves a picture, and waits for a line on its standard input, so that
the trainer's page can be looked at meanwhile (`e2e.room_watch`).
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from csrf_proof import profiles
from csrf_proof.browsers import launch
from e2e.bank import Site
from e2e.test_lessons import LESSONS, Attendee

COUNT = 5


def main(victim_port: str, attacker_port: str, name: str, folder: str) -> None:
    with (
        sync_playwright() as playwright,
        profiles.fresh_context(launch(playwright, "chromium")) as context,
    ):
        site = Site(int(victim_port), int(attacker_port))
        attendee = Attendee(context, site)
        page = attendee.page

        def done(lesson: str, state: str) -> None:
            page.screenshot(path=Path(folder, f"{lesson}-{state}-laptop.png"))
            print(lesson, state, flush=True)
            sys.stdin.readline()

        page.goto(f"{site.playground}/lessons/")
        page.fill("#name", name)
        page.click("form.joining button")
        for lesson in LESSONS[:COUNT]:
            page.goto(f"{site.playground}/lessons/{lesson.slug}/")
            attendee.predict(next(iter(lesson.choices)))
            expect(page.locator("section[aria-labelledby=do-it]")).to_contain_text(
                "Prediction saved"
            )
            done(lesson.slug, "predicted")
            attendee.show_me("do-it", lesson)
            expect(page.locator("section[aria-labelledby=tried]")).to_contain_text("You said")
            done(lesson.slug, "tried")
            attendee.go_on_to_the_proof()
            attendee.show_me("prove-it", lesson)
            expect(page.locator("#fixed-live")).to_contain_text("is done")
            done(lesson.slug, "fixed")


if __name__ == "__main__":
    main(*sys.argv[1:])
