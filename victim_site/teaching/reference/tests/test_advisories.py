"""The page of advisories shows each once; that its counterpart is right, `tools.check` sees."""

from __future__ import annotations

import html

import pytest

from catalogue.advisories import Advisory, read
from victim_site.conftest import playground
from victim_site.teaching.links import walk

DRAWN = read()


@pytest.fixture(scope="module")
def page() -> str:
    return html.unescape(playground().get("/advisories/").content.decode())


@pytest.mark.django_db
@pytest.mark.parametrize("one", DRAWN.advisories, ids=lambda one: one.id)
def test_an_advisory_is_shown_once_with_its_counterpart_or_why_there_is_none(
    page: str, one: Advisory
) -> None:
    assert page.count(f"<code>{one.id}</code>") == 1
    before, _, after = page.partition(f"<code>{one.id}</code>")
    line = after.partition("</li>")[0]

    assert one.product in line
    assert all(text in line for text in (one.note, one.assumed) if text)
    if one.lab and one.attack and one.position:
        section = before.rpartition("<section")[2]
        assert f"<h2>{DRAWN.kinds[one.kind]} " in section
        assert f'href="{walk(one.lab, one.attack, one.position)}"' in section
    else:
        assert 'id="without"' in before


@pytest.mark.django_db
def test_the_page_counts(page: str) -> None:
    mapped = [one for one in DRAWN.advisories if one.lab]

    assert f"{len(DRAWN.advisories)} of {DRAWN.population} public reports" in page
    assert f"{len(mapped)} have a counterpart here." in page


def test_it_names_the_attacks_that_no_lab_shows(page: str) -> None:
    assert DRAWN.missing
    assert [one.name for one in DRAWN.missing if f"<h3>{one.name}</h3>" not in page] == []
