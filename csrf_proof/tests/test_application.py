"""What is made of an application's own requests; the browsers are the tests' in `e2e`."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler
from typing import Any, cast
from unittest.mock import Mock

import pytest

from csrf_proof.address import WrongUse, address
from csrf_proof.application import preflight, recording
from csrf_proof.application.action import Action
from csrf_proof.application.another import bring, plantable
from csrf_proof.application.choice import (
    Control,
    NotApplicable,
    aim,
    arsenal,
    body,
    general,
    headers,
    why_not,
)
from csrf_proof.application.honest import Honest
from csrf_proof.application.recording import (
    Asked,
    Recorded,
    Spoken,
    Traffic,
    other_fields,
    recorded,
)
from csrf_proof.application.sessions import take_cookies
from csrf_proof.application.verdict import (
    APPLICATION,
    BOTH,
    BROWSER,
    Try,
    Verdict,
    cookies,
    stopped,
    told,
    weakness,
)
from csrf_proof.arsenal import FORM_TYPE, Click
from csrf_proof.attacker import alone, host
from csrf_proof.positions import CROSS_SITE, LOOKALIKE, SUBDOMAIN
from csrf_proof.reasons import COOKIE_STRICT
from csrf_proof.serving import serve
from csrf_proof.trial import BLOCKED, FORGED
from csrf_proof.watching import Evidence

ORIGIN = "http://app.localhost:5055"


@dataclass
class Request:
    """As much of Playwright's request as is looked at."""

    method: str
    url: str
    text: str = ""
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": FORM_TYPE})

    opens_a_page: bool = False
    redirected_from: str | None = None

    @property
    def post_data_buffer(self) -> bytes:
        return self.text.encode()

    def is_navigation_request(self) -> bool:
        return self.opens_a_page


def asked(method: str, path: str, body: str = "", origin: str = ORIGIN) -> Asked:
    return Asked(cast("Any", Request(method, origin + path, body)), f"{ORIGIN}/form?step=2")


def action(like: str | None = None) -> Action:
    return Action(lambda page: None, lambda page, value: None, lambda: None, like=like)


@pytest.mark.parametrize("state", ["alice@example.org", 7, "-3", "blue", "", None, [1, 2]])
def test_another_value_is_another_one_of_the_same_kind(state: object) -> None:
    value = action().another(state, "forged")
    assert value != str(state)
    if "@" in str(state):
        assert value.startswith("forged-")
        assert value.endswith("@example.org")
    assert value.isdecimal() == str(state).lstrip("-").isdecimal()


def test_another_value_is_like_the_example_where_there_is_one() -> None:
    text = "Paid: " + ", ".join(str(n) for n in range(1, 91) if n != 40)
    assert action("1").another(text, "forged") == "40"
    assert action("1").another(f"{text}, 40", "forged") == "91"
    assert action("a@b.example").another(text, "forged").endswith("@b.example")


# What a browser asked for, and which of it did the action.
VALUE = "honest-1a2b@example.org"
BODY = "email=honest-1a2b%40example.org&token=x"
CHOSEN: dict[str, tuple[list[Asked], str]] = {
    "the POST with the value": (
        [asked("GET", "/"), asked("POST", "/ping", "a=1"), asked("POST", "/email", BODY)],
        "POST /email",
    ),
    "and not the page that shows it afterwards": (
        [asked("POST", "/email", BODY), asked("GET", "/?saved=honest-1a2b%40example.org")],
        "POST /email",
    ),
    "a POST with the value in its address": (
        [asked("POST", f"/email?{BODY}"), asked("POST", "/seen", "a=1")],
        "POST /email",
    ),
    "a GET with the value": ([asked("GET", f"/email?{BODY}")], "GET /email"),
    "else the last POST": (
        [asked("POST", "/first", "a=1"), asked("POST", "/last", "b=2"), asked("GET", "/")],
        "POST /last",
    ),
    "nothing that went elsewhere": ([asked("POST", "/email", BODY, "http://other")], ""),
    "nothing that only reads": ([asked("GET", "/")], ""),
}


@pytest.mark.parametrize("case", CHOSEN)
def test_which_request_did_it(case: str) -> None:
    found, expected = CHOSEN[case]
    request = recorded(Traffic(found), ORIGIN, VALUE)
    assert (f"{request.method} {request.path}" if request else "") == expected


