"""The five policies: each answers every request, they differ where it is documented, and the page
shows what they say."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from victim_site.conftest import playground
from victim_site.teaching.reference.policies import (
    FILE,
    GROUPS,
    HOST,
    POLICIES,
    ROWS,
    PoliciesError,
    Policy,
    Request,
    Row,
    Scheme,
    Verdict,
    by_row,
    django,
    go,
    laravel,
    mdn,
    rails,
    read,
)

# What may be in a header: what a server lets in is Latin-1 without control characters.
TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"))
OWN = st.sampled_from(
    [f"http://{HOST}", f"https://{HOST}", "null", "http://[", "https://a.example"]
)
HEADER = st.none() | OWN | TEXT
REQUESTS = st.builds(
    Request,
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]),
    scheme=st.sampled_from(["http", "https"]),
    sec_fetch_site=st.none()
    | st.sampled_from(["same-origin", "same-site", "cross-site", "none"])
    | TEXT,
    origin=HEADER,
    host=st.just(HOST) | TEXT,
    referer=HEADER,
    token=st.booleans(),
)

POST = Request("POST", "https", "same-origin", f"https://{HOST}", HOST, f"https://{HOST}/", True)
FORGED = replace(
    POST, sec_fetch_site="cross-site", origin="https://evil.example", referer=None, token=False
)


@given(REQUESTS)
def test_every_policy_answers_every_request(request: Request) -> None:
    for policy in POLICIES:
        decision = policy.decide(request)
        assert decision.allowed in {True, False}
        assert re.fullmatch(r"\S.*\.", decision.why, re.DOTALL)


@given(REQUESTS)
def test_no_policy_refuses_a_get(request: Request) -> None:
    reading = replace(request, method="GET")

    assert all(policy.decide(reading).allowed for policy in POLICIES)


@given(REQUESTS, HEADER)
def test_nobody_but_django_reads_the_referer(request: Request, referer: str | None) -> None:
    other = replace(request, referer=referer)

    for decide in (go, rails, laravel, mdn):
        assert decide(request) == decide(other)


@given(REQUESTS)
def test_a_token_matters_to_laravel_and_django_alone(request: Request) -> None:
    other = replace(request, token=not request.token)

    for decide in (go, rails, mdn):
        assert decide(request) == decide(other)


@given(REQUESTS)
def test_django_does_not_read_sec_fetch_site(request: Request) -> None:
    assert django(request) == django(replace(request, sec_fetch_site=None))


@given(REQUESTS, st.sampled_from(["same-origin", "same-site", "cross-site", "none"]))
def test_go_looks_at_nothing_else_where_the_header_is(request: Request, site: str) -> None:
    post = replace(request, method="POST", sec_fetch_site=site)

    assert go(post).allowed == (site in {"same-origin", "none"})


@given(REQUESTS)
def test_a_valid_token_lets_anything_through_at_laravel(request: Request) -> None:
    assert laravel(replace(request, token=True)).allowed


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.slug)
def test_an_own_form_is_let_through_and_a_plain_forgery_refused(policy: Policy) -> None:
    assert policy.decide(POST).allowed
    assert not policy.decide(FORGED).allowed


# What the sources say, in the order go, rails, laravel, mdn, django: y for let through.
DOCUMENTED = {
    # Go refuses the same site, Rails and the sample trust it; Rails' Origin check stays on.
    "same-site": (replace(POST, sec_fetch_site="same-site", origin=None, token=False), "nynyn"),
    "same-site with its Origin": (
        replace(POST, sec_fetch_site="same-site", origin="https://a.bank.example", token=False),
        "nnnyn",
    ),
    # Go lets none through, Rails does not.
    "none": (replace(POST, sec_fetch_site="none"), "ynyny"),
    "none without token": (replace(POST, sec_fetch_site="none", token=False), "ynnnn"),
    # Without the header Rails refuses over https only, and Laravel falls back to the token.
    "missing over https": (replace(POST, sec_fetch_site=None), "ynyny"),
    "missing over http": (
        replace(POST, scheme="http", sec_fetch_site=None, origin=f"http://{HOST}"),
        "yyyny",
    ),
    "missing without token": (replace(POST, sec_fetch_site=None, token=False), "ynnnn"),
    "missing over http, foreign Origin": (
        replace(POST, scheme="http", sec_fetch_site=None, origin="http://a.example", token=False),
        "nnnnn",
    ),
    # Django: Origin first; over https without one the Referer; then the token.
    "null Origin": (replace(POST, origin="null"), "ynyyn"),
    "no Origin, own Referer": (replace(POST, origin=None), "yyyyy"),
    "no Origin, no Referer": (replace(POST, origin=None, referer=None), "yyyyn"),
    "no Origin, no Referer, http": (
        replace(POST, scheme="http", origin=None, referer=None),
        "yyyyy",
    ),
    "no Origin, insecure Referer": (
        replace(POST, origin=None, referer=f"http://{HOST}/"),
        "yyyyn",
    ),
    # The host of Origin is enough for Go; the others want the scheme to be right too.
    "own host, other scheme": (
        replace(POST, sec_fetch_site=None, origin=f"http://{HOST}"),
        "ynynn",
    ),
    # Rails takes the header in any case of letters, Go as it is written.
    "Same-Origin": (replace(POST, sec_fetch_site="Same-Origin", token=False), "nynnn"),
    # Rails checks OPTIONS as well.
    "OPTIONS": (replace(FORGED, method="OPTIONS"), "ynyyy"),
}


@pytest.mark.parametrize(("request_", "answers"), DOCUMENTED.values(), ids=DOCUMENTED)
def test_they_differ_as_documented(request_: Request, answers: str) -> None:
    said = "".join("ny"[policy.decide(request_).allowed] for policy in POLICIES)

    assert said == answers


# The table, row by row and scheme by scheme, as it was expected from the sources.
EXPECTED: dict[str, str | dict[Scheme, str]] = {
    "own-form": "yyyyy",
    "own-form-no-referrer": "ynyyn",
    "typed-address": "yyyyy",
    "own-form-plain-http": "yyyny",
    "own-form-old": "ynyny",
    "own-form-older": {"http": "yyyny", "https": "ynyny"},
    "form-post": "nnnnn",
    "form-post-token": "nnynn",
    "subdomain-form": "nnnyn",
    "sandboxed-form": "nnnnn",
    "image": "yyyyy",
    "form-post-plain-http": "nnnnn",
    "form-post-old": "nnnnn",
    "form-post-older": {"http": "yynnn", "https": "ynnnn"},
    "script": {"http": "yynnn", "https": "ynnnn"},
    "post-none": "ynnnn",
    "same-site-without-origin": "nynyn",
}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.slug)
def test_a_row_is_judged_as_expected(row: Row) -> None:
    for scheme in row.schemes:
        expected = EXPECTED[row.slug]
        answers = expected if isinstance(expected, str) else expected[scheme]
        decisions = [policy.decide(row.request(scheme)) for policy in POLICIES]
        assert "".join("ny"[decision.allowed] for decision in decisions) == answers, scheme


def test_no_slug_is_used_twice() -> None:
    assert len({row.slug for row in ROWS}) == len(ROWS)


# What is changed in the file, and what the error says: where, and what is wrong.
SPOILED = {
    "no TOML": ("[[policy]]", "[[policy]", "policies.toml: Expected"),
    "a slug without a function": ('"rails"', '"sinatra"', "policy.1.slug: Input should be 'go', "),
    "a missing key": ('sender = "An image', '# "An image', "request.4.sender: Field required."),
    "an unknown key": ('how = "', 'hwo = "', "request.0.hwo: Extra inputs are not permitted."),
    "an empty text": ('title = "Forgeries: to be refused"', 'title = ""', "group.1.title: "),
    "a method of no page": ('"POST"', '"PSOT"', "method: Input should be 'GET' or 'POST'."),
    "a site of no browser": ('"same-origin"', '"same-orgin"', "sec_fetch_site: Input should be"),
    "an address of nobody's": ('origin = "own"', 'origin = "owner"', "origin: Input should be"),
    "no truth": ("right = true", 'right = "perhaps"', "group.0.right: Input should be a valid"),
}


@pytest.mark.parametrize(("old", "new", "complaint"), SPOILED.values(), ids=SPOILED)
def test_a_mistake_in_the_file_is_found_and_named(old: str, new: str, complaint: str) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert old in text

    with pytest.raises(PoliciesError, match=r"^policies\.toml: ") as error:
        read(text.replace(old, new, 1))

    assert complaint in str(error.value)


def test_a_row_has_a_line_for_each_scheme_that_matters() -> None:
    for group in GROUPS:
        for row, lines in by_row(group):
            assert [scheme for line in lines for scheme in line.schemes] == list(row.schemes)
            assert all(
                verdict.decision == verdict.policy.decide(row.request(scheme))
                for line in lines
                for scheme in line.schemes
                for verdict in line.verdicts
            )


# --- The page -------------------------------------------------------------------------------------


class Table(HTMLParser):
    """The lines of the page's table: each the row's slug, and the text of its cells by policy."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.lines: list[tuple[str, dict[str, str]]] = []
        self._cells: dict[str, str] = {}
        self._policy = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if tag == "tr" and names.get("data-row"):
            self._cells = {}
            self.lines.append((names["data-row"] or "", self._cells))
        if tag in {"td", "th"}:
            self._policy = names.get("data-policy") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "tr":
            self._cells = {}

    def handle_data(self, data: str) -> None:
        self._cells[self._policy] = f"{self._cells.get(self._policy, '')} {data.strip()}".strip()


@pytest.mark.django_db
def test_the_page_shows_every_decision() -> None:
    shown = Table(playground().get("/policies/").content.decode()).lines
    expected = [
        (row.slug, {verdict.policy.slug: said(verdict) for verdict in line.verdicts})
        for group in GROUPS
        for row, lines in by_row(group)
        for line in lines
    ]

    assert [(slug, {k: v for k, v in cells.items() if k}) for slug, cells in shown] == expected
    marked = {slug for slug, cells in shown if "No browser of today sends this." in cells[""]}
    assert marked == {row.slug for row in ROWS if not row.browser}


def said(verdict: Verdict) -> str:
    decision = verdict.decision
    word = "let through" if decision.allowed else "refused"
    return f"{verdict.policy.name} {word} {decision.why}"
