"""The page of known labs shows every line of its file; that it is true, `tools.check` sees."""

from __future__ import annotations

import html
import tomllib

import pytest

from victim_site.conftest import playground
from victim_site.teaching.links import walk
from victim_site.teaching.reference.views.known_labs import KNOWN_LABS_FILE

LABS = [
    lab
    for labs in tomllib.loads(KNOWN_LABS_FILE.read_text(encoding="utf-8")).values()
    for lab in labs
]


@pytest.mark.django_db
@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab["name"])
def test_a_known_lab_leads_to_what_solves_it(lab: dict[str, str]) -> None:
    text = html.unescape(playground().get("/known-labs/").content.decode())
    line = text.partition(f"<h2>{lab['publisher']}</h2>")[2].partition("</ul>")[0]
    line = line.partition(f"<h3>{lab['name']}</h3>")[2].partition("</li>")[0]

    if "page" in lab:
        assert f'href="{lab["page"]}"' in line
        return
    assert f'href="/labs/{lab["lab"]}/"' in line
    assert f'href="{walk(lab["lab"], lab["attack"], lab["position"])}"' in line
    assert ("stops" if lab.get("holds") else "doesn’t stop") in line