def test_a_link_may_act_where_nothing_is_saved() -> None:
    found = [asked("GET", path) for path in ("/account", "/logout", "/bye", "/logo.png")]
    for each in found[:3]:
        cast("Any", each.request).opens_a_page = True
    cast("Any", found[2].request).redirected_from = "/logout"
    request = recorded(Traffic(found), ORIGIN, VALUE, by_opening=True)
    assert request is not None
    assert (request.method, request.path) == ("GET", "/logout")


# Set-Cookie headers, and the cookies of a browser then.
SESSION = {"session": "1", "other": "2"}
TAKEN = {
    "session=; Path=/; Max-Age=0": {"other": "2"},
    "session=; Path=/; Max-Age=-1": {"other": "2"},
    "session=; Expires=Thu, 01 Jan 1970 00:00:00 GMT": {"other": "2"},
    "session=; Expires=Thu, 01-Jan-1970 00:00:00 GMT": {"other": "2"},
    "session=3; Expires=Fri, 01 Jan 2100 00:00:00 GMT": {"other": "2", "session": "3"},
    "session=3; HttpOnly": {"other": "2", "session": "3"},
    "third=3; Max-Age=60; Expires=never": SESSION | {"third": "3"},
    "third=3; Expires=never": SESSION | {"third": "3"},
    "a cookie that is none": SESSION,
}


@pytest.mark.parametrize("header", TAKEN)
def test_an_answer_changes_the_cookies_of_a_browser(header: str) -> None:
    jar = dict(SESSION)
    context = Mock(
        clear_cookies=lambda name: jar.pop(name, None),
        add_cookies=lambda cookies: jar.update({c["name"]: c["value"] for c in cookies}),
    )
    take_cookies(context, ORIGIN, [header])
    assert jar == TAKEN[header]


def test_the_state_of_a_session_is_read_in_a_page() -> None:
    with pytest.raises(TypeError, match="state takes a page"):
        Action(Mock(), Mock(), lambda: None, of_session=True)


FEED = "ws://app.localhost:5055/feed?of=alice"
HELLO, NOTE = "hello", '{"note": "honest-1a2b@example.org", "to": "all"}'
SAID: dict[str, tuple[list[Spoken], list[str] | None, dict[str, str]]] = {
    "all until the value": (
        [Spoken(FEED, f"{ORIGIN}/notes", [HELLO, NOTE, "bye"])],
        [HELLO, '{"note": "forged", "to": "all"}'],
        {"note": VALUE, "to": "all"},
    ),
    "what isn't JSON": (
        [Spoken(FEED, f"{ORIGIN}/notes", [f'42["save","{VALUE}"]'])],
        ['42["save","forged"]'],
        {},
    ),
    "nothing after what isn't text": (
        [Spoken(FEED, f"{ORIGIN}/notes", [b"\x00", NOTE])],
        None,
        {},
    ),
    "nothing that went elsewhere": ([Spoken("ws://other/feed", f"{ORIGIN}/", [NOTE])], None, {}),
}


@pytest.mark.parametrize("case", SAID)
def test_what_was_said_through_a_websocket(case: str) -> None:
    spoken, messages, fields = SAID[case]
    request = recorded(Traffic([asked("GET", "/notes")], spoken), ORIGIN, VALUE)
    assert (request is not None) == (messages is not None)
    if request is None:
        return
    assert (request.target, request.page) == ("/feed?of=alice", "/notes")
    assert request.fields == fields
    control = Control(request, VALUE, frozenset(), saves=True)
    attacks = arsenal().attacks
    assert "by a WebSocket" in str(why_not(attacks["form-post"], control))
    assert why_not(attacks["websocket-hijack"], control) is None
    shot = aim(attacks["websocket-hijack"], control, ORIGIN, "forged")
    assert shot.messages == messages
    assert f'new WebSocket("{FEED}")' in arsenal().render(shot)


def test_a_recorded_request_has_its_fields_and_its_page() -> None:
    request = recorded(Traffic([asked("POST", "/email?tab=1", BODY)]), ORIGIN, VALUE)
    assert request is not None
    assert request.fields == {"email": VALUE, "token": "x"}
    assert request.saying(VALUE, "new") == {"email": "new", "token": "x"}
    assert (request.target, request.page) == ("/email?tab=1", "/form?step=2")


MULTIPART_TYPE = "multipart/form-data; boundary=xyz"
MULTIPART = (
    '--xyz\r\nContent-Disposition: form-data; name="to"\r\n\r\nmallory\r\n'
    '--xyz\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n'
    "Content-Type: text/plain\r\n\r\nhello\r\n--xyz--\r\n"
)


