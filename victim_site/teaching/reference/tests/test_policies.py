"""The policies: each answers every request, they differ where it is documented, and the page
shows what they say."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask_wtf.csrf import CSRFProtect, generate_csrf  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from victim_site.conftest import playground
from victim_site.teaching.reference.policies import (
    BEHIND,
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
    flask_wtf,
    go,
    laravel,
    mistakes,
    next_before,
    next_now,
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
    x_forwarded_host=st.none() | st.just(HOST) | TEXT,
    x_forwarded_proto=st.sampled_from([None, "http", "https"]),
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


# What each policy looks at, besides the method. All that it isn't named with makes no difference.
READS = {
    "sec_fetch_site": {"go", "rails", "laravel", "mdn"},
    "origin": {"go", "rails", "django", "sveltekit", "next-before", "next", "astro"},
    "referer": {"django", "flask-wtf"},
    "token": {"laravel", "django", "spring", "flask-wtf"},
    "scheme": {"rails", "django", "astro", "flask-wtf"},
    "host": {"go", "rails", "django", "sveltekit", "next-before", "next", "astro", "flask-wtf"},
    "x_forwarded_host": {"rails", "next-before", "next", "astro"},
    "x_forwarded_proto": {"rails", "astro"},
}


@pytest.mark.parametrize("field", READS)
@given(request_=REQUESTS, other=REQUESTS)
def test_a_policy_reads_nothing_else(field: str, request_: Request, other: Request) -> None:
    changed = replace(request_, **{field: getattr(other, field)})

    for policy in POLICIES:
        if policy.slug not in READS[field]:
            assert policy.decide(request_) == policy.decide(changed), policy.slug


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


@given(REQUESTS)
def test_next_differs_before_and_after_in_null_alone(request: Request) -> None:
    if request.origin != "null":
        assert next_before(request) == next_now(request)


# --- Flask-WTF itself -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def library() -> Callable[[Request], bool]:
    """The library, in an application: tells whether it lets a request act."""
    app = Flask(__name__)
    app.secret_key = "for this test"
    CSRFProtect(app)
    app.add_url_rule("/token", view_func=lambda: generate_csrf(), endpoint="token")
    methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]
    app.add_url_rule("/transfer", view_func=lambda: "", endpoint="transfer", methods=methods)
    page = app.test_client().get("/token")
    session = page.headers["Set-Cookie"].partition(";")[0]

    def lets_through(request: Request) -> bool:
        sent = {
            "Host": request.host,
            "Cookie": session,
            "Sec-Fetch-Site": request.sec_fetch_site,
            "Origin": request.origin,
            "Referer": request.referer,
            "X-CSRFToken": page.text if request.token else None,
            "X-Forwarded-Host": request.x_forwarded_host,
            "X-Forwarded-Proto": request.x_forwarded_proto,
        }
        answer = app.test_client(use_cookies=False).open(
            "/transfer",
            method=request.method,
            base_url=f"{request.scheme}://bank/",
            headers=[(name, value) for name, value in sent.items() if value is not None],
        )
        assert answer.status_code in {200, 400}
        return answer.status_code == 200

    return lets_through


@given(request_=REQUESTS)
def test_flask_wtf_is_said_again_rightly(
    library: Callable[[Request], bool], request_: Request
) -> None:
    request = replace(request_, host=HOST)
    # A port that isn't a number makes the library fail, which also doesn't act.
    try:
        urlsplit(request.referer or "").port  # noqa: B018
    except ValueError:
        return

    assert flask_wtf(request).allowed == library(request)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.slug)
def test_flask_wtf_judges_a_row_like_this(library: Callable[[Request], bool], row: Row) -> None:
    for scheme in row.schemes:
        request = row.request(scheme)
        assert flask_wtf(request).allowed == library(request), scheme


# What the sources say, in the order of the file: go, rails, laravel, mdn, django; sveltekit, next
# before and after, astro, spring, flask-wtf. y for let through.
DOCUMENTED = {
    # Go refuses the same site, Rails and the sample trust it; Rails' Origin check stays on.
    "same-site": (
        replace(POST, sec_fetch_site="same-site", origin=None, token=False),
        "nynyn nyynnn",
    ),
    "same-site with its Origin": (
        replace(POST, sec_fetch_site="same-site", origin="https://a.bank.example", token=False),
        "nnnyn nnnnnn",
    ),
    # Go lets none through, Rails does not.
    "none": (replace(POST, sec_fetch_site="none"), "ynyny yyyyyy"),
    "none without token": (replace(POST, sec_fetch_site="none", token=False), "ynnnn yyyynn"),
    # Without the header Rails refuses over https only, and Laravel falls back to the token.
    "missing over https": (replace(POST, sec_fetch_site=None), "ynyny yyyyyy"),
    "missing over http": (
        replace(POST, scheme="http", sec_fetch_site=None, origin=f"http://{HOST}"),
        "yyyny nyyyyy",
    ),
    "missing without token": (replace(POST, sec_fetch_site=None, token=False), "ynnnn yyyynn"),
    "missing over http, foreign Origin": (
        replace(POST, scheme="http", sec_fetch_site=None, origin="http://a.example", token=False),
        "nnnnn nnnnnn",
    ),
    # Django: Origin first; over https without one the Referer; then the token.
    "null Origin": (replace(POST, origin="null"), "ynyyn nynnyy"),
    "no Origin, own Referer": (replace(POST, origin=None), "yyyyy nyynyy"),
    "no Origin, no Referer": (replace(POST, origin=None, referer=None), "yyyyn nyynyn"),
    "no Origin, no Referer, http": (
        replace(POST, scheme="http", origin=None, referer=None),
        "yyyyy nyynyy",
    ),
    "no Origin, insecure Referer": (
        replace(POST, origin=None, referer=f"http://{HOST}/"),
        "yyyyn nyynyn",
    ),
    # The host of Origin is enough for Go; the others want the scheme to be right too.
    "own host, other scheme": (
        replace(POST, sec_fetch_site=None, origin=f"http://{HOST}"),
        "ynynn nyynyy",
    ),
    # Rails takes the header in any case of letters, Go as it is written.
    "Same-Origin": (replace(POST, sec_fetch_site="Same-Origin", token=False), "nynnn yyyynn"),
    # Rails checks OPTIONS as well.
    "OPTIONS": (replace(FORGED, method="OPTIONS"), "ynyyy yyyyyy"),
    # Only what is read of X-Forwarded-Host and -Proto makes up for a Host or a scheme that differs.
    "behind a proxy": (replace(POST, scheme="http", host=BEHIND), "ynyyn nnnnyy"),
    "behind a proxy that says so": (
        replace(POST, scheme="http", host=BEHIND, x_forwarded_host=HOST, x_forwarded_proto="https"),
        "yyyyn nyyyyy",
    ),
    # Who makes up X-Forwarded-Host can't make Origin right: it's no header that a form can set.
    "a foreign X-Forwarded-Host": (
        replace(FORGED, x_forwarded_host="other.example"),
        "nnnnn nnnnnn",
    ),
}


@pytest.mark.parametrize(("request_", "answers"), DOCUMENTED.values(), ids=DOCUMENTED)
def test_they_differ_as_documented(request_: Request, answers: str) -> None:
    said = "".join("ny"[policy.decide(request_).allowed] for policy in POLICIES)

    assert said == answers.replace(" ", "")


# The table, row by row and scheme by scheme, as it was expected from the sources.
EXPECTED: dict[str, str | dict[Scheme, str]] = {
    "own-form": {"http": "yyyyy nyyyyy", "https": "yyyyy yyyyyy"},
    "own-form-no-referrer": {"http": "ynyyn nynnyy", "https": "ynyyn nynnyn"},
    "typed-address": "yyyyy yyyyyy",
    "own-form-plain-http": "yyyny nyyyyy",
    "own-form-old": "ynyny yyyyyy",
    "own-form-older": {"http": "yyyny nyynyy", "https": "ynyny nyynyy"},
    "own-form-tls-ends": "ynyyn yyynyy",
    "own-form-other-port": "ynyyn nnnnyn",
    "own-form-other-host": "ynyyn nnnnyn",
    "own-form-told": "yyyyn nyyyyy",
    "form-post": "nnnnn nnnnnn",
    "form-post-token": {"http": "nnynn nnnnyy", "https": "nnynn nnnnyn"},
    "subdomain-form": "nnnyn nnnnnn",
    "sandboxed-form": "nnnnn nynnnn",
    "image": "yyyyy yyyyyy",
    "form-post-plain-http": "nnnnn nnnnnn",
    "form-post-old": "nnnnn nnnnnn",
    "form-post-older": {"http": "yynnn nyynnn", "https": "ynnnn nyynnn"},
    "script": {"http": "yynnn nyynnn", "https": "ynnnn nyynnn"},
    "post-none": {"http": "ynnnn nyyynn", "https": "ynnnn yyyynn"},
    "same-site-without-origin": "nynyn nyynnn",
}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.slug)
def test_a_row_is_judged_as_expected(row: Row) -> None:
    for scheme in row.schemes:
        expected = EXPECTED[row.slug]
        answers = expected if isinstance(expected, str) else expected[scheme]
        decisions = [policy.decide(row.request(scheme)) for policy in POLICIES]
        assert "".join("ny"[decision.allowed] for decision in decisions) == answers.replace(
            " ", ""
        ), scheme


def test_the_list_of_mistakes_names_each_wrong_answer_once() -> None:
    listed = {each.policy.slug: each for each in mistakes()}

    assert listed["django"].refused == (
        "a hidden Referer",
        "a proxy that ends TLS",
        "a proxy that changes the port",
        "a proxy that rewrites Host",
        "a proxy that says what it changed",
    )
    assert listed["django"].let_in == ()
    assert listed["next-before"].let_in == ("a sandboxed frame", "older browsers")
    # Over one of two schemes only; and what all do isn't listed.
    assert "a plain form (http)" in listed["sveltekit"].refused
    assert not any("an image" in each.let_in for each in listed.values())


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
