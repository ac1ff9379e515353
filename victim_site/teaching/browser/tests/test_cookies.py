"""The cookie page: what is set, what is noted, and what is said of it."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.conf import settings as configured

from csrf_proof import profile_names
from victim_site.conftest import Bank, playground
from victim_site.teaching import expectations
from victim_site.teaching.browser import cookie_facts, cookie_runs
from victim_site.teaching.browser.cookie_runs import (
    BANK,
    CROSS_SITE,
    KINDS,
    REQUESTS,
    SUBDOMAIN,
    TOP_LEVEL,
)

pytestmark = pytest.mark.django_db

NAMES = {kind: name for kind, (name, _) in KINDS.items()}
EVIL = configured.ADDRESSES.evil
COMMUNITY = EVIL.replace("evil.", f"community.{cookie_runs.LAB}.bank.")
HOSTILE = {"a word": "now", "a future": "99999999999", "a past": "0", "digits": "9" * 5000}


@pytest.fixture(autouse=True)
def notes(settings: LazySettings, tmp_path: Path) -> Path:
    """Where the notes of this test lie."""
    folder = tmp_path / "notes"
    notes = configured.CACHES["default"] | {"LOCATION": folder}
    settings.CACHES = configured.CACHES | {"default": notes}
    return folder


def begin(**known: str) -> tuple[Bank, str, Any]:
    """Return a visitor with these cookies who has begun a run, the run, and the answer."""
    bank = Bank(cookie_runs.LAB)
    bank.cookies.load(known)
    answer = bank.get("/cookies/start", headers={"user-agent": "Netscape/4.0 <b>"})
    return bank, found_run(answer), answer


def found_run(answer: Any) -> str:
    found = re.search("0;url=/cookies/([0-9a-f]{16})/kept", answer.content.decode())
    assert found
    return found[1]


def ask(run: str, position: str, way: str, kinds: list[str], method: str = "") -> Any:
    """Make a request of a run as a browser that sends these kinds of cookies."""
    bank = Bank(cookie_runs.LAB)
    bank.cookies.load({NAMES[kind]: "1" for kind in kinds})
    path = f"/cookies/{run}/kept" if position == BANK else f"/cookies/{run}/{position}/{way}"
    usual = "POST" if way in {"form-post", "fetch"} else "GET"
    return bank.generic(method or usual, path)


def go_through(arrivals: Mapping[tuple[str, str], list[str]], old: bool = True) -> str:
    """Make a run as a browser that sends what `arrivals` says; return its id."""
    known = {NAMES["old"]: str(int(time.time()) - 200)} if old else {}
    run = begin(**known)[1]
    for (position, way), kinds in arrivals.items():
        ask(run, position, way, kinds)
    return run


def page(run: str) -> str:
    """Return the words of a run's page."""
    answer = playground().get(f"/cookies/{run}/")
    assert answer.status_code == 200
    text = re.sub("<[^>]+>", "", answer.content.decode().partition("<main")[2])
    return " ".join(html.unescape(text).split())


# --- The bank's half ------------------------------------------------------------------------------


def test_a_run_starts_with_one_cookie_of_each_kind() -> None:
    lines = {morsel.OutputString() for morsel in begin()[2].cookies.values()}

    rest = {re.sub(r"=\d+; Max-Age=3600; Path=/", "", line) for line in lines}
    assert rest == {
        "c_fresh",
        "c_old",
        "c_lax; SameSite=Lax",
        "c_strict; SameSite=Strict",
        "c_none; SameSite=None; Secure",
        "c_none; SameSite=None",
        "__Host-c_host; SameSite=None; Secure",
        "c_partitioned; SameSite=None; Partitioned; Secure",
    }


def test_the_secure_line_of_the_session_cookie_comes_first() -> None:
    lines = [morsel for morsel in begin()[2].cookies.values() if morsel.key == "c_none"]

    assert [bool(morsel["secure"]) for morsel in lines] == [True, False]


def test_a_cookie_that_is_growing_old_is_left_alone() -> None:
    answer = begin(c_old=str(int(time.time()) - 60), c_fresh="1")[2]

    assert "old" not in answer.cookies
    assert "fresh" in answer.cookies


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_one_that_says_no_time_is_set_anew(value: str) -> None:
    assert "old" in begin(c_old=value)[2].cookies


def test_what_the_bank_itself_gets_leads_on_to_the_other_site() -> None:
    run = begin()[1]

    answer = ask(run, BANK, "link", ["lax"])

    assert answer["Location"] == f"{EVIL}/cookies/?lab={cookie_runs.LAB}&run={run}&after="