@pytest.mark.parametrize(
    ("content_type", "body", "fields"),
    [
        (FORM_TYPE, "to=mallory&note=", {"to": "mallory", "note": ""}),
        (MULTIPART_TYPE, MULTIPART, {"to": "mallory"}),
        ("application/json", '{"to": "mallory", "n": 7}', {"to": "mallory", "n": 7}),
        ("application/json", "[1]", {}),
        ("application/json", "{", {}),
        ("text/plain", "a=1", {}),
        ("multipart/form-data", "no boundary", {}),
        ("", "", {}),
    ],
)
def test_the_fields_of_a_body(content_type: str, body: str, fields: dict[str, object]) -> None:
    sent = Request("POST", f"{ORIGIN}/", body, {"content-type": content_type})
    request = recorded(Traffic([Asked(cast("Any", sent), ORIGIN)]), ORIGIN, "x")
    assert request is not None
    assert request.fields == fields


@pytest.mark.parametrize("opens_a_page", [True, False])
def test_a_script_adds_headers_of_any_name_and_a_form_none(opens_a_page: bool) -> None:
    own = {"bank-script": "1", "x-token": "2", "authorization": "Bearer 3"}
    browsers = {"user-agent": "x", "accept": "*/*", "sec-fetch-site": "same-origin"}
    sent = Request("POST", f"{ORIGIN}/", BODY, {"content-type": FORM_TYPE, **own, **browsers})
    sent.opens_a_page = opens_a_page
    request = recorded(Traffic([Asked(cast("Any", sent), ORIGIN)]), ORIGIN, VALUE)
    assert request is not None
    assert request.headers == ({} if opens_a_page else own)
    assert request.by_script is not opens_a_page


def control(method: str = "POST", kind: str = FORM_TYPE, **fields: object) -> Control:
    request = Recorded(method, "/act", "", kind, fields)
    return Control(request, "1", frozenset(fields) & {"token"}, saves=False)


# What can't be aimed at what, and the beginning of why.
BY_FORM, AS_JSON = control(amount="1"), control(kind="application/json", amount=1)
IN_PARTS = control(kind="multipart/form-data", amount="1", token="x")
BODY_IN_PARTS = (
    b'--csrf-proof\r\nContent-Disposition: form-data; name="amount"\r\n\r\n9\r\n--csrf-proof--\r\n'
)
BY_DELETE = control("DELETE", amount="1")
CLICKED = replace(BY_FORM, click=Click("/form?of=alice", 300, 900))
SPOKEN = replace(BY_FORM, recorded=replace(BY_FORM.recorded, method="GET", messages=[HELLO, NOTE]))
NOT_AIMED = [
    ("clickjacking", BY_FORM, "The honest user clicks on nothing"),
    ("upload-post", BY_FORM, "The application's own page sends its fields in another way"),
    ("image-get", control("PUT"), "A page of another origin can send PUT only after"),
    ("form-post", control("PROPPATCH"), "A page of another origin can send PROPPATCH only after"),
    ("override-get", control("GET"), "The application's own page does it by GET"),
    ("form-post", control("GET"), "The application's own page does it by GET"),
    ("empty-token-post", BY_FORM, "The request has no token"),
    ("tossed-cookie-post", BY_FORM, "The request has no token"),
    ("text-plain-json", BY_FORM, "The application's own page doesn't send JSON"),
]


@pytest.mark.parametrize(("attack", "action", "why"), NOT_AIMED)
def test_an_attack_that_makes_no_sense_says_why(attack: str, action: Control, why: str) -> None:
    assert (why_not(arsenal().attacks[attack], action) or "").startswith(why)


