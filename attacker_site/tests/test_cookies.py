"""The attacker's half of the cookie page: the ways, their order, and who may go them."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attacker_site.tests.conftest import EVIL, Document, Get, community, lookalike

LAB = "no-defense--for-cookies"
RUN = "0123456789abcdef"
BANK = f"http://{LAB}.bank.localhost:8000"
QUERY = f"lab={LAB}&run={RUN}"
HOSTS = {"cross-site": EVIL, "subdomain": community(LAB)}
ONWARD = {
    "cross-site": f"http://community.{LAB}.bank.localhost:9000/cookies/?run={RUN}",
    "subdomain": f"http://playground.localhost:8000/cookies/{RUN}/",
}


@pytest.mark.parametrize("position", HOSTS)
def test_the_first_page_asks_in_each_way_within_a_page_and_then_by_a_link(
    get: Get, position: str
) -> None:
    document = Document(get(f"/cookies/?{QUERY}", HOSTS[position]).text)

    echo = f"{BANK}/cookies/{RUN}/{position}"
    (go,) = [one for _, one in document.tags if one.get("id") == "go"]
    assert f"{echo}/image" in [image["src"] for image in document.all("img")]
    assert [frame["src"] for frame in document.all("iframe")] == [f"{echo}/frame"]
    # The script adds the fetch and the WebSocket below this address.
    assert go["data-echo"] == echo
    assert go["href"] == f"{echo}/link"
    assert document.mistakes == []


@pytest.mark.parametrize(("after", "method"), [("link", "get"), ("form-get", "post")])
@pytest.mark.parametrize("position", HOSTS)
def test_a_link_is_followed_by_a_form_that_gets_and_that_by_one_that_posts(
    get: Get, position: str, after: str, method: str
) -> None:
    document = Document(get(f"/cookies/?{QUERY}&after={after}", HOSTS[position]).text)

    (form,) = document.all("form")
    action = f"{BANK}/cookies/{RUN}/{position}/form-{method}"
    assert form == {"method": method, "action": action}
    assert document.all("iframe") == []


@pytest.mark.parametrize("position", HOSTS)
def test_the_last_page_of_a_host_leads_on(get: Get, position: str) -> None:
    document = Document(get(f"/cookies/?{QUERY}&after=form-post", HOSTS[position]).text)

    (go,) = [one for _, one in document.tags if one.get("id") == "go"]
    assert go["href"] == ONWARD[position]
    assert "data-echo" not in go


def test_the_pages_count_up(get: Get) -> None:
    ways = ["", "link", "form-get", "form-post"]
    pages = [
        Document(get(f"/cookies/?{QUERY}&after={after}", host).text).all("progress")[0]
        for host in HOSTS.values()
        for after in ways
    ]

    assert [page["value"] for page in pages] == [str(done) for done in range(8)]
    assert {page["max"] for page in pages} == {"8"}


def test_the_policy_lets_the_page_ask_that_bank_and_no_other(get: Get) -> None:
    policy = get(f"/cookies/?{QUERY}").headers["Content-Security-Policy"]

    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["img-src"] == f"'self' {BANK}"
    assert directives["frame-src"] == BANK
    assert directives["connect-src"] == f"{BANK} ws://{LAB}.bank.localhost:8000"
    assert directives["form-action"].split() == ["'self'", "http://evil.localhost:9000", BANK]


def test_no_other_page_may_ask_a_bank(get: Get) -> None:
    policy = get("/").headers["Content-Security-Policy"]

    assert "bank.localhost" not in policy


ELSEWHERE = {
    "no run": (f"lab={LAB}", EVIL),
    "a malformed run": (f"lab={LAB}&run=../../login", EVIL),
    "a run in upper case": (f"lab={LAB}&run={RUN.upper()}", EVIL),
    "a long run": (f"{QUERY}0", EVIL),
    "an unknown way": (f"{QUERY}&after=beacon", EVIL),
    "the lookalike": (f"run={RUN}", lookalike(LAB)),
}


@pytest.mark.parametrize(("query", "host"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_what_belongs_to_no_run_leads_to_where_runs_begin(get: Get, query: str, host: str) -> None:
    answer = get(f"/cookies/?{query}", host)

    assert answer.status_code == 404
    assert "http://playground.localhost:8000/cookies/" in Document(answer.text).addresses()


@given(name=st.sampled_from(["run", "after", "lab", "x"]), text=st.text(max_size=100))
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_text_in_the_query_is_survived(get: Get, name: str, text: str) -> None:
    answer = get(f"/cookies/?{name}={quote(text)}&{QUERY}")

    assert answer.status_code in {200, 400, 404}
    assert "<script>" not in answer.text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_the_page_takes_get_only(get: Get, method: str) -> None:
    assert get(f"/cookies/?{QUERY}", method=method).status_code == 405
