"""From a delivery at the workbench to its result, against a bare load in a fresh context.

A tree's victim makes the visits in its own browsers, which are warm by then. A program that uses
what's documented delivers, and asks until the visit is over.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks.short import ROUNDS
from benchmarks.starting import Running, Tree, playground
from benchmarks.table import Row, say
from csrf_proof.browsers import launch
from csrf_proof.profile_names import PROFILES
from e2e.workbench import Workbench

PROFILE = "chromium"
BARE = "a bare load in a fresh context"
PATIENCE = 120.0
# Small, so that alice can pay in each visit.
ROBS = """<form action="{bank}/transfer" method="post"><input name="to" value="mallory">
<input name="amount" value="1"></form><script>document.forms[0].submit()</script>"""


def measure(server: Running, roots: Mapping[str, Path], folder: Path) -> list[Row]:
    """Deliver in turns with bare loads."""
    if old := [which for which, root in roots.items() if not (root / "victim_bot").exists()]:
        say(f"visits: {', '.join(old)} has no victim's browser, so they aren't measured")
        return []
    bare: list[float] = []
    seconds: dict[int, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    with ExitStack() as stack:
        owners = {}
        for which, root in roots.items():
            env = {"VICTIM_BROWSER": "1"}
            tree = stack.enter_context(playground(root, folder / f"visits-{which}", env))
            owners[which] = _Owner(tree)
        browser = launch(stack.enter_context(sync_playwright()), PROFILE)
        for owner in owners.values():
            owner.deliver(owner.browsers)  # Starts them.
        for number in range(ROUNDS):
            say(f"visits: round {number + 1} of {ROUNDS}")
            begin = time.monotonic()
            context = browser.new_context()
            context.new_page().goto(f"http://127.0.0.1:{server.port}/")
            bare.append(time.monotonic() - begin)
            context.close()
            for which, owner in owners.items():
                for count in {1, len(owner.browsers)}:
                    seconds[count][which].append(owner.deliver(owner.browsers[:count]))
        browser.close()
    floors = dict.fromkeys(roots, bare)
    return [
        Row(
            f"visits-{count}", f"delivery to result, browsers: {count}", "s", BARE, floors, measured
        )
        for count, measured in sorted(seconds.items())
    ]


class _Owner:
    """Has an exploit that robs alice, and delivers it."""

    def __init__(self, tree: Tree) -> None:
        self._bench = Workbench(tree.site)
        self._lab = f"no-defense--for-{self._bench.name}"
        self._bench.store(ROBS.format(bank=tree.site.addresses.bank(self._lab)))
        deadline = time.monotonic() + PATIENCE
        while not self.browsers:
            if time.monotonic() > deadline:
                raise SystemExit(f"No victim's browser came in {tree.root}.")
            time.sleep(0.2)

    @property
    def browsers(self) -> list[str]:
        page = self._bench.get("/").text
        return [profile for profile in PROFILES if f'name="browser-{profile}"' in page]

    def deliver(self, browsers: Sequence[str]) -> float:
        """Deliver, and return how many seconds later the result is there."""
        begin = time.monotonic()
        said = json.dumps({"lab": self._lab, "browsers": list(browsers)})
        headers = {"Content-Type": "application/json"}
        bench = self._bench
        answer = bench.site.request(bench.host, "POST", "/api/deliveries", headers, said)
        where = f"/api/deliveries/{json.loads(answer.body)['id']}"
        while (told := json.loads(bench.get(where).body))["state"] != "over":
            if time.monotonic() - begin > PATIENCE:
                raise SystemExit("A visit wasn't over in time.")
            time.sleep(0.02)
        seconds = time.monotonic() - begin
        if any(each["outcome"] != "forged" for each in told["browsers"]):
            raise SystemExit(f"Alice wasn't robbed: {told['browsers']}")
        return seconds
