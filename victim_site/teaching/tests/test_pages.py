"""What holds for all pages of the teaching side together; each wing tests its own pages."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.urls import get_resolver, resolve

from victim_site.conftest import Bank, Site, playground, signed_in
from victim_site.teaching.browser.tests.test_pages import PAGES as BROWSER
from victim_site.teaching.labs.tests.test_pages import LAB
from victim_site.teaching.labs.tests.test_pages import PAGES as LABS
from victim_site.teaching.lessons.tests.test_pages import PAGES as LESSONS
from victim_site.teaching.missions.tests.test_pages import PAGES as MISSIONS
from victim_site.teaching.recall.tests.test_pages import PAGES as RECALL
from victim_site.teaching.reference.tests.test_pages import PAGES as REFERENCE
from victim_site.teaching.tests.audit import POLICY, Audit, audit_missing
from victim_site.teaching.your_app.tests.test_pages import PAGES as YOUR_APP

pytestmark = pytest.mark.django_db

PAGES = [*LESSONS, *MISSIONS, *RECALL, *LABS, *REFERENCE, *BROWSER, *YOUR_APP]
# What has an address of its own, but isn't a page that can be asked for without more ado.
OTHERS = [
    "/health",
    "/matrix/1.1",
    "/attacks/form-post/bait.svg",
    "/defenses/post-only/in_django.py",
    f"/labs/{LAB}/attempt/?since=0",
    f"/labs/{LAB}/attempts/1/",
    f"/labs/{LAB}/attempts/1/scene/",
    f"/labs/{LAB}/reset/",
    "/lessons/name/",
    "/lessons/browser/",
    "/lessons/start-over/",
    "/lessons/the-image/predict/",
    "/missions/amber/live/",
    "/review/start/",
    "/review/1/",
    "/quiz/after/",
    "/quiz/answers.csv",
    "/quiz/answers.json",
    "/cookies/0123456789abcdef/",
    "/cookies/0123456789abcdef.json",
    *(f"/your-app/0123abcd/{part}" for part in ("", "progress/", "report/", "stop/")),
    # There only in a room; `room/tests` has the pages.
    *("/join/", "/join/device/", "/vote/", "/vote/live/", "/room/", "/room/enter/", "/room/live/"),
    *("/room/strip/", "/room/held/the-image/", "/room/wall/", "/room/wall/live/"),
    *("/room/say/", "/room/hold/", "/room/vote/", "/room/reset/", "/room/people/1/"),
    *("/room/door/", "/room/idle/"),
    *("/room/hold/live/", "/room/vote/live/", "/room/people.csv", "/room/people.json"),
    "/room/quiz.csv",
]
# One address of each view, by the view's name.
ONE_OF_EACH = {resolve(path.partition("?")[0]).url_name: path for path in [*PAGES, *OTHERS]}


def test_every_view_is_tested() -> None:
    names = get_resolver("victim_site.teaching.urls").reverse_dict.keys()

    assert {name for name in names if isinstance(name, str)} == set(ONE_OF_EACH)


@pytest.mark.parametrize("path", ONE_OF_EACH.values(), ids=ONE_OF_EACH)
def test_no_view_takes_another_method(path: str) -> None:
    site = Client(headers={"host": urlsplit(settings.ADDRESSES.playground).netloc})

    assert site.put(path).status_code == 405


@pytest.mark.parametrize(
    ("path", "menu", "current"),
    [
        ("/lessons/", "/lessons/", "page"),
        ("/lessons/the-image/", "/lessons/", "true"),
        ("/attacks/form-post/", "/attacks/", "true"),
        ("/glossary/", "/lessons/", "true"),
        ("/advisories/", "/attacks/", "true"),
        ("/policies/", "/defenses/", "true"),
        ("/known-labs/", "/labs/", "true"),
        ("/cookie-jar/", "/attacks/", "true"),
        ("/cookies/", "/self-check/", "true"),
        ("/compare/", "/labs/", "true"),
    ],
)
def test_the_menu_says_where_a_page_is(path: str, menu: str, current: str) -> None:
    page = playground().get(path).content.decode().partition("</header>")[0]

    assert page.count("aria-current") == 1
    assert f'{menu}" aria-current="{current}"' in page


# All headers are set by middleware, so one answer of each kind shows them.
ANSWERS = {
    "a page": ("/", 200),
    "a page that is not there": ("/nowhere/", 404),
    "a redirect": (f"/labs/{LAB}/attempt/?since=0", 302),
    "the wrong method": ("/lessons/name/", 405),
    "JSON": ("/api/matrix", 200),
}


@pytest.mark.parametrize(("path", "status"), ANSWERS.values(), ids=ANSWERS)
def test_every_kind_of_answer_has_the_strict_policy(path: str, status: int) -> None:
    signed_in(LAB)
    answer = playground().get(path)
    answer.close()

    assert answer.status_code == status
    assert set(answer["Content-Security-Policy"].split("; ")) == POLICY
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_an_address_that_leads_nowhere_is_a_404_page() -> None:
    audit_missing("/nowhere/")


def test_every_address_within_the_teaching_side_leads_somewhere() -> None:
    signed_in(LAB).forged("/transfer", {"to": "mallory", "amount": "100"})
    audits = [Audit(playground().get(path).content.decode()) for path in PAGES]
    named = {a for found in audits for a in found.links + found.loads}
    here = {a.removeprefix(settings.ADDRESSES.playground).partition("#")[0] for a in named}
    dead = []
    for address in sorted(a for a in here - set(PAGES) if a.startswith("/")):
        answer = playground().get(address)
        answer.close()
        # A form that changes something posts to an address that takes nothing else.
        dead += [address] * (answer.status_code not in {200, 302, 405})

    assert dead == []


@pytest.mark.parametrize(
    "query", {"101 fields": "x=1&" * 101, "NUL": "version=%00", "no UTF-8": "version=%ff"}.values()
)
@pytest.mark.parametrize("path", ["/", f"/labs/{LAB}/log/", f"/labs/{LAB}/attempt/", "/matrix/"])
def test_a_broken_query_is_survived(path: str, query: str) -> None:
    assert playground().get(f"{path}?since=0&{query}").status_code in {200, 302, 400}


def test_the_teaching_side_sets_no_session_cookie() -> None:
    site = playground()
    for path in ONE_OF_EACH.values():
        site.get(path)

    assert set(site.cookies) <= {"csrftoken", "learner"}


def test_the_pages_of_the_bank_and_the_teaching_side_do_not_mix() -> None:
    assert Bank("no-defense").get("/matrix/").status_code == 404
    assert Site(settings.ADDRESSES.domains.playground).get("/transfer").status_code == 404
