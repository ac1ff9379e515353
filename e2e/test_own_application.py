"""The pytest plugin on the applications of its own examples, in all kinds of browsers."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from csrf_proof.browsers import PROFILES
from tools.run import ROOT

EXAMPLES = ROOT / "examples"
# Of Django's, what another framework could change: the sign-in, the database, the live server.
TRIED = {"flask": ("cross-site", "subdomain"), "django": ("cross-site",)}
PYTEST = (sys.executable, "-m", "pytest", "-p", "csrf_proof.plugin", "-p", "no:cacheprovider")
SAID = re.compile(r"^([A-Z ]+) \S+::test_email\[([a-z0-9-]+)\]", re.MULTILINE)


def ids_of(framework: str) -> set[str]:
    return {f"form-post-{at}-{profile}" for at in TRIED[framework] for profile in PROFILES}


def run(folder: Path, *arguments: str, **environment: str) -> tuple[dict[str, str], str]:
    """Return what pytest said of each test, and all of its output."""
    # Not the bank's settings, which pytest-django puts there.
    inherited = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(
        [*PYTEST, "-rA", "--rootdir", str(folder), *arguments],
        cwd=folder,
        env=inherited | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return {test: word for word, test in SAID.findall(done.stdout)}, done.stdout + done.stderr


@pytest.mark.long
@pytest.mark.parametrize("framework", TRIED)
def test_without_protection_everything_is_forged(framework: str) -> None:
    said, output = run(EXAMPLES / framework, "-k", " or ".join(TRIED[framework]))
    assert said == dict.fromkeys(ids_of(framework), "FAILED"), output
    for line in (
        "FORGED  form-post-cross-site-firefox   CWE-352",
        "Another site did this in the name of the signed-in user: email.",
        "POST /email   Origin: http://evil.localhost:",
        " was sent (it has no SameSite)",
        "alice@example.org → forged-",
    ):
        assert line in output, output


@pytest.mark.long
@pytest.mark.parametrize("framework", TRIED)
def test_with_protection_everything_is_blocked(framework: str) -> None:
    tried = " or ".join(TRIED[framework])
    said, output = run(EXAMPLES / framework, "-k", tried, PROTECTED="1")
    assert said == dict.fromkeys(ids_of(framework), "PASSED"), output


def test_an_honest_user_who_cannot_act_is_an_error_and_no_verdict(tmp_path: Path) -> None:
    for file in (EXAMPLES / "flask").glob("*.py"):
        source = file.read_text(encoding="utf-8")
        source = source.replace('page.get_by_role("button", name="Save").click()', "pass")
        (tmp_path / file.name).write_text(source, encoding="utf-8")
    said, output = run(tmp_path, "-k", "cross-site-chromium and not 3pc")
    assert said == {"form-post-cross-site-chromium": "NOT JUDGED"}, output
    assert "An honest user's act changed nothing in chromium" in output
    assert "1 error" in output
