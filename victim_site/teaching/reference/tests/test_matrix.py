"""The page of the matrix."""

from __future__ import annotations

import re
from itertools import product

import pytest

from catalogue.matrix import Cell
from victim_site.conftest import playground
from victim_site.teaching import expectations
from victim_site.teaching.links import walk

pytestmark = pytest.mark.django_db

PROFILES = expectations.the_matrix().profiles
KEYS, COLUMNS = list(expectations.the_matrix().rows), expectations.columns()
# What one square says of one cell: whose cookie, the outcome, and what the browser or a note adds.
CELL = re.compile(
    r"(?:<small>(fresh|old) cookie:</small>)?"
    r"(?:<b>(forged)</b>|<em>([a-z-]+)</em>|(n/a))(<i>([a-z-]*)</i>)?"
    r"(?:<small>(?!old )([^<]*)</small>)?"
)


def page(profile: str) -> str:
    text: str = playground().get(f"/matrix/?profile={profile}").content.decode()
    return text


def said(cell: Cell, alone: bool) -> tuple[str, ...]:
    """Return what a square should say of a cell, as `CELL` finds it."""
    age = "" if alone else cell.cookie_age
    first = cell.note.startswith("The browser was first")
    marked = f"<i>{cell.verdict or ''}</i>" if first else ""
    forged, blocked = cell.outcome == "forged", cell.reason or ""
    neither = "" if forged or blocked else "n/a"
    return age, "forged" * forged, blocked, neither, marked, (cell.verdict or "") * first


@pytest.mark.parametrize("profile", PROFILES)
def test_every_square_says_what_is_expected(profile: str) -> None:
    table = page(profile).partition('id="matrix"')[2].partition("</table>")[0]
    squares = re.findall(r"<td><a href=([\d.]+) target=_blank>(.*?)</a>", table)
    assert len(squares) == len(KEYS) * len(COLUMNS)

    places = product(enumerate(KEYS, 1), enumerate(COLUMNS, 1))
    for ((row, key), (column, slug)), (href, text) in zip(places, squares, strict=True):
        cells = expectations.squares(profile)[*key, expectations.the_matrix().lab(key[0], slug)]
        assert href == f"{row}.{column}"
        assert [found[:6] for found in CELL.findall(text)] == [
            said(c, len(cells) == 1) for c in cells
        ]
        assert CELL.sub("", text) == ""


SOME = list(product((1, len(KEYS) // 2, len(KEYS)), (1, len(COLUMNS))))


@pytest.mark.parametrize(("row", "column"), SOME)
def test_a_square_leads_to_its_lab_and_attack(row: int, column: int) -> None:
    answer = playground().get(f"/matrix/{row}.{column}")

    assert answer.status_code == 302
    assert answer["Location"] == walk(COLUMNS[column - 1], *KEYS[row - 1])


@pytest.mark.parametrize("square", ["0.1", "1.0", f"{len(KEYS) + 1}.1", "1.99", "9" * 5000 + ".1"])
def test_a_square_that_is_not_there_is_a_404(square: str) -> None:
    assert playground().get(f"/matrix/{square}").status_code == 404


@pytest.mark.parametrize("profile", PROFILES)
def test_the_page_repeats_no_names(profile: str) -> None:
    text = page(profile)

    # With a lab's address and an icon in every square, it was 370 characters for each.
    assert len(text) < 95 * len(KEYS) * len(COLUMNS)
    rows = text.partition('id="matrix"')[2].partition("</table>")[0].count("image-get")
    assert rows == 2 * sum(attack == "image-get" for attack, _ in KEYS)


def test_the_matrix_shows_what_https_changes_and_nothing_else() -> None:
    text = page("chromium").partition('id="over-https"')[2].partition("</table>")[0]
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</tr>", text, re.DOTALL)
    (strict,) = (row for row in rows if "link-get" in row and "samesite-strict" in row)
    assert "whose page came by http" in strict
    shown = re.findall(r"<(b|em)>", strict)
    assert shown == ["em", "em", "b", "b"]
    assert not any("from another site" in row and "samesite-lax" in row for row in rows)


def test_the_matrix_shows_where_webkit_is_different_and_nothing_else() -> None:
    text = page("firefox").partition('id="webkit"')[2].partition("</table>")[0]
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</tr>", text, re.DOTALL)
    (image,) = (row for row in rows if "image-get" in row and "browser-default" in row)
    assert "<b>" in image
    assert not any("samesite-lax" in row and "form-post" in row for row in rows)