@pytest.mark.parametrize(
    ("attack", "action", "target", "sent"),
    [
        ("form-post", control(amount="1", token="x"), "/act", b"amount=9"),
        ("empty-token-post", control(amount="1", token="x"), "/act", b"amount=9&token="),
        ("image-get", control("GET", amount="1"), "/act?amount=9", b""),
        ("ping-post", BY_FORM, "/act?amount=9", b"PING"),
        ("text-plain-json", AS_JSON, "/act", b'{"amount": 9}'),
        ("form-post", AS_JSON, "/act", b"amount=9"),
        ("form-post", BY_DELETE, "/act?_method=DELETE", b"amount=9&_method=DELETE"),
        ("override-get", BY_FORM, "/act?amount=9&_method=POST", b""),
        ("upload-post", IN_PARTS, "/act", BODY_IN_PARTS),
        ("cors-json", AS_JSON, "/act", b'{"amount": 9}'),
        (
            "cors-json",
            replace(AS_JSON, recorded=replace(AS_JSON.recorded, method="PUT")),
            "/act",
            b'{"amount": 9}',
        ),
    ],
)
def test_what_an_aimed_attack_sends(attack: str, action: Control, target: str, sent: bytes) -> None:
    chosen = arsenal().attacks[attack]
    assert why_not(chosen, action) is None
    shot = aim(chosen, action, ORIGIN, "9")
    assert shot.target == target
    assert body(shot) == sent


@pytest.mark.parametrize(
    ("position", "name", "site"),
    [
        (CROSS_SITE, "evil.localhost", "cross-site"),
        (SUBDOMAIN, "community.app.localhost", "same-site"),
        (LOOKALIKE, "app.localhost.evil.localhost", "cross-site"),
    ],
)
def test_where_an_attack_comes_from(position: str, name: str, site: str) -> None:
    shot = aim(arsenal().attacks["form-post"], BY_FORM, ORIGIN, "9")
    said = headers(shot, {}, position, f"http://{host(position, ORIGIN)}")
    assert (said["origin"], said["sec-fetch-site"]) == (f"http://{name}", site)


def test_a_page_for_another_application_needs_nothing_of_the_playground() -> None:
    for attack in general():
        shot = aim(attack, CLICKED, ORIGIN, "9")
        page = alone(arsenal().render(replace(shot, behind="http://evil.localhost:1/x/")))
        for word in ("/static/", "What did this page", "bank"):
            assert word not in page, attack.slug
        assert page.endswith("</main>\n</body>\n</html>\n"), attack.slug


def test_the_own_page_lies_over_the_bait_with_its_button_there() -> None:
    shot = aim(arsenal().attacks["clickjacking"], CLICKED, ORIGIN, "9")
    page = arsenal().render(shot)
    assert f'src="{ORIGIN}/form?of=alice&amp;amount=9"' in page
    assert "left: -258px; top: -878px; width: 1280px; height: 1000px;" in page


def test_every_general_attack_can_be_aimed_at_some_action() -> None:
    actions = (BY_FORM, AS_JSON, control("GET", amount="1"), IN_PARTS, CLICKED, SPOKEN)
    for attack in general():
        said = [why_not(attack, action) for action in actions]
        assert None in said, attack.slug


@pytest.mark.parametrize(("kind", "waits"), [("fetch", False), ("document", True)])
def test_what_a_script_asks_for_is_over_when_it_is_answered(
    kind: str, waits: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "PATIENCE", 0.5)
    request = Mock(resource_type=kind)
    traffic = Traffic()
    traffic.see(request)
    traffic.answer(Mock(request=request))
    began = time.monotonic()
    traffic.settle(Mock(wait_for_timeout=lambda said: time.sleep(said / 1000)))
    assert (time.monotonic() - began >= 0.5) == waits


@pytest.mark.parametrize(
    ("method", "kind", "text", "kept"),
    [
        ("PROPPATCH", "text/xml", "<title>v1</title>", "<title>v1</title>"),
        ("PUT", FORM_TYPE, "title=v1", ""),
        ("POST", "text/xml", "<title>v1</title>", "<title>v1</title>"),
        ("POST", "application/json", '["v1"]', '["v1"]'),
    ],
)
def test_a_body_without_fields_is_kept(method: str, kind: str, text: str, kept: str) -> None:
    seen = Request(method, f"{ORIGIN}/calendar", text, {"content-type": kind})
    request = recorded(Traffic([Asked(cast("Any", seen), f"{ORIGIN}/")]), ORIGIN, "v1")
    assert request is not None
    assert request.text == kept
    control = Control(request, "v1", frozenset(), saves=True)
    by_form, by_json = (
        why_not(arsenal().attacks[attack], control) for attack in ("form-post", "text-plain-json")
    )
    assert (by_form is None) == (method in {"POST", "PUT"})
    assert by_json is not None


