"""The hand-out: its code is the defenses' own, and works. `e2e/test_lessons.py` prints it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.conf import global_settings
from django.utils.module_loading import import_string
from django.views.decorators.http import require_POST

from catalogue.applications import every_application
from tools.check import ROOT

TEXT = (ROOT / "docs" / "handout.md").read_text(encoding="utf-8")
DEFENSES = ROOT / "victim_site" / "defenses"
CODE = re.findall("^```python\n(.+?)^```$", TEXT, re.MULTILINE | re.DOTALL)
# What the decorator stands on.
A_VIEW = {"def transfer(request):", "return move_money(request)"}


def test_each_line_of_code_is_the_defense_in_an_application() -> None:
    advised = {
        line.strip()
        for application in every_application()
        for block in application.defense
        for line in block.text.splitlines()
    }
    lines = [line for code in CODE for line in code.splitlines() if line]
    assert lines
    assert {line.partition("  # ")[0].strip() for line in lines} - A_VIEW <= advised


@pytest.mark.parametrize("code", CODE)
def test_the_code_runs_and_names_what_django_has(code: str) -> None:
    names: dict[str, Any] = {"require_POST": require_POST, "MIDDLEWARE": []}

    exec(code, names)

    assert all(import_string(middleware) for middleware in names["MIDDLEWARE"])
    named = {name for name in names if name.isupper()}
    assert len(named) > 1
    assert all(hasattr(global_settings, name) for name in named)


def test_each_defense_of_the_list_is_there() -> None:
    slugs = re.findall(r"^\| [0-9] \| `([a-z-]+)` \|", TEXT, re.MULTILINE)
    assert slugs
    assert all((DEFENSES / slug.replace("-", "_")).is_dir() for slug in slugs)