def test_a_browser_without_cookies_goes_straight_to_the_page() -> None:
    run = begin()[1]

    answer = ask(run, BANK, "link", [])

    assert answer["Location"] == f"{configured.ADDRESSES.playground}/cookies/{run}/"
    assert "keeps none of the bank’s cookies" in page(run)


@pytest.mark.parametrize(("position", "way"), REQUESTS[1:])
def test_what_arrives_is_noted_and_a_navigation_goes_back(position: str, way: str) -> None:
    run = begin()[1]

    answer = ask(run, position, way, ["lax", "host"])

    found = cookie_runs.read(run)
    assert found
    assert found.arrived == {(position, way): ["lax", "host"]}
    if way in TOP_LEVEL:
        site = {CROSS_SITE: EVIL, SUBDOMAIN: COMMUNITY}[position]
        query = f"lab={cookie_runs.LAB}&run={run}&after={way}"
        assert answer["Location"] == f"{site}/cookies/?{query}"
    else:
        assert answer.status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "OPTIONS"])
@pytest.mark.parametrize(("position", "way"), [(CROSS_SITE, "form-post"), (SUBDOMAIN, "websocket")])
def test_another_method_is_refused_and_not_noted(position: str, way: str, method: str) -> None:
    run = begin()[1]
    own = {"form-post": "POST", "websocket": "GET"}[way]

    answer = ask(run, position, way, ["lax"], method)

    found = cookie_runs.read(run)
    assert found
    assert bool(found.arrived) == (method == own)
    if method != own:
        assert (answer.status_code, answer["Allow"]) == (405, own)


@pytest.mark.parametrize("path", ["start", "0123456789abcdef/kept"])
def test_the_pages_of_the_bank_take_get_only(path: str) -> None:
    assert Bank(cookie_runs.LAB).post(f"/cookies/{path}").status_code == 405


@pytest.mark.parametrize(
    "path", ["bank/link", "lookalike/image", "cross-site/beacon", "cross-site/", "cross-site"]
)
def test_no_other_request_belongs_to_a_run(path: str) -> None:
    assert Bank(cookie_runs.LAB).get(f"/cookies/{begin()[1]}/{path}").status_code == 404


@pytest.mark.parametrize("run", ["0123456789abcdef", "x", "0" * 17, "A" * 16, "--", "_" * 500])
def test_of_an_unknown_run_nothing_is_noted_and_its_page_says_so(run: str, notes: Path) -> None:
    for position, way in REQUESTS:
        assert ask(run, position, way, ["lax"]).status_code in {200, 302}

    assert list(notes.glob("*.djcache")) == []
    for path in (f"/cookies/{run}/", f"/cookies/{run}.json"):
        answer = playground().get(path)
        assert answer.status_code == 404
        assert "Start again at /cookies/." in answer.content.decode()


def test_a_run_starts_in_its_own_lab_only() -> None:
    assert Bank("no-defense").get("/cookies/start").status_code == 404


def test_where_nothing_can_be_written_a_sentence_says_so(notes: Path) -> None:
    run = begin()[1]
    for file in notes.iterdir():
        file.unlink()
    notes.rmdir()
    notes.write_text("a test can't fill a disk, but it can put a file in place of the folder")

    answer = Bank(cookie_runs.LAB).get("/cookies/start")

    assert answer.status_code == 503
    assert "perhaps its disk is full" in answer.content.decode()
    assert ask(run, CROSS_SITE, "link", ["lax"]).status_code == 302
    assert playground().get(f"/cookies/{run}/").status_code == 404


def test_damaged_notes_are_survived(notes: Path) -> None:
    run = go_through(cookie_facts.profiles()["chromium"])
    for file in notes.glob("*.djcache"):
        file.write_bytes(file.read_bytes()[:-4])

    assert playground().get(f"/cookies/{run}/").status_code == 404
    assert ask(run, CROSS_SITE, "link", ["lax"]).status_code == 302


# --- The teaching side ----------------------------------------------------------------------------


def test_the_file_states_every_request_of_every_profile_in_kinds_that_there_are() -> None:
    stated = cookie_facts.profiles()

    assert set(stated) == set(expectations.the_matrix().profiles)
    for arrivals in stated.values():
        assert set(arrivals) == set(REQUESTS)
        assert {kind for kinds in arrivals.values() for kind in kinds} == set(KINDS)


@pytest.mark.parametrize("profile", cookie_facts.profiles())
def test_the_page_knows_a_profile(profile: str) -> None:
    text = page(go_through(cookie_facts.profiles()[profile]))

    assert (
        f"It behaves like {profile_names.NAMES[profile]} {profile} in each of the 15 requests."
        in text
    )
    assert "no request" not in text
    assert "not old yet" not in text