def test_only_what_is_known_to_be_saved_is_put_back() -> None:
    """What a page says isn't what the form takes: sent back, it would be another payment."""
    window = Mock()
    honest = Honest(Action(Mock(), Mock(), Mock()), window)
    honest.restore(Mock(state=lambda: "Balance: 999"), "Balance: 1000")
    assert not window.called
    honest.saves = True
    with pytest.raises(TypeError, match="context manager"):
        honest.restore(Mock(state=lambda: "b@example.org"), "a@example.org")


def test_without_a_token_for_strangers_the_attacker_needs_an_account() -> None:
    app = Mock(action=Action(Mock(), Mock(), Mock()))
    honest = Mock(of_another=lambda *_: ({}, {}))
    attack, here = arsenal().attacks["foreign-token-post"], address("http://127.0.0.1:1/")
    with pytest.raises(NotApplicable, match="The attacker has no account"):
        bring(attack, here, app, control(amount="1", token="x"), honest)


ALLOWED = {
    "Access-Control-Allow-Origin": "http://evil.localhost:1",
    "Access-Control-Allow-Credentials": "true",
    "Access-Control-Allow-Methods": "GET, PUT",
    "Access-Control-Allow-Headers": "Content-Type, X-Own",
}


@pytest.mark.parametrize(
    ("change", "yes"),
    [
        ({}, True),
        ({"status": 403}, False),
        ({"Access-Control-Allow-Origin": "*"}, False),
        ({"Access-Control-Allow-Origin": "http://evil.localhost:2"}, False),
        ({"Access-Control-Allow-Credentials": "false"}, False),
        ({"Access-Control-Allow-Methods": "*"}, False),
        ({"Access-Control-Allow-Methods": "put"}, False),
        ({"Access-Control-Allow-Headers": "Content-Type"}, False),
    ],
)
def test_a_yes_to_a_request_with_cookies_names_everything(
    change: dict[str, Any], yes: bool
) -> None:
    answer = ALLOWED | change

    class Answers(BaseHTTPRequestHandler):
        def do_OPTIONS(self) -> None:
            self.send_response(answer.get("status", 204))
            for name, said in answer.items():
                if name != "status":
                    self.send_header(name, said)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    attack = replace(arsenal().attacks["cors-json"], method="PUT", headers={"X-Own": "1"})
    with serve(Answers) as port:
        shot = replace(aim(attack, AS_JSON, ORIGIN, "9"), attack=attack)
        target = address(f"http://127.0.0.1:{port}/act")
        assert preflight.ask(target, shot, "http://evil.localhost:1")[1] == yes


