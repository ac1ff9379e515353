"""A mission's lab keeps its secret until a forged request has done what the mission asks for."""

from __future__ import annotations

import json
from itertools import combinations
from typing import Any

import pytest

from catalogue import matrix
from catalogue.fixes import Fix, all_fixes
from catalogue.missions import Mission, all_missions
from victim_site.bank.models import IdentityCode, Lab
from victim_site.conftest import CROSS_SITE, Bank, playground, signed_in, state
from victim_site.label import parse
from victim_site.teaching.missions.models import Solved

pytestmark = pytest.mark.django_db

AMBER, BERYL = "mystery-amber--for-mole", "mystery-beryl--for-mole"
PAY = {"to": "mallory", "amount": "100"}
MISSIONS = list(all_missions().values())
BIRCH, LOADED = all_fixes()["birch"], matrix.load()


def own(mission: Mission) -> str:
    return f"{mission.label}--for-mole"


def solve() -> None:
    """Rob alice of the amber bank from a sub-domain."""
    alice = signed_in(AMBER)
    alice.forged("/transfer", PAY, **{"sec-fetch-site": "same-site"})


def solved(owner: str = "mole") -> list[str]:
    answer = playground().get(f"/api/missions?owner={owner}")
    return [one["name"] for one in json.loads(answer.content) if one["solved"]]


@pytest.mark.parametrize("mission", MISSIONS, ids=lambda mission: mission.slug)
def test_nothing_says_what_the_lab_checks(mission: Mission) -> None:
    lab = own(mission)
    hidden = parse(mission.lab)
    names = {*hidden.slugs, *hidden.weakness_slugs, *mission.lab.split("--")}
    visitor = Bank(lab)
    refused = visitor.forged("/transfer", PAY)
    (attempt,) = state(lab)["attempts"]
    teaching = playground()
    teaching.cookies["learner"] = "mole"

    pages = [refused.content.decode()]
    pages += [visitor.get(path).content.decode() for path in ("/login", "/transfer", "/email")]
    pages += [
        teaching.get(path, follow=True).content.decode().partition("<h2>Attacks to try")[0]
        for path in (
            f"/labs/{lab}/",
            f"/labs/{lab}/log/",
            f"/labs/{lab}/attempts/{attempt['id']}/",
            f"/missions/{mission.slug}/live/?for=mole",
            f"/api/labs/{lab}",
        )
    ]

    assert attempt["verdicts"] == []
    assert [name for name in names for page in pages if f"/defenses/{name}/" in page] == []
    assert [name for name in names for page in pages if f"/weaknesses/{name}/" in page] == []
    assert [name for name in names for page in pages if f'"{name}"' in page] == []
    assert (state(lab)["defenses"], state(lab)["weaknesses"]) == (None, None)
    assert attempt["reason"]


def test_a_payment_by_a_teller_solves_nothing() -> None:
    teller = Bank("mystery-granite--for-mole")

    teller.honest("/branch", PAY | {"account": "alice"})

    assert teller.balances == (900, 1100)
    assert solved() == []


@pytest.mark.parametrize("identity", ["alice@lighthouse", "mallory@lighthouse"])
def test_the_beryl_bank_is_about_a_way_back_that_another_site_begins(identity: str) -> None:
    alice = signed_in(BERYL)
    lab = Lab.objects.get(label=BERYL)
    IdentityCode.objects.create(lab=lab, code="rock", identity=identity)

    begun = {"referer": f"{alice.origin}/lighthouse/authorize", "sec-fetch-site": "same-origin"}
    foreign = identity == "mallory@lighthouse"
    alice.get("/lighthouse/connect?code=rock", headers=CROSS_SITE if foreign else begun)

    assert state(BERYL)["accounts"]["alice"]["identity"] == identity
    assert solved() == (["beryl"] if foreign else [])
    teaching = playground()
    teaching.cookies["learner"] = "mole"
    page = teaching.get("/missions/beryl/").content.decode()
    assert ('href="/weaknesses/connect-account/"' in page) == foreign


@pytest.mark.parametrize(
    ("page", "solves"),
    [
        ("/transfer", False),
        ("/pay", False),
        ("/pay?to=mallory&amount=100", True),
        ("/payments?to=mallory", False),
    ],
)
def test_a_press_on_a_payment_link_is_what_the_pearl_bank_is_about(page: str, solves: bool) -> None:
    alice = signed_in("mystery-pearl--for-mole")

    headers = {"origin": alice.origin, "referer": f"{alice.origin}{page}"}
    alice.post("/transfer", PAY | alice.hidden("/pay"), headers=headers)

    assert alice.balances == (900, 1100)
    assert solved() == (["pearl"] if solves else [])


