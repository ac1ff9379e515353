"""The pages of the browser checks: all there, and they hold nothing that they must not."""

from __future__ import annotations

import pytest

from victim_site.teaching.tests.audit import audit, audit_missing

pytestmark = pytest.mark.django_db

PAGES = [
    "/self-check/",
    *(f"/self-check/?cookies={answer}" for answer in ("0", "1", "2", "3", "error", "none")),
    "/cookies/",
]
MISSING = {
    "an answer of the self-check": "/self-check/?cookies=4",
    "a run of the cookie page": "/cookies/0123456789abcdef/",
}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_there_and_holds_only_what_it_may(path: str) -> None:
    audit(path)


@pytest.mark.parametrize("path", MISSING.values(), ids=MISSING)
def test_what_is_not_there_is_a_404_page_with_a_sentence(path: str) -> None:
    audit_missing(path)
