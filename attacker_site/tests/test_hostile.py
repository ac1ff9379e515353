"""Hostile links: whatever is in the address, the site only aims at labs and doesn't break."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from attacker_site.tests.conftest import (
    EVIL,
    SERVERS,
    Get,
    community,
    getter,
    launched,
    lookalike,
    site,
)
from attacker_site.tests.victim import LittleBank, Victim
from catalogue.labels import is_label

PAGES = [
    "/",
    "/image-get/",
    "/fetch-post/",
    "/form-post/behind/",
    "/foreign-token-post/behind/",
    "/loot/",
    "/self-check/",
]
KNOWN = re.compile(
    r"http://(?:(?:community\.)?(?P<lab>[^./]+)\.bank(?:\.localhost\.evil)?|evil|playground)"
    r"\.localhost:[89]000"
)
LABELS = st.from_regex(r"[a-z0-9.:/@#?\\-]{1,70}", fullmatch=True) | st.text(max_size=80)


@pytest.mark.parametrize("page", PAGES)
@given(lab=LABELS)
@example(lab="evil.example/")
@example(lab="x@evil.example/")
@example(lab="a.b")
@example(lab="a--with-b--for-c")
@example(lab='"><script>alert(1)</script>')
@example(lab="\x00\ud7ff\u2028")
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_text_as_lab_aims_at_that_lab_or_nowhere(get: Get, page: str, lab: str) -> None:
    answer = get(f"{page}?lab={quote(lab)}")

    aimed = re.findall(r"https?://[^/\"'\s<&]*", answer.text)
    labs = {found["lab"] for address in aimed if (found := KNOWN.fullmatch(address))} - {None}
    assert all(KNOWN.fullmatch(address) for address in aimed)
    assert answer.status_code == (200 if is_label(lab) else 400)
    assert labs == ({lab} if is_label(lab) else set())


@pytest.mark.parametrize("page", PAGES)
def test_a_malformed_lab_is_answered_with_the_grammar(get: Get, page: str) -> None:
    answer = get(f"{page}?lab=a.b")

    assert answer.status_code == 400
    assert "[--with-&lt;weakness&gt;…][--for-&lt;owner&gt;]" in answer.text


@pytest.mark.parametrize("page", ["/form-post/behind/", "/foreign-token-post/behind/", "/loot/"])
@given(text=st.text(max_size=200), name=st.sampled_from(["action", "at", "amount", "x"]))
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_text_in_the_query_is_survived(get: Get, page: str, text: str, name: str) -> None:
    answer = get(f"{page}?{name}={quote(text)}")

    assert answer.status_code in {200, 400}


@pytest.mark.parametrize(
    "query",
    {
        "long": "lab=" + "a" * 100_000,
        "broken bytes": "lab=%ff%fe&action=%80",
        "broken escapes": "lab=%&action=%zz",
        "repeated": "lab=no-defense&lab=evil.example" * 50,
        "nothing but separators": "&&&===;;;",
        "long number": "at=" + "9" * 10_000 + "&amount=" + "9" * 10_000,
    }.values(),
)
@pytest.mark.parametrize("page", PAGES)
def test_an_odd_query_is_survived(get: Get, page: str, query: str) -> None:
    assert get(f"{page}?{query}").status_code in {200, 400}


@pytest.mark.parametrize(
    "path", ["/../app.py", "/%2e%2e/app.py", "/static/../app.py", "/static/%2e%2e/app.py", "/%00/"]
)
def test_a_path_reaches_no_other_file(get: Get, path: str) -> None:
    answer = get(path)

    assert answer.status_code in {308, 404}
    assert "create_app" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/<script>alert(1)</script>/",
        "/?lab=<script>alert(1)</script>",
        "/image-get/?action=<script>alert(1)</script>",
        "/image-get/behind/?at=<script>alert(1)</script>",
        "/foreign-token-post/?lab=<script>alert(1)</script>",
        "/foreign-token-post/behind/?at=<script>alert(1)</script>",
        "/loot/?lab=<script>alert(1)</script>",
    ],
)
def test_text_from_the_request_is_never_markup(get: Get, path: str) -> None:
    assert "<script" not in get(path).text


def test_a_redirect_to_the_closing_slash_stays_on_this_host(get: Get) -> None:
    answer = get("/image-get?lab=csrf-token")

    assert answer.status_code == 308
    assert answer.headers["Location"] == f"http://{EVIL}/image-get/?lab=csrf-token"


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Get, Victim]]:
    """The site next to a small bank, and the bank, which remembers who was asked for."""
    victim = Victim()
    victim.reply = LittleBank()
    with victim.running():
        yield getter(site(victim.address, tmp_path_factory.mktemp("watched"))), victim


@pytest.mark.parametrize("slug", sorted(SERVERS))
@given(lab=LABELS, extra=st.text(max_size=60), name=st.sampled_from(["action", "at", "bank", "to"]))
@example(lab="evil.example/", extra="", name="at")
@example(lab="x@evil.example", extra="", name="at")
@example(lab="127.0.0.1:80", extra="", name="at")
@example(lab="no-defense\r\nHost: evil.example", extra="", name="at")
@example(lab="csrf-token", extra="http://evil.example/", name="bank")
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_stands_in_the_query_the_server_asks_the_victim_for_that_lab_or_nobody(
    watched: tuple[Get, Victim],
    reached: set[tuple[str, int]],
    slug: str,
    lab: str,
    extra: str,
    name: str,
) -> None:
    get, victim = watched
    victim.requests.clear()
    reached.clear()
    query = f"lab={quote(lab)}&{name}={quote(extra)}"

    get(*launched(slug, "a--b"))
    get(f"/{slug}/?{query}", community("a--b"))
    get(f"/{slug}/?{query}")

    named = {asked.host for asked in victim.requests} - {"playground.localhost:8000"}
    labs = {lab, "a--b"} if is_label(lab) else {"a--b"}
    assert named <= {f"{one}.bank.localhost:8000" for one in labs}
    assert "a--b.bank.localhost:8000" in named
    assert reached == {("127.0.0.1", victim.server.server_port)}


def test_the_lookalike_of_one_lab_asks_for_no_other(watched: tuple[Get, Victim]) -> None:
    get, victim = watched
    victim.requests.clear()

    get("/form-post/?lab=csrf-token", lookalike("no-defense"))

    assert victim.asked == [("playground.localhost:8000", "/api/labs/no-defense")]