def test_only_the_pearl_bank_is_about_payment_links() -> None:
    alice = signed_in(AMBER)

    headers = {"referer": f"{alice.origin}/pay?to=mallory&amount=100"}
    alice.post("/transfer", PAY, headers=headers | {"sec-fetch-site": "same-origin"})

    assert alice.balances == (900, 1100)
    assert solved() == []


def test_a_mystery_cant_be_compared() -> None:
    page = playground().get(f"/compare/?a={AMBER}").content.decode()

    assert "can’t be compared" in page
    assert "Sec-Fetch-Site" not in page


def test_a_forged_request_solves_it_and_then_everything_is_told() -> None:
    signed_in(AMBER).honest("/transfer", PAY)
    assert solved() == []

    solve()

    assert solved() == ["amber"]
    assert state(AMBER)["defenses"] == ["fetch-metadata-same-site"]
    teaching = playground()
    teaching.cookies["learner"] = "mole"
    assert "Solved." in teaching.get("/missions/amber/").content.decode()
    assert "/defenses/fetch-metadata-same-site/" in teaching.get(f"/labs/{AMBER}/").content.decode()
    assert solved("otter") == []


def test_what_is_solved_stays_solved_until_everything_starts_over() -> None:
    solve()
    teaching = playground()
    teaching.cookies["learner"] = "mole"

    token = teaching.hidden("/missions/amber/")
    teaching.post(f"/labs/{AMBER}/reset/", token, headers={"origin": teaching.origin})
    assert solved() == ["amber"]

    teaching.post("/lessons/start-over/", token, headers={"origin": teaching.origin})
    assert solved() == []


@pytest.mark.parametrize(
    ("label", "says"),
    [
        ("mystery-amber", "belongs to somebody"),
        ("mystery-amber--csrf-token--for-mole", "names one mission"),
        ("csrf-token--mystery-amber--for-mole", "names one mission"),
        ("mystery-amber--with-open-redirect--for-mole", "names one mission"),
        ("mystery-nothing--for-mole", "names one mission"),
    ],
)
def test_a_mystery_is_a_mission_and_an_owner_and_no_more(label: str, says: str) -> None:
    answer = playground().get(f"/api/labs/{label}")

    assert answer.status_code == 404
    assert says in answer.content.decode()
    assert Bank(label).get("/").status_code == 404


def test_a_mission_that_isnt_there_is_a_404_with_what_was_meant() -> None:
    answer = playground().get("/missions/ambr/")

    assert answer.status_code == 404
    assert 'href="/missions/amber/"' in answer.content.decode()


@pytest.mark.parametrize("query", ["", "?try=nonsense", "?try=form-post.nowhere", "?try=.."])
def test_an_attack_that_isnt_there_is_the_one_that_everybody_tries_first(query: str) -> None:
    answer = playground().get(f"/missions/amber/{query}")

    assert answer.status_code == 200
    assert "/#try=form-post.cross-site" in answer.content.decode()


def test_an_owner_that_cant_be_one_is_an_error_with_a_sentence() -> None:
    answer = playground().get("/api/missions?owner=<b>")

    assert answer.status_code == 400
    assert "not a valid name" in answer.json()["detail"]


def test_rows_beyond_the_limit_are_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("victim_site.teaching.missions.solving.MOST_ROWS", 3)
    monkeypatch.setattr("victim_site.teaching.missions.solving._REMOVED_EVERY", 1)
    for number in range(5):
        alice = signed_in(f"mystery-amber--for-mole{number}")
        alice.forged("/transfer", PAY, **CROSS_SITE | {"sec-fetch-site": "same-site"})

    assert sorted(Solved.objects.values_list("owner", flat=True)) == ["mole2", "mole3", "mole4"]


# --- Code to review -------------------------------------------------------------------------------


def answer(given: str, name: str = "mole") -> str:
    """Give an answer to a review, and return the page that it leads to."""
    teaching = playground()
    teaching.cookies["learner"] = name
    page = "/missions/review/pattern/"
    fields = teaching.hidden(page) | {"answer": given}
    return teaching.post(
        page, fields, follow=True, headers={"origin": teaching.origin}
    ).content.decode()


