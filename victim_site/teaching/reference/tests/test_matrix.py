"""The page of the matrix."""

from __future__ import annotations

import re

import pytest

from victim_site.conftest import playground


@pytest.mark.django_db
def test_the_matrix_shows_what_https_changes_and_nothing_else() -> None:
    page = playground().get("/matrix/").content.decode().partition('id="over-https"')[2]
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</tr>", page, re.DOTALL)
    (strict,) = (row for row in rows if "link-get" in row and "samesite-strict" in row)
    assert "whose page came by http" in strict
    shown = re.findall(r"</svg> (forged|blocked)", strict)
    assert shown == ["blocked", "blocked", "forged", "forged"]
    assert not any("from another site" in row and "samesite-lax" in row for row in rows)
