"""The hand-out: its code is the defenses' own, and it fits a page."""

from __future__ import annotations

import re

from tools.check import ROOT

TEXT = (ROOT / "docs" / "handout.md").read_text(encoding="utf-8")
DEFENSES = ROOT / "victim_site" / "defenses"


def test_each_line_of_code_stands_in_the_lesson_of_a_defense() -> None:
    lessons = {
        line.strip()
        for file in DEFENSES.glob("*/README.md")
        for line in file.read_text(encoding="utf-8").splitlines()
    }
    (code,) = re.findall("^```python\n(.+?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    assert {line.partition("  # ")[0] for line in code.splitlines()} <= lessons


def test_each_defense_of_the_list_is_there() -> None:
    slugs = re.findall(r"^\| [0-9] \| `([a-z-]+)` \|", TEXT, re.MULTILINE)
    assert slugs
    assert all((DEFENSES / slug.replace("-", "_")).is_dir() for slug in slugs)


def test_it_fits_one_printed_page() -> None:
    lines = [line for line in TEXT.splitlines() if line and not line.startswith(("|---", "```"))]
    assert len(lines) <= 60
    assert max(len(line) for line in lines if not line.startswith("|")) <= 105