def test_a_wrong_answer_shows_that_it_was_blocked_and_solves_nothing() -> None:
    page = answer("form-post from subdomain")

    assert "http://community.app.localhost" in page
    assert "Not that one." in page
    assert "compared from the beginning" in page
    assert solved() == []


def test_the_right_answer_shows_that_it_was_forged() -> None:
    page = answer("form-post from lookalike")

    assert "http://app.localhost.evil.localhost" in page
    assert "Right. It gets through." in page
    assert solved() == ["pattern"]
    assert 'class="done"' in answer_list()


def answer_list() -> str:
    teaching = playground()
    teaching.cookies["learner"] = "mole"
    return teaching.get("/missions/").content.decode()


@pytest.mark.parametrize("given", ["", "image-get from cross-site", "<b>"])
def test_an_answer_that_isnt_offered_is_asked_again(given: str) -> None:
    assert 'id="evidence"' not in answer(given)


@pytest.mark.parametrize("number", ["0", "5", "x", "-1", "٣"])
def test_an_answer_that_isnt_there_shows_the_question(number: str) -> None:
    page = playground().get(f"/missions/review/pattern/?answer={number}")

    assert page.status_code == 200
    assert 'id="evidence"' not in page.content.decode()


def test_a_review_that_isnt_there_is_a_404_with_what_was_meant() -> None:
    page = playground().get("/missions/review/patern/")

    assert page.status_code == 404
    assert 'href="/missions/review/pattern/"' in page.content.decode()


# --- Banks to fix ---------------------------------------------------------------------------------


def add(*defenses: str) -> str:
    """Add defenses to the birch bank, and return the page that this leads to."""
    teaching = playground()
    teaching.cookies["learner"] = "mole"
    page = "/missions/fix/birch/"
    fields: dict[str, Any] = {**teaching.hidden(page), "defense": defenses}
    sent = teaching.post(page, fields, follow=True, headers={"origin": teaching.origin})
    return sent.content.decode()


def test_what_still_gets_through_is_listed_and_can_be_seen() -> None:
    page = add("csrf-token", "delayed-button")

    assert "1 attack still gets through" in page
    assert "/#try=websocket-hijack.cross-site" in page
    assert solved() == []


def test_what_stops_everything_solves_it_and_says_what_it_hangs_on() -> None:
    page = add("csrf-token", "samesite-strict", "delayed-button")

    assert "Nothing gets through." in page
    assert "<code>samesite-strict</code>" in page.partition("Take one of these away")[2]
    assert "Adding just 2 is enough." in page
    assert solved() == ["birch"]


def test_what_holds_without_any_one_of_them_is_told_so() -> None:
    in_depth = next(added for added in BIRCH.solutions(LOADED) if not BIRCH.needed(LOADED, added))

    assert "defense in depth" in add(*in_depth)


def test_what_isnt_offered_isnt_added() -> None:
    still = len(BIRCH.through(LOADED, []))

    assert f"{still} attacks still get through" in add("everything", "<b>")


@pytest.mark.parametrize("fix", all_fixes().values(), ids=lambda fix: fix.slug)
def test_whatever_is_added_is_a_lab_if_its_label_fits(fix: Fix) -> None:
    for count in range(len(fix.offered) + 1):
        for added in combinations(fix.offered, count):
            if label := fix.label(added):
                assert parse(label).slugs


def test_a_bank_to_fix_that_isnt_there_is_a_404_with_what_was_meant() -> None:
    page = playground().get("/missions/fix/brich/")

    assert page.status_code == 404
    assert 'href="/missions/fix/birch/"' in page.content.decode()


def test_after_an_attack_the_guide_leads_back_to_the_mission() -> None:
    found = playground().get(f"/labs/{AMBER}/attempt/?since=0")

    assert found.status_code == 302
    assert found["Location"] == "/missions/amber/#log"


def test_after_the_right_attack_it_leads_to_what_solved_it() -> None:
    solve()

    found = playground().get(f"/labs/{AMBER}/attempt/?since=0")

    assert found["Location"] == "/missions/amber/#solved"
    teaching = playground()
    teaching.cookies["learner"] = "mole"
    assert 'id="solved"' in teaching.get("/missions/amber/").content.decode()
