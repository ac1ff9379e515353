"""The pages of the missions: all there, and they hold nothing that they must not."""

from __future__ import annotations

import pytest

from catalogue.fixes import all_fixes
from victim_site.teaching.tests.audit import audit

pytestmark = pytest.mark.django_db

PAGES = [
    "/missions/",
    "/missions/amber/",
    *(f"/missions/fix/{slug}/" for slug in all_fixes()),
    "/missions/fix/birch/?defense=csrf-token#result",
    "/missions/review/pattern/",
    "/missions/review/pattern/?answer=3",
    "/missions/pearl/?try=double-click.cross-site",
    "/missions/review/cacheable/?answer=4",
]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_there_and_holds_only_what_it_may(path: str) -> None:
    audit(path)
