"""The matrix at a glance."""

from __future__ import annotations

import re

import pytest

from catalogue.matrix import FORGED
from victim_site.conftest import playground
from victim_site.teaching import expectations
from victim_site.teaching.links import walk
from victim_site.wording import REASONS

pytestmark = pytest.mark.django_db

PROFILES = expectations.the_matrix().profiles
KEYS, COLUMNS = list(expectations.the_matrix().rows), expectations.columns()
SQUARE = re.compile(r"<button name=square value=(\d+)\.(\d+) class=([a-z])")


def page(query: str) -> str:
    text: str = playground().get(f"/matrix/pattern/?{query}").content.decode()
    return text


@pytest.mark.parametrize("profile", PROFILES)
def test_every_square_has_the_shape_of_its_cells(profile: str) -> None:
    found = SQUARE.findall(page(f"profile={profile}"))

    assert len(found) == len(KEYS) * len(COLUMNS)
    for row, column, kind in found:
        key, lab = KEYS[int(row) - 1], COLUMNS[int(column) - 1]
        cells = expectations.squares(profile)[*key, expectations.the_matrix().lab(key[0], lab)]
        forged = {cell.outcome == FORGED for cell in cells}
        by = {REASONS[cell.reason].by for cell in cells if cell.reason}
        if kind == "m":
            assert len(cells) > 1
            assert len(forged) + len(by) > 2
        else:
            assert forged == {kind == "f"}
            assert {"f": set(), "b": {"server"}, "o": {"browser"}, "n": set()}[kind] == by


def test_a_square_says_its_reason_and_leads_to_its_lab() -> None:
    row = KEYS.index(("image-get", "cross-site")) + 1
    column = COLUMNS.index("post-only") + 1

    opened = page(f"square={row}.{column}").partition('<section class="opened"')[2]

    assert "get-refused" in opened
    assert f'href="{walk("post-only", "image-get", "cross-site")}"' in opened


def test_a_script_gets_a_square_alone_as_the_page_has_it() -> None:
    alone = playground().get("/matrix/pattern/?square=3.4", headers={"hx-request": "true"})

    said = alone.content.decode().strip()
    assert said.startswith('<div id="opened"')
    assert said in page("square=3.4")
    assert page("square=3.4").count("aria-current=true") == 1


@pytest.mark.parametrize(
    ("query", "rows", "columns"),
    [
        ("attack=form-post", 3, len(COLUMNS)),
        ("attack=form-post&position=lookalike", 1, len(COLUMNS)),
        ("defense=post-only", len(KEYS), 1),
        ("attack=form-post&defense=post-only&kind=f", 3, 1),
    ],
)
def test_filters_leave_what_was_asked_for(query: str, rows: int, columns: int) -> None:
    text = page(query)

    assert len(SQUARE.findall(text)) == rows * columns
    assert "Show all" in text


def test_where_nothing_fits_the_page_says_so() -> None:
    assert "No attack fits." in page("attack=image-get&position=lookalike")


@pytest.mark.parametrize("square", ["", "x", "1", "0.1", "1.0", "999.1", "1.99", "9" * 5000])
def test_a_square_that_is_not_there_is_a_404(square: str) -> None:
    assert playground().get("/matrix/pattern/", {"square": square}).status_code == 404
