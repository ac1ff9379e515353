"""The attacker's own browser: what it sends to the bank, keeps of the answer, and survives."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl

import pytest

from attacker_site.mallory import visit
from attacker_site.targets import read_addresses
from attacker_site.tests.conftest import closed_port
from attacker_site.tests.victim import Answer, Asked, LittleBank, Victim
from csrf_proof.visitor import LARGEST_PAGE, Visitor, VisitProblem

LAB = "csrf-token--for-otter42"
HOST = f"{LAB}.bank.localhost:8000"
ORIGIN = f"http://{HOST}"
FORM = '<form><input type="hidden" name="token" value="abc"></form>'


@pytest.fixture
def visitor(victim: Victim) -> Visitor:
    """A visitor to a little bank."""
    victim.reply = LittleBank()
    return visitor_to(victim.address)


def visitor_to(address: str) -> Visitor:
    """Return a visitor to one lab, whose bank is at this address."""
    return visit(read_addresses({"VICTIM_ADDRESS": address}), LAB)


def test_a_visitor_names_the_lab_and_speaks_like_the_bank_s_own_page(
    visitor: Visitor, victim: Victim
) -> None:
    visitor.sign_in()

    opened, signed_in = victim.requests
    assert [(asked.method, asked.path) for asked in victim.requests] == [
        ("GET", "/login"),
        ("POST", "/login"),
    ]
    for asked in (opened, signed_in):
        assert asked.host == HOST
        assert asked.headers["Origin"] == ORIGIN
        assert asked.headers["Referer"] == f"{ORIGIN}/login"
        assert asked.headers["Sec-Fetch-Site"] == "same-origin"


def test_a_sign_in_brings_what_the_form_carries(visitor: Visitor, victim: Victim) -> None:
    visitor.sign_in()

    asked = victim.requests[-1]
    assert asked.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert dict(parse_qsl(asked.body.decode())) == {
        "token": "token-of-nobody",
        "username": "mallory",
        "password": "mischief",
    }


def test_a_sign_in_brings_the_headers_that_the_page_s_script_sends(victim: Victim) -> None:
    victim.reply = LittleBank(headers='{"X-Requested-With": "fetch", "X-CSRFToken": "t"}')

    visitor_to(victim.address).sign_in()

    opened, signed_in = victim.requests
    assert "X-Requested-With" not in opened.headers
    assert signed_in.headers["X-Requested-With"] == "fetch"
    assert signed_in.headers["X-CSRFToken"] == "t"
    assert signed_in.headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_a_sign_in_is_json_where_the_page_says_so(victim: Victim) -> None:
    victim.reply = LittleBank(headers='{"Content-Type": "application/json"}')

    visitor_to(victim.address).sign_in()

    asked = victim.requests[-1]
    assert asked.headers.get_all("Content-Type") == ["application/json"]
    assert json.loads(asked.body)["username"] == "mallory"


@pytest.mark.parametrize(
    "name", ["Host", "host", "Cookie", "Origin", "Content-Length", "Transfer-Encoding", "Sec-X"]
)
def test_a_page_cannot_have_a_header_sent_that_no_script_can_set(victim: Victim, name: str) -> None:
    victim.reply = LittleBank(headers=json.dumps({name: "evil.example", "X-Also": "yes"}))

    visitor_to(victim.address).sign_in()

    asked = victim.requests[-1]
    assert asked.host == HOST
    assert "evil.example" not in asked.headers.values()
    assert asked.headers["X-Also"] == "yes"


def test_a_visitor_identifies_herself_elsewhere_and_is_led_on(
    visitor: Visitor, victim: Victim
) -> None:
    assert visitor.identify("/lighthouse/authorize?for=connect") == {"code": "code-of-mallory"}
    assert [asked.method for asked in victim.requests] == ["GET", "POST"]


@pytest.mark.parametrize(
    "answer",
    [Answer("No.", 403), Answer(status=303), Answer("<script data-headers='[]'></script>", 200)],
)
def test_a_visitor_who_is_not_led_on_says_so(victim: Victim, answer: Answer) -> None:
    bank = LittleBank()
    victim.reply = lambda asked: answer if asked.method == "POST" else bank(asked)

    with pytest.raises(VisitProblem, match=r"didn't let mallory|can't be read"):
        visitor_to(victim.address).identify("/lighthouse/authorize")


def test_a_visitor_without_cookies_sends_none(visitor: Visitor, victim: Victim) -> None:
    visitor.hidden_fields("/login")

    assert "Cookie" not in victim.requests[0].headers


def test_a_visitor_keeps_cookies_and_brings_them_back(visitor: Visitor, victim: Victim) -> None:
    visitor.sign_in()
    fields = visitor.hidden_fields("/transfer")

    assert fields == {"token": "token-of-mallory"}
    assert victim.requests[-1].cookies == {"sessionid": "mallorys", "token": "cookie-of-nobody"}
    assert visitor.cookies == {"sessionid": "mallorys", "token": "cookie-of-mallory"}


SET_COOKIE = {
    "a new one": ("b=2", {"a": "1", "b": "2"}),
    "the same again": ("a=2; Path=/", {"a": "2"}),
    "forgotten": ("a=1; Max-Age=0; Path=/", {}),
    "forgotten in lower case": ('a=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; max-age=0', {}),
    "forgotten long ago": ("a=; max-age=-1", {}),
    "kept for a while": ("a=2; Max-Age=10", {"a": "2"}),
    "a prefix": ("__Host-b=2; Secure; Path=/", {"a": "1", "__Host-b": "2"}),
    "an equals sign in the value": ("b=2==; Path=/", {"a": "1", "b": "2=="}),
    # A browser sends quotes back as they came, and so can odd letters.
    "quotes": (r'b="2\012"', {"a": "1", "b": r'"2\012"'}),
    "odd bytes": ("b=\xff\xe9\x80", {"a": "1", "b": "\xff\xe9\x80"}),
    "no name": ("=2", {"a": "1", "": "2"}),
    "no value": ("b", {"a": "1"}),
    "nothing": ("", {"a": "1"}),
    "a word that looks like an attribute": ("max-age=0", {"a": "1", "max-age": "0"}),
    "broken attributes": ("b=2; ;; =; HttpOnly=; \x01", {"a": "1", "b": "2"}),
}


@pytest.mark.parametrize(("line", "kept"), SET_COOKIE.values(), ids=SET_COOKIE)
def test_a_visitor_reads_a_set_cookie_as_a_browser_does(
    victim: Victim, line: str, kept: dict[str, str]
) -> None:
    victim.reply = lambda asked: Answer(FORM, headers=(("Set-Cookie", "a=1"), ("Set-Cookie", line)))
    visitor = visitor_to(victim.address)

    visitor.hidden_fields("/login")
    visitor.hidden_fields("/login")

    pairs = [f"{name}={value}" for name, value in kept.items()]
    assert visitor.cookies == kept
    assert victim.requests[-1].headers.get("Cookie", "") == "; ".join(pairs)


FIELDS = {
    "escaped": ('<input type=hidden name="a&amp;b" value="&lt;&quot;">', {"a&b": '<"'}),
    "without a value": ('<input type="hidden" name="a">', {"a": ""}),
    "without a name": ('<input type="hidden" value="a">', {}),
    "not hidden": ('<input name="a" value="b"><input type="text" name="c">', {}),
    "upper case": ('<INPUT TYPE="hidden" NAME="A" VALUE="B"/>', {"A": "B"}),
    "none": ("<p>Nothing here.</p>", {}),
    "an empty page": ("", {}),
    "no markup": ("\x00\xff<<<>>>&&&", {}),
    "cut off": ('<form><input type="hidden" name="a" value="b', {}),
}


@pytest.mark.parametrize(("page", "fields"), FIELDS.values(), ids=FIELDS)
def test_the_hidden_fields_are_those_that_a_browser_would_send(
    victim: Victim, page: str, fields: dict[str, str]
) -> None:
    victim.reply = lambda asked: Answer(page)

    assert visitor_to(victim.address).hidden_fields("/login") == fields


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("there", ["/elsewhere", "http://evil.example/", "//evil.example", "\xff"])
def test_a_visitor_follows_no_redirect(
    reached: set[tuple[str, int]], victim: Victim, status: int, there: str
) -> None:
    victim.reply = lambda asked: Answer(status=status, headers=(("Location", there),))

    with pytest.raises(VisitProblem, match=f"didn't show /transfer: it answered {status}"):
        visitor_to(victim.address).hidden_fields("/transfer")

    assert victim.asked == [(HOST, "/transfer")]
    assert reached == {("127.0.0.1", victim.server.server_port)}


def test_a_sign_in_does_not_go_where_the_bank_sends_it(
    reached: set[tuple[str, int]], victim: Victim
) -> None:
    elsewhere = Answer(status=303, headers=(("Location", "http://evil.example/"),))
    victim.reply = lambda asked: elsewhere if asked.method == "POST" else Answer(FORM)

    visitor_to(victim.address).sign_in()

    assert victim.asked == [(HOST, "/login"), (HOST, "/login")]
    assert reached == {("127.0.0.1", victim.server.server_port)}


@pytest.mark.parametrize("status", [200, 403])
def test_a_sign_in_that_is_refused_says_so(victim: Victim, status: int) -> None:
    victim.reply = lambda asked: Answer(FORM, status if asked.method == "POST" else 200)

    with pytest.raises(VisitProblem, match=f"didn't let mallory sign in: it answered {status}"):
        visitor_to(victim.address).sign_in()


DEEP = "[" * 20_000
LAST = "</script>"
# What a bank may say to GET /login that leaves no way to sign in.
HOSTILE = {
    "an error": Answer("No.", 500),
    "too busy": Answer("Later.", 503),
    "no content": Answer(status=204),
    "no HTTP": Answer(raw=b"\xff\xfe\x00 rubbish \r\n\r\n"),
    "nothing": Answer(raw=b"\r\n"),
    "another protocol": Answer(raw=b"SSH-2.0-OpenSSH_9.6\r\n"),
    "a status of letters": Answer(raw=b"HTTP/1.1 abc OK\r\n\r\n"),
    "a status out of range": Answer(raw=b"HTTP/1.1 99999 OK\r\n\r\n"),
    "an endless status": Answer(raw=b"HTTP/1.1 200 " + b"a" * 70_000),
    "an endless header": Answer(raw=b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000 + b"\r\n\r\n"),
    "headers without end": Answer(raw=b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * 200 + b"\r\n"),
    "broken chunks": Answer(
        raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nrubbish"
    ),
    "a body cut short": Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n<form>"),
    "a huge page": Answer("<p>" + "a" * LARGEST_PAGE),
    "a huge page in chunks": Answer(
        raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n" + b"a" * 0xFFFFF
    ),
    "markup that no parser takes": Answer("<![x["),
    "a section that no parser takes": Answer("<![&[<!["),
    "headers that aren't JSON": Answer("<script data-headers='X: y'></script>"),
    "headers that are cut off": Answer("<script data-headers='{'></script>"),
    "headers in a list": Answer("<script data-headers='[1, 2]'></script>"),
    "headers that are a number": Answer("<script data-headers='7'></script>"),
    "headers without a text": Answer("<script data-headers='{\"X\": null}'></script>"),
    "headers within headers": Answer("<script data-headers='{\"X\": {}}'></script>"),
    "very deep headers": Answer(f"<script data-headers='{DEEP}'>{LAST}"),
    "a header with a line break": Answer(
        r"""<script data-headers='{"X": "y\r\nHost: evil.example"}'></script>"""
    ),
    "a header's name with a line break": Answer(
        r"""<script data-headers='{"X\r\nHost: evil.example": "y"}'></script>"""
    ),
    "a header's name of nothing": Answer("""<script data-headers='{"": "y"}'></script>"""),
    "a header that is not Latin": Answer("""<script data-headers='{"X": "…"}'></script>"""),
    "a header's name that is not Latin": Answer("""<script data-headers='{"…": "x"}'></script>"""),
    "half a letter in a header": Answer(r"""<script data-headers='{"X": "\ud800"}'></script>"""),
}


@pytest.mark.parametrize("answer", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_bank_is_a_problem_of_one_sentence(victim: Victim, answer: Answer) -> None:
    victim.reply = lambda asked: answer

    with pytest.raises(VisitProblem) as problem:
        visitor_to(victim.address).sign_in()

    assert_plain(str(problem.value))
    assert {asked.host for asked in victim.requests} == {HOST}


def assert_plain(sentence: str) -> None:
    """Fail if this is more than a sentence or two for people."""
    assert sentence.startswith("The bank")
    assert sentence.endswith((".", "?"))
    assert "\n" not in sentence
    assert len(sentence) < 100


def test_a_page_that_breaks_off_is_not_taken_for_whole(victim: Victim) -> None:
    raw = f"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{FORM}"
    victim.reply = lambda asked: Answer(raw=raw.encode())

    with pytest.raises(VisitProblem, match=r"^The bank doesn't answer"):
        visitor_to(victim.address).hidden_fields("/transfer")


def test_a_cookie_with_a_line_break_is_a_problem_of_one_sentence_or_none(victim: Victim) -> None:
    raw = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\rHost: x\r\nSet-Cookie: b=2\r\n Host: y\r\n\r\n"
    victim.reply = lambda asked: Answer(raw=raw)
    visitor = visitor_to(victim.address)

    visitor.hidden_fields("/login")
    visitor.hidden_fields("/login")

    assert [asked.host for asked in victim.requests] == [HOST, HOST]


def test_a_dead_bank_is_a_problem_of_one_sentence() -> None:
    with pytest.raises(VisitProblem, match=r"^The bank doesn't answer"):
        visitor_to(f"127.0.0.1:{closed_port()}").sign_in()


def test_a_slow_bank_is_a_problem_of_one_sentence(
    monkeypatch: pytest.MonkeyPatch, victim: Victim
) -> None:
    monkeypatch.setattr("csrf_proof.visitor.TIMEOUT_SECONDS", 0.05)
    victim.reply = lambda asked: Answer(FORM, silence=0.3)

    with pytest.raises(VisitProblem, match=r"^The bank doesn't answer"):
        visitor_to(victim.address).sign_in()


def test_a_bank_that_breaks_after_the_sign_in_page_is_a_problem_of_one_sentence(
    victim: Victim,
) -> None:
    bank = LittleBank()

    def reply(asked: Asked) -> Answer:
        return Answer(raw=b"\xff") if asked.path == "/transfer" else bank(asked)

    victim.reply = reply
    visitor = visitor_to(victim.address)
    visitor.sign_in()

    with pytest.raises(VisitProblem, match=r"^The bank doesn't answer"):
        visitor.hidden_fields("/transfer")