class SignedIn(BaseHTTPRequestHandler):
    """Shows a page to visitors who send the cookie `who`; `/open` to everyone."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/open" or "who=" in self.said else 302)
        self.end_headers()

    @property
    def said(self) -> str:
        return self.headers.get("Cookie", "")

    def log_message(self, *args: object) -> None:
        pass


@pytest.mark.parametrize("path", ["/", "/open"])
def test_the_cookie_that_signs_in_is_not_planted(path: str) -> None:
    """By trial or, where anybody sees the page, by name."""
    session = "who" if path == "/" else "app_session"
    with serve(SignedIn) as port:
        page = address(f"http://127.0.0.1:{port}{path}")
        assert plantable(page, {session: "1", "token": "2"}) == {"token": "2"}


def test_what_another_session_does_not_have_is_secret() -> None:
    mine = {"email": "v1", "token": "a", "list": "news", "once": "x", "time": "17", "hi": "Hi v1"}
    yours = {"email": "v2", "token": "b", "list": "news", "time": "23", "hi": "Hi v2"}
    first, second = Recorded("POST", "/", fields=mine), Recorded("POST", "/", fields=yours)
    new, secret, _ = other_fields(first, "v1", second, "v2")
    assert new == {"token", "once", "time"}
    assert secret == {"token", "once"}


@pytest.mark.parametrize(
    ("mine", "yours", "guessed"),
    [
        ("17", "18", True),
        ("1764418027", "1764418031.5", True),
        ("2026-11-29.12:27:46", "2026-11-29.12:27:49", True),
        ("12:59:59", "13:00:01", True),
        ("2026-11-29T12:27:46.123Z", "2026-11-29T12:27:49.001Z", True),
        # Random numbers, also with separators, and a mixture.
        ("8246190573312", "9934120485601", False),
        ("1764418027-8231", "1764418031-5512", False),
        ("2026-11-29 a8f3", "2026-11-29 77be", False),
        ("18", "17", False),
    ],
)
def test_times_and_counters_can_be_guessed(mine: str, yours: str, guessed: bool) -> None:
    first, second = (Recorded("POST", "/", fields={"x": said}) for said in (mine, yours))
    assert other_fields(first, "v1", second, "v2")[2] == ({"x"} if guessed else set())


def test_a_value_is_replaced_wherever_it_stands() -> None:
    fields = {"user": {"email": "v1", "tags": ["a", "v1"]}, "n": 7, "seven": "7", "id": "17"}
    request = Recorded("POST", "/", fields=fields)
    assert request.saying("v1", "v2")["user"] == {"email": "v2", "tags": ["a", "v2"]}
    assert request.saying("7", "9") == {**fields, "n": 9, "seven": "9"}


def test_an_application_gets_a_name_with_subdomains() -> None:
    assert address("http://127.0.0.1:5055/email?a=1").named.origin == ORIGIN
    assert address("http://localhost/").named.origin == "http://app.localhost"
    assert address("http://shop.localhost:81/").named.origin == "http://shop.localhost:81"


@pytest.mark.parametrize(
    "text", ["http://example.org/", "ftp://localhost/", "localhost:5055", "http://[", ""]
)
def test_other_addresses_are_refused(text: str) -> None:
    with pytest.raises(WrongUse, match=r"isn't (an address|this machine)"):
        address(text)


def test_a_young_cookie_is_told_of_where_its_age_matters() -> None:
    seen = replace(SENT, cookies_sent=("session",))
    there = [("chromium", CROSS_SITE, True), ("chromium", SUBDOMAIN, False)]
    for profile, position, young in [*there, ("firefox", CROSS_SITE, False)]:
        one = Try("form-post", position, profile)
        said = cookies(Verdict(one, FORGED, None, None, seen, "a", "b", {"session": ""}))
        assert ("for two minutes" in said) == young, (profile, position)


def test_what_a_browser_does_not_tell_is_not_claimed() -> None:
    verdict = Verdict(ONE, BLOCKED, None, APPLICATION, Evidence(), "a", "a")
    assert stopped(verdict).endswith("This browser doesn't show whether it sent them.")


ONE = Try("form-post", SUBDOMAIN, "firefox")
SENT = Evidence("POST", f"{ORIGIN}/email", {"origin": "http://evil.localhost:1"}, status=302)


def test_a_forgery_is_told_in_full() -> None:
    evidence = Evidence("POST", f"{ORIGIN}/email", {"origin": "http://x"}, ("session",), status=302)
    verdict = Verdict(ONE, FORGED, None, None, evidence, "a", "b", {"session": ""})
    assert told(verdict, "e-mail").splitlines() == [
        "FORGED  form-post-subdomain-firefox   CWE-352",
        "  A subdomain of your application made the user's browser do this: e-mail.",
        "  Sent      POST /email   Origin: http://x",
        "  Cookie    session was sent (it has no SameSite)",
        "  Your app  answered 302",
        "  State     a → b",
        "  Violates  OWASP ASVS 5.0, 3.5.1",
    ]


@pytest.mark.parametrize(
    ("attack", "method", "said"),
    [
        ("form-post", "POST", ("CWE-352", "3.5.1")),
        ("link-get", "GET", ("CWE-352", "3.5.3")),
        ("clickjacking", "POST", ("CWE-1021", "3.4.6")),
        ("cors-json", "PUT", ("CWE-942", "3.4.2")),
    ],
)
def test_what_is_wrong_has_a_name(attack: str, method: str, said: tuple[str, str]) -> None:
    found = weakness(attack, method)
    assert (found.cwe, found.asvs) == said


@pytest.mark.parametrize(
    ("stopped_by", "said"),
    [
        (APPLICATION, "by your application."),
        (BROWSER, "by the browser alone; your application would have done it."),
        (BOTH, "by the browser, and your application would have refused it too."),
    ],
)
def test_who_stopped_it_is_told(stopped_by: str, said: str) -> None:
    reason = None if stopped_by == APPLICATION else COOKIE_STRICT.code
    told_all = replace(SENT, headers={**SENT.headers, "host": "app.localhost:5055"})
    verdict = Verdict(ONE, BLOCKED, reason, stopped_by, told_all, "a", "a", {})
    lines = told(verdict, "change e-mail")
    assert f"  Stopped   {said}" in lines
    assert (COOKIE_STRICT.sentence in lines) == (reason is not None)
    assert "CWE" not in lines
