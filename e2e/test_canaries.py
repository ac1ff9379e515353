"""Do browsers still do what the pages say? If not, this says which pages are wrong now.

The facts are cells of the matrix, and other tests try them too. Here they come first, and a failure
is a sentence about a browser instead of a cell.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from catalogue import matrix
from csrf_proof import profiles
from e2e.bank import Lab, Site
from e2e.conftest import Browsers, browser_of_cell, provable_cells
from e2e.test_matrix import try_out

ROOT = Path(__file__).parents[1]
FACTS: list[dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("canaries.toml").read_text(encoding="utf-8")
)["fact"]
# Over https there's a position that http doesn't have.
INSECURE = "insecure-subdomain"
OVER_HTTPS = [cell for cell in matrix.load(matrix.HTTPS_FILE).cells() if cell.position == INSECURE]
CELLS = {cell.name: cell for cell in [*provable_cells(), *OVER_HTTPS]}


def test_every_fact_is_a_cell_and_every_page_is_there() -> None:
    assert len(FACTS) >= 12
    assert [name for fact in FACTS for name in fact["cells"] if name not in CELLS] == []
    assert [page for fact in FACTS for page in fact["pages"] if not (ROOT / page).exists()] == []


@pytest.mark.first
def test_browsers_still_do_what_the_pages_say(
    browsers: Browsers, request: pytest.FixtureRequest
) -> None:
    changed = what_changed(FACTS, browsers, request)
    assert not changed, "\n".join(changed)


def what_changed(
    facts: list[dict[str, Any]], browsers: Browsers, request: pytest.FixtureRequest
) -> list[str]:
    """Return a sentence for each of these facts that a browser doesn't confirm."""
    # One browser after the other, since a start takes as long as several cells.
    names = {name for fact in facts for name in fact["cells"]}
    cells = sorted(names, key=lambda name: browser_of_cell(CELLS[name]))
    refuted = {name for name in cells if not holds(CELLS[name], browsers, request)}
    return [
        f"No longer true: {fact['says']} Seen otherwise: {', '.join(seen)}. "
        f"These pages say it: {', '.join(fact['pages'])}."
        for fact in facts
        if (seen := [name for name in fact["cells"] if name in refuted])
    ]


def holds(cell: matrix.Cell, browsers: Browsers, request: pytest.FixtureRequest) -> bool:
    """Tell whether a browser confirms a cell."""
    site: Site = request.getfixturevalue("secure" if cell.position == INSECURE else "site")
    ages = profiles.ages(cell.attack, cell.cookie_age)
    with browsers.window(cell.profile, cell.attack, *ages) as window:
        try:
            try_out(cell, window, Lab(site, cell.defense))
        except AssertionError:
            return False
    return True


def test_a_change_is_told_in_one_sentence_with_its_pages(
    browsers: Browsers, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict = CELLS["chromium/link-get/cross-site/samesite-strict"]
    monkeypatch.setitem(CELLS, "wrong", replace(strict, outcome=matrix.FORGED, reason=None))
    (said,) = what_changed([FACTS[4] | {"cells": ["wrong"]}], browsers, request)
    assert re.match(r"No longer true: A Lax .*docs/lessons/06", said)
