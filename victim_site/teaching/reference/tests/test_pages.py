"""The reference pages: all there, and they hold nothing that they must not."""

from __future__ import annotations

import pytest

from victim_site.conftest import playground
from victim_site.label import stacks
from victim_site.teaching import descriptions, expectations
from victim_site.teaching.tests.audit import audit, audit_missing

pytestmark = pytest.mark.django_db

PAGES = [
    "/attacks/",
    "/defenses/",
    "/weaknesses/",
    *(f"/weaknesses/{slug}/" for slug in descriptions.weaknesses()),
    "/matrix/",
    *(f"/matrix/?profile={profile}" for profile in expectations.the_matrix().profiles),
    "/known-labs/",
    "/policies/",
    *(f"/attacks/{slug}/" for slug in descriptions.attacks()),
    *(f"/defenses/{slug}/" for slug in [*descriptions.defenses(), *stacks()]),
]
MISSING = {
    "an attack": "/attacks/form-pots/",
    "a defense": "/defenses/csrf-tokem/",
    "a module that is no defense": "/defenses/reasons/",
    "a profile": "/matrix/?profile=netscape",
}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_there_and_holds_only_what_it_may(path: str) -> None:
    audit(path)


@pytest.mark.parametrize("path", MISSING.values(), ids=MISSING)
def test_what_is_not_there_is_a_404_page_with_a_sentence(path: str) -> None:
    audit_missing(path)


@pytest.mark.parametrize("slug", ["no-such-weakness", "open_redirect"])
def test_an_unknown_weakness_gets_a_sentence(slug: str) -> None:
    answer = playground().get(f"/weaknesses/{slug}/")

    assert answer.status_code == 404
    assert f"There is no weakness called “{slug}”." in answer.content.decode()
