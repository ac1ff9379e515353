"""A disk that is full: what can't be written gets a sentence, and nothing is half done.

The folder for state is a small disk in memory, which only the sites see: a mount namespace, which
Linux grants to every user where it isn't forbidden. Elsewhere this kind is skipped.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

from e2e.stress.ledger import Crowd, Customer
from e2e.stress.report import Result, counted
from e2e.stress.stand import Stand

_MEGABYTES = 24
_SENTENCE = "save anything now"


def run(folder: Path, scale: float) -> list[Result]:
    """Fill the disk in the middle of transfers, and make room again."""
    if reason := _not_possible():
        return [Result("full disk", "victim", 0, 0, 0.0, note=f"SKIPPED: {reason}")]
    seconds = 6.0 if scale == 1 else 2.0
    with Stand(folder, before=_own_disk(folder / "var")) as stand:
        filler = stand.root / stand.var_dir.relative_to("/") / "filler"
        crowd = Crowd(stand, 16)
        honest = Customer(stand.lab(), "alice")
        crowd.start()
        time.sleep(seconds / 3)
        _fill(filler)
        time.sleep(seconds)
        pages = _read_pages(stand, honest)
        filler.unlink()
        time.sleep(seconds / 3)
        crowd.stop()
        faults = []
        after = honest.pay_by_itself(1)
        if after.status != 303:
            faults.append(f"with room on the disk, a transfer is still answered {after.status}")
        ledger = crowd.ledger
        sentences = sum(n for said, n in ledger.refused.items() if _SENTENCE in said)
        if sentences != ledger.refused.total():
            faults.append(f"refused without the sentence: {counted(ledger.refused)}")
        if not sentences:
            faults.append("nothing was refused, so the disk wasn't full")
        if strange := {p: s for p, s in pages.items() if s not in {200, 302}}:
            faults.append(f"pages that only read were answered {strange}")
        faults += [f"traceback: {text}" for text in stand.tracebacks()[:2]]
        note = (
            f"{sentences} got the sentence, {ledger.acknowledged.total()} acknowledged, "
            f"{ledger.unanswered.total()} never answered"
        )
        return [crowd.result("full disk", note, faults)]


def _own_disk(var_dir: Path) -> list[str]:
    """Return what to put before a command, so that its folder is a small disk of its own."""
    script = f'mkdir -p "$0" && mount -t tmpfs -o size={_MEGABYTES}m tmpfs "$0" && exec "$@"'
    return ["unshare", "--mount", "--map-root-user", "sh", "-c", script, str(var_dir)]


def _not_possible() -> str:
    """Return why there can be no small disk here, or nothing."""
    if shutil.which("unshare") is None:
        return "there is no unshare, which Linux has, to mount a small disk"
    command = ["unshare", "--mount", "--map-root-user", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    tried = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if tried.returncode == 0 else f"no disk can be mounted ({tried.stderr.strip()})"


def _fill(file: Path) -> None:
    """Write until nothing more fits, to the last byte."""
    with file.open("wb", buffering=0) as filler:
        for size in (65536, 1):
            try:
                while True:
                    filler.write(b"\0" * size)
            except OSError:
                pass


def _read_pages(stand: Stand, customer: Customer) -> dict[str, int]:
    """Return what pages that need no writing are answered while the disk is full."""
    site = stand.site
    account = site.request(customer.lab.host, "GET", "/", {"Cookie": customer.cookie})
    return {
        "the account page": account.status,
        "the home page": site.get(site.domains.playground, "/").status,
        "the gallery": site.get(site.domains.evil, "/").status,
    }
