"""The tests give the same result wherever they run."""

from __future__ import annotations

import os
import subprocess
import sys

from tools.check import ROOT

# A playground that is set up in every other way than by default.
ELSEWHERE = {
    "VICTIM_PORT": "8900",
    "ATTACKER_PORT": "9900",
    "HTTPS": "1",
    "VAR_DIR": "/dev/null/var",
    "BANK_DOMAIN": "bank.example",
    "PLAYGROUND_DOMAIN": "playground.example",
    "EVIL_DOMAIN": "evil.example",
}
# Origins with ports and schemes, and texts.
SENSITIVE = [
    "victim_site/defenses/tests/test_flawed.py::TestCheckAfterEffect",
    "victim_site/teaching/tests/test_rendering.py",
]


def test_another_setup_in_the_environment_changes_no_test() -> None:
    # A new run: what this one has set for itself is not passed on.
    outside = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *SENSITIVE],
        cwd=ROOT,
        env=outside | ELSEWHERE,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout
