"""The engine aims its whole catalogue at the trainer's page. Nothing gets through."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from csrf_proof.application.verdict import APPLICATION, BOTH
from e2e import laptops
from e2e.stress.stand import Stand
from tools.run import ROOT, free_port

ACTIONS = {"announce", "vote"}
# What `make test` tries: no token, and another trainer's, from another site and from a subdomain.
SAMPLE = ("--only", "token-post")


@pytest.mark.long
def test_no_page_acts_for_the_trainer(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    chosen = () if request.config.option.all_cells else SAMPLE
    report = tmp_path / "report.json"
    with Stand(tmp_path, env=laptops.environment(free_port(), free_port())) as stand:
        secret = (stand.var_dir / "room" / "secret").read_text(encoding="utf-8")
        done = subprocess.run(
            [
                *(sys.executable, "-m", "csrf_proof", "run", "e2e/trainer_recipe.py"),
                *("--url", stand.site.playground, "--full", "--profile", "chromium"),
                *("--json", str(report), *chosen),
            ],
            cwd=ROOT,
            env={**os.environ, "TRAINER_KEY": secret},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert stand.tracebacks() == []
    found = {action["name"]: action for action in json.loads(report.read_text())["actions"]}
    assert set(found) == ACTIONS
    for action in found.values():
        assert action["control"] == {"honest": True, "replayed": True}
        tried = [one for one in action["results"] if one["outcome"] != "not-applicable"]
        assert len(tried) >= 4
        # The browser may be first; the page would have refused it by itself.
        assert {one["stopped_by"] for one in tried} <= {APPLICATION, BOTH}
        assert {one["outcome"] for one in tried} == {"blocked"}
