"""The pages about labs: all there, and they hold nothing that they must not."""

from __future__ import annotations

import pytest

from victim_site.conftest import signed_in
from victim_site.teaching.labs.tests.reading import ask
from victim_site.teaching.tests.audit import audit, audit_missing

pytestmark = pytest.mark.django_db

LAB = "post-only--session-token--for-pages"
PAGES = [
    "/labs/",
    "/labs/no-defense/",
    "/labs/rule-of-thumb/",
    f"/labs/{LAB}/",
    f"/labs/{LAB}/log/",
    "/play/",
    "/your-own-exploit/",
    "/your-own-exploit/?lab=csrf-token--for-pages",
    "/play/?defense=post-only&defense=csrf-token&owner=pages&try=onsite-redirect-get.cross-site",
    "/play/?defense=samesite-lax&defense=samesite-strict&weakness=nothing&weakness=two-step",
    "/compare/",
    f"/compare/?a={LAB}&b=csrf-tokem&attack=image-get&position=lookalike",
]
MISSING = {
    "a lab": "/labs/csrf-tokem/",
    "a lab in upper case": "/labs/NO-DEFENSE/",
    "a lab to aim at": "/your-own-exploit/?lab=localhost:5055",
    "a lab's log": "/labs/csrf-tokem/log/",
    "a lab's attempt": "/labs/csrf-tokem/attempt/?since=0",
    "a lab's picture of an attempt": "/labs/csrf-tokem/attempts/1/",
    "a picture of no attempt": f"/labs/{LAB}/attempts/{2**62}/",
    "a scene of no attempt": f"/labs/{LAB}/attempts/{2**62}/scene/",
    "a picture of attempt 0": f"/labs/{LAB}/attempts/0/",
    "a picture of attempt 10 to the 30": f"/labs/{LAB}/attempts/1{'0' * 30}/",
    "a picture of attempt 10 to the 5000": f"/labs/{LAB}/attempts/1{'0' * 5000}/",
    "an attempt without a moment": f"/labs/{LAB}/attempt/",
    "an attempt since a word": f"/labs/{LAB}/attempt/?since=now",
    "an attempt since the end of time": f"/labs/{LAB}/attempt/?since={'9' * 30}",
    "an attempt since 5000 digits": f"/labs/{LAB}/attempt/?since={'9' * 5000}",
    "an attempt before all time": f"/labs/{LAB}/attempt/?since=-{'9' * 16}",
}


@pytest.fixture(autouse=True)
def something_happened() -> None:
    signed_in(LAB).forged("/transfer", {"to": "mallory", "amount": "100"})


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_there_and_holds_only_what_it_may(path: str) -> None:
    audit(path)


@pytest.mark.parametrize("path", MISSING.values(), ids=MISSING)
def test_what_is_not_there_is_a_404_page_with_a_sentence(path: str) -> None:
    audit_missing(path)


def test_a_page_of_ones_own_is_aimed_at_ones_own_lab() -> None:
    """So that what it solves counts for whoever comes from here."""
    assert "no-defense--for-otter42" in ask("/your-own-exploit/", "otter42")
