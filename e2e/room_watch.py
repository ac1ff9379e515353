"""The trainer's browser in a room: `python -m e2e.room_watch`.

    python -m e2e.room_watch 8000 9000 SECRET Ada pictures/

For each line that it reads, a lesson and how far somebody should be in it, it waits until the
trainer's page says so by itself, saves a picture of that page, and says how long it took. At the
end it takes a picture of the wall.
"""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from csrf_proof import profiles
from csrf_proof.browsers import launch
from e2e.bank import Site
from e2e.test_lessons import LESSONS

NUMBERS = {lesson.slug: lesson.number for lesson in LESSONS}


def main(victim_port: str, attacker_port: str, secret: str, name: str, folder: str) -> None:
    with (
        sync_playwright() as playwright,
        profiles.fresh_context(launch(playwright, "chromium")) as context,
    ):
        site = Site(int(victim_port), int(attacker_port))
        page = context.new_page()
        page.goto(f"{site.playground}/room/enter/?key={secret}")
        print("ready", flush=True)
        for line in sys.stdin:
            lesson, state = line.split()
            begin = time.monotonic()
            row = page.locator("table.people tbody tr", has_text=name)
            expect(row.locator("td").nth(NUMBERS[lesson] - 1)).to_have_class(state)
            seconds = time.monotonic() - begin
            page.screenshot(path=Path(folder, f"{lesson}-{state}-trainer.png"), full_page=True)
            print(f"{seconds:.2f}", flush=True)
        page.goto(f"{site.playground}/room/wall/")
        seen = page.locator("table.progress tr").first.locator("td").last
        expect(seen).to_have_text(re.compile(r"[1-9]\d*"))
        page.screenshot(path=Path(folder, "wall.png"))


if __name__ == "__main__":
    main(*sys.argv[1:])
