"""The exercises of the lessons: what is left to a learner, and what is said of a learner's page."""

from __future__ import annotations

import re
from typing import Any

import pytest

from catalogue.gaps import ALL, EXPLAINED, ONE, THREE, stage_of
from victim_site.conftest import Bank, signed_in
from victim_site.teaching.lessons import progress
from victim_site.teaching.lessons.tests.test_lessons import Learner

pytestmark = pytest.mark.django_db

FORM = "/lessons/post-alone/write/"
FROM_ANOTHER_SITE = {
    "origin": "http://evil.localhost:9000",
    "sec-fetch-site": "cross-site",
    "sec-fetch-mode": "navigate",
    "sec-fetch-dest": "document",
}
ASKED = {EXPLAINED: 3, ONE: 1, THREE: 3, ALL: 3}
DID_IT = "Your page did it."


class Writer(Learner):
    """A learner who has put a page together."""

    def write(self, path: str = FORM, **gaps: int) -> str:
        """Choose, and return the address of what comes then."""
        answer = self.get(path, gaps)
        assert answer.status_code == 302, answer.content.decode()
        address: str = answer["Location"].partition("#")[0]
        return address

    def bank(self) -> Bank:
        return signed_in(f"post-only--for-{self.name}")


def biggest(page: str) -> str:
    """Return the text of the biggest button."""
    (one,) = re.findall(r'class="(?:button )?big"[^>]*>([^<]*)<', page)
    return str(one)


@pytest.mark.parametrize("slug", [one.slug for one in progress.lessons().values()])
def test_a_lesson_leaves_as_much_to_the_learner_as_its_stage_says(slug: str) -> None:
    learner, stage = Writer(), stage_of(progress.lessons()[slug].number)
    answer = learner.get(f"/lessons/{slug}/write/")
    page = answer.content.decode()

    linked = f"/lessons/{slug}/write/" in learner.read(f"/lessons/{slug}/?all")
    assert linked == bool(stage)
    if not stage:
        assert answer.status_code == 404
        return
    gaps = set(re.findall(r'name="(gap\d)"', page))
    assert len(gaps) == ASKED[stage]
    # The first ones are examples, so what's right is chosen already.
    assert page.count(" checked") == (len(gaps) if stage == EXPLAINED else 0)
    assert ('<pre class="exploit">' in page) == (stage != ALL)


def test_only_a_page_with_a_result_to_wait_for_asks_for_news() -> None:
    learner = Writer()
    pages = [learner.read(FORM), learner.read(learner.write(gap1=0, gap2=0, gap3=2))]

    assert ["teaching/live.js" in page for page in pages] == [False, True]
    assert ["data-live" in page for page in pages] == [False, True]


def test_choices_lead_to_a_page_of_the_attackers_that_numbers_name() -> None:
    learner = Writer()

    page = learner.read(learner.write(gap1=0, gap2=0, gap3=2))

    lab = f"post-only--for-{learner.name}"
    mine = f"http://evil.localhost:9000/form-post/try/0.0.2/hold/?lab={lab}"
    assert f'href="{mine}"' in page
    assert "method=&quot;get&quot;</mark>" in page
    assert "<b>Next:</b> sign in to the bank" in page
    assert biggest(page) == "The bank"
    learner.bank()
    assert biggest(learner.read(learner.write(gap1=0, gap2=0, gap3=2))) == "Open my page"


def test_a_forgery_counts_if_it_came_after_the_choice() -> None:
    learner = Writer()
    alice, forged = learner.bank(), {"to": "mallory", "amount": "100"}
    alice.post("/transfer", forged, headers=FROM_ANOTHER_SITE)
    address = learner.write(gap1=1, gap2=0, gap3=2)
    assert "<b>Next:</b> open your page" in learner.read(address)

    # What visitors do themselves isn't what their page did.
    alice.post("/transfer", forged, headers={"sec-fetch-site": "same-origin"})
    assert DID_IT not in learner.read(address)
    alice.post("/transfer", forged, headers=FROM_ANOTHER_SITE)

    assert DID_IT in learner.read(address)


def test_a_wrong_choice_gets_the_banks_own_reason_and_a_hint_when_asked_for() -> None:
    learner = Writer()
    alice = learner.bank()
    address = learner.write(gap1=0, gap2=0, gap3=2)

    alice.get("/transfer", {"to": "mallory", "amount": "100"}, headers=FROM_ANOTHER_SITE)
    page = learner.read(address)

    assert DID_IT not in page
    assert "get-refused" in page
    assert "It was a GET to <code>/transfer</code>" in page
    assert "<summary>A hint: what your choices do</summary>" in page
    assert "This bank only moves money on a POST." in page


def test_the_open_page_hears_of_it() -> None:
    learner = Writer()
    alice = learner.bank()
    address = learner.write(gap1=1, gap2=0, gap3=2)
    (asks,) = re.findall(r'hx-get="([^"]+)"', learner.read(address))
    asks = asks.replace("&amp;", "&")
    before = learner.read(asks)

    alice.post("/transfer", {"to": "mallory", "amount": "1"}, headers=FROM_ANOTHER_SITE)

    assert DID_IT not in before
    assert DID_IT in learner.read(asks)
    del learner.cookies["learner"]
    assert "This browser blocks cookies" in learner.read(asks)


@pytest.mark.parametrize(
    "gaps", [{"gap1": "1"}, {"gap1": "1", "gap2": "0", "gap3": "7"}, {"gap1": "<b>"}, {"gap2": "²"}]
)
def test_a_gap_without_a_choice_is_asked_for_again(gaps: dict[str, str]) -> None:
    answer = Writer().get(FORM, gaps)

    assert answer.status_code == 400
    assert "Choose one for each part first." in answer.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        {"fill": "9.0.0", "since": "0"},
        {"fill": "", "since": "0"},
        {"fill": "1.0.2", "since": "-1"},
        {"fill": "1.0.2", "since": "9" * 30},
        {"fill": "1.0.2", "since": "²"},
        {"fill": "<b>", "since": "<b>"},
    ],
)
@pytest.mark.parametrize("part", ["", "live/"])
def test_an_address_that_names_no_choices_is_a_404_with_a_sentence(
    part: str, query: dict[str, Any]
) -> None:
    answer = Writer().get(FORM + part, query | {"for": "otter42"})

    assert answer.status_code == 404
    assert "name a choice for each gap" in answer.content.decode()


def test_a_learner_who_is_somebody_impossible_is_a_404() -> None:
    query = {"for": "A..", "fill": "1.0.2", "since": "0"}

    assert Writer().get(f"{FORM}live/", query).status_code == 404


def test_a_visitor_who_has_to_be_signed_out_is_told_so() -> None:
    learner = Writer()
    address = learner.write("/lessons/login-and-clicks/write/", gap1=1, gap2=0, gap3=1)
    assert "<b>Next:</b> open your page" in learner.read(address)

    signed_in(f"samesite-strict--for-{learner.name}")

    assert "<b>Next:</b> sign out of the bank" in learner.read(address)
