"""A clock that jumps, forwards and backwards: sign-ins hold, deadlines and feeds go on.

The sites' own clock is shifted, and nobody else's: a `sitecustomize` that Python reads at the start
adds what a file says to what `time.time` and Django's `now` answer. (A library such as libfaketime
would shift more, and would have to be installed.)
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from e2e.stress.ledger import Crowd, Customer
from e2e.stress.report import Result
from e2e.stress.stand import SITES, Stand

_HOUR, _DAY = 3600, 86_400
# A sign-in lasts two weeks, so a week forwards ends none.
JUMPS = {
    "an hour forwards": _HOUR,
    "a day backwards": -_DAY,
    "a week forwards": 7 * _DAY,
    "the right time": 0,
    "ten years backwards": -3650 * _DAY,
    "the right time again": 0,
}
_SHIFT = """
import os, time
from pathlib import Path

_file = Path(os.environ["STRESS_CLOCK"])
_time, _time_ns = time.time, time.time_ns

def shift():
    try:
        return int(_file.read_text() or 0)
    except OSError:
        return 0

time.time = lambda: _time() + shift()
time.time_ns = lambda: _time_ns() + shift() * 1_000_000_000

import datetime
from django.utils import timezone

timezone.now = lambda: datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(
    seconds=shift()
)
"""


def run(folder: Path, scale: float) -> list[Result]:
    """Let the clock jump while clients pay over connections that they keep."""
    pause = 2.0 if scale == 1 else 0.5
    file = folder / "clock"
    file.write_text("0")
    (folder / "sitecustomize.py").write_text(_SHIFT)
    path = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH", "")]))
    env = {"STRESS_CLOCK": str(file), "PYTHONPATH": path}
    with Stand(folder, env=env) as stand:
        crowd = Crowd(stand, 8)
        alice = Customer(stand.lab(), "alice")
        crowd.start()
        faults: dict[str, list[str]] = {site: [] for site in SITES}
        for name, shift in JUMPS.items():
            # In one step, since a file that is being written is empty for a moment.
            file.with_suffix(".new").write_text(str(shift))
            file.with_suffix(".new").replace(file)
            time.sleep(pause)
            for site, fault in _look(stand, alice).items():
                faults[site] += [f"after {name}: {sentence}" for sentence in fault]
        crowd.stop()
        faults["victim"] += crowd.ledger.unserved
        faults["victim"] += [f"traceback: {text}" for text in stand.tracebacks()[:2]]
        acknowledged = crowd.ledger.acknowledged.total()
        note = f"{len(JUMPS)} jumps; {acknowledged} acknowledged"
        bank = crowd.result("clock jumps", note, faults["victim"])
        return [
            bank,
            Result(
                "clock jumps",
                "attacker",
                len(JUMPS),
                len(JUMPS) - len(faults["attacker"]),
                bank.seconds,
                note=f"{len(JUMPS)} jumps",
                faults=faults["attacker"],
            ),
        ]


def _look(stand: Stand, alice: Customer) -> dict[str, list[str]]:
    """Return what doesn't work after a jump, for each site."""
    site = stand.site
    faults: dict[str, list[str]] = {name: [] for name in SITES}
    begin = time.monotonic()
    account = site.request(alice.lab.host, "GET", "/", {"Cookie": alice.cookie})
    if account.status != 200:
        faults["victim"].append(f"alice is signed out (the account page answers {account.status})")
    if (paid := alice.pay_by_itself(1).status) != 303:
        faults["victim"].append(f"a transfer is answered {paid}")
    stand.lab().sign_in()
    attempts = alice.lab.state()["attempts"]
    if not attempts or attempts[0]["outcome"] != "applied":
        faults["victim"].append("the newest attempt in the log isn't the transfer")
    if (gallery := site.get(site.domains.evil, "/").status) != 200:
        faults["attacker"].append(f"the gallery answers {gallery}")
    if (seconds := time.monotonic() - begin) > 10:
        faults["victim"].append(f"hung: the answers took {seconds:.0f} s")
    return faults