def test_before_the_cookie_is_old_two_profiles_look_alike() -> None:
    text = page(go_through(cookie_facts.profiles()["firefox"], old=False))

    assert "Chrome, third-party cookies blocked chromium-no-3pc and Firefox firefox in each" in text
    assert "not old yet sent in firefox" in text
    assert "two minutes after the first run" in text


CHROMIUM = {"third_party": True, "lax_default": True}
NO_THIRD_PARTY = {"third_party": False, "lax_default": True}
FIREFOX = {"third_party": False, "lax_default": False}
FACTS = {
    "chromium": ("chromium", True, CHROMIUM),
    "chromium at once": ("chromium", False, CHROMIUM),
    "chromium-no-3pc": ("chromium-no-3pc", True, NO_THIRD_PARTY),
    "chromium-no-3pc at once": ("chromium-no-3pc", False, NO_THIRD_PARTY | {"lax_default": None}),
    "firefox": ("firefox", True, FIREFOX),
    "firefox at once": ("firefox", False, FIREFOX | {"lax_default": None}),
}


@pytest.mark.parametrize(("profile", "old", "expected"), FACTS.values(), ids=FACTS)
def test_a_run_tells_facts_of_its_browser(
    profile: str, old: bool, expected: dict[str, Any]
) -> None:
    found = cookie_runs.read(go_through(cookie_facts.profiles()[profile], old))

    assert found
    usual = {"secure": True, "subdomain": True, "leaks": []}
    assert cookie_facts.facts(found) == usual | expected


def webkit(arrivals: Mapping[tuple[str, str], list[str]]) -> dict[tuple[str, str], list[str]]:
    """What WebKitGTK 2.50 was seen to do over http: no Secure cookies, no Lax default, and
    third-party cookies, the session cookie among them for its second line."""
    found = {
        at: [kind for kind in kinds if kind not in {"host", "partitioned"}]
        for at, kinds in arrivals.items()
    }
    for way in ("form-post", *cookie_runs.EMBEDDED):
        found[CROSS_SITE, way] = ["fresh", "old", "none"]
    return found


def test_webkit_is_told_that_secure_needs_https() -> None:
    text = page(go_through(webkit(cookie_facts.profiles()["chromium"])))

    assert "It’s closest to" in text
    assert "Secure cookies are not stored" in text
    assert "make run HTTPS=1" in text
    assert "Third-party cookies are sent." in text
    assert "There is no Lax default." in text
    assert "not stored stored in all profiles" in text


def test_a_browser_unlike_all_others_is_told_so() -> None:
    arrivals = dict(cookie_facts.profiles()["chromium"])
    arrivals[CROSS_SITE, "form-post"] = ["fresh", "lax", "strict"]
    arrivals[CROSS_SITE, "frame"] = []
    arrivals[SUBDOMAIN, "image"] = []

    text = page(go_through(arrivals))

    assert "differs in 3 of the 15 requests" in text
    assert "gets a Strict or Lax cookie by POST form." in text
    assert "From a sub-domain not everything is sent." in text
    assert "are sent with some requests and not with others" in text


def test_a_run_left_half_way_says_what_is_missing_and_draws_no_conclusions() -> None:
    arrivals = cookie_facts.profiles()["chromium"]

    text = page(go_through({at: arrivals[at] for at in REQUESTS if at[0] != SUBDOMAIN}))

    assert "7 of the 15 requests didn’t arrive." in text
    assert "From a sub-domain of the bank: link, GET form, POST form, image, frame, fetch" in text
    assert "Run it again" in text
    assert "What that means" not in text


def test_the_export_says_what_arrived_and_what_the_profiles_do() -> None:
    arrivals = cookie_facts.profiles()["firefox"]
    run = go_through(arrivals, old=False)

    answer = playground().get(f"/cookies/{run}.json")

    said = answer.json()
    assert answer["Content-Disposition"] == f'attachment; filename="cookies-{run}.json"'
    assert list(said) == [
        "run",
        "at",
        "user_agent",
        "old_from",
        "finished",
        "arrived",
        "profiles",
    ]
    assert (said["run"], said["user_agent"], said["finished"]) == (run, "Netscape/4.0 <b>", True)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z", said["old_from"])
    assert said["at"] < said["old_from"]
    assert said["arrived"][CROSS_SITE]["form-post"] == ["fresh", "none", "host", "partitioned"]
    assert said["profiles"]["firefox"][CROSS_SITE]["form-post"] == arrivals[CROSS_SITE, "form-post"]


@pytest.mark.parametrize("path", ["/cookies/", "/cookies/0123456789abcdef/", "/cookies/x.json"])
def test_the_teaching_side_takes_get_only(path: str) -> None:
    answer = playground().post(path)

    assert answer.status_code in {403, 405}
