"""What the command is told, and what it says; its browsers are the tests' in `e2e`."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import fastjsonschema
import pytest

import csrf_proof
from csrf_proof.address import Address, WrongUse
from csrf_proof.application.choice import NO_ACCOUNT
from csrf_proof.application.forms import Field, Form, choose
from csrf_proof.application.known import Accepted, Known, Source
from csrf_proof.application.report import Done, advice, as_html, as_json, summary, write
from csrf_proof.application.report_as_sarif import as_sarif
from csrf_proof.application.report_for_ci import as_junit, as_markdown
from csrf_proof.application.submissions import Submission, described
from csrf_proof.application.tries import (
    NOT_APPLICABLE,
    NOT_JUDGED,
    Tried,
    all_tries,
    decisive,
    of_page,
)
from csrf_proof.application.verdict import APPLICATION, BROWSER, Try, Verdict
from csrf_proof.command import main, options
from csrf_proof.command.record import as_toml
from csrf_proof.command.status import Status
from csrf_proof.positions import CROSS_SITE, SUBDOMAIN
from csrf_proof.profile_names import PROFILES
from csrf_proof.trial import BLOCKED, FORGED
from csrf_proof.watching import Evidence

URL = "http://127.0.0.1:5055/email"


def test_what_reads_the_arguments_needs_no_browser() -> None:
    code = "import sys, csrf_proof.command; print('playwright' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_the_attacks_that_tell_most_are_some_of_all() -> None:
    assert set(decisive("chromium")) < set(all_tries(PROFILES))


# What is told to the command, and what it says in return.
REFUSED = {
    "another machine": (["http://bank.example/"], "bank.example isn't this machine"),
    "another scheme": (["ftp://127.0.0.1/"], "isn't an address such as"),
    "nothing there": (["http://127.0.0.1:1/"], "doesn't answer"),
    "two fields that change": ([URL, "--field", "a", "--field", "b"], "not a and b"),
    "a method without more": ([URL, "--method", "POST"], "It needs --field NAME and --state PATH"),
    "nobody to sign out": ([URL, "--signs-out"], "they have to sign in again"),
    "a field to sign out": (
        [URL, "--signs-out", "--sign-in", "/", "--field", "why"],
        "Signing in or out doesn't change a field: give why a value.",
    ),
    "nobody to sign in": ([URL, "--signs-in", "--as", "alice"], "so it needs two users: --as NAME"),
    "a sign-in before a sign-in": (
        [URL, "--signs-in", "--as", "alice", "--attacker", "mallory", "--sign-in", "/"],
        "Before a sign-in, nobody is signed in: leave that out.",
    ),
    "no such storage": ([URL, "--storage-state", "none.json"], "none.json can't be read"),
    "no storage": ([URL, "--storage-state", "odd.json"], "odd.json isn't what Playwright's"),
    "no such file": (["run", "none.toml"], "There is no none.toml."),
    "no such recipe": (["run", "none.py", "--url", URL], "There is no none.py."),
    "a recipe without an address": (["run", "none.py"], "Where is the application?"),
    "no such attack": ([URL, "--only", "sing-out"], "No attack has 'sing-out' in its name."),
    "no such exploit": ([URL, "--exploit", "none.html"], "There is no none.html."),
    "an exploit that is a folder": ([URL, "--exploit", "."], ". can't be read: Is a directory."),
    "an exploit and other attacks": (
        [URL, "--exploit", "odd.json", "--only", "form-post"],
        "--exploit tries only that page: leave out --only and --full.",
    ),
    "an exploit and all attacks, of a file": (
        ["run", "odd.toml", "--exploit", "odd.json", "--full"],
        "--exploit tries only that page: leave out --only and --full.",
    ),
    "another machine to watch you on": (["record", "http://bank.example/"], "isn't this machine"),
    "a file that is there": (["record", URL, "--file", "odd.json"], "odd.json already exists"),
    "no file to try again": (["replay", "form-post"], "There is no csrf-proof.toml."),
}


@pytest.mark.parametrize("case", REFUSED)
def test_wrong_use_is_a_sentence(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, sentence = REFUSED[case]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "odd.json").write_text('{"cookies": [{}, 7]}')
    (tmp_path / "odd.toml").write_text(f'url = "{URL}"\n')
    assert main(arguments) == Status.WRONG_USE
    said = capsys.readouterr()
    assert sentence in said.err
    assert said.out == ""


def test_another_machine_is_attacked_only_if_its_owner_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And then it's told before what will be sent there. Here nothing answers."""
    monkeypatch.setattr(Address, "_hosts", ("127.0.0.1",))
    file = tmp_path / "csrf-proof.toml"
    text = 'url = "http://bank.example:1/email"\nsign-in = "/login"\nas = "alice"\n'
    file.write_text(text)
    assert main(["run", str(file)]) == Status.WRONG_USE
    assert "bank.example isn't this machine: attacks are tried on" in capsys.readouterr().err
    file.write_text(f'i_own = ["bank.example"]\n{text}')
    assert main(["run", str(file)]) == Status.WRONG_USE
    said = capsys.readouterr()
    assert "sign in there as alice, fill in the form at /email, again and again" in said.out
    assert "http://bank.example:1/email doesn't answer" in said.err


def sent(method: str = "POST", password: str | None = None, **filled: str) -> Submission:
    texts = [name for name in filled if name != "color"]
    return Submission(f"{URL}?tab=2#form", method, filled, texts, password)


SIGNED_IN = sent(password="password", user="alice", password_="")
SIGNED_OUT = sent()


def test_the_last_form_that_says_something_is_the_action() -> None:
    searched = sent("GET", q="shoes")
    odd = 'a "b"\\\n\x7f✓'
    known = described([searched, SIGNED_IN, sent(email="a@b", color=odd), searched, SIGNED_OUT])
    expected = Known(
        f"{URL}?tab=2",
        changes="email",
        fields={"color": odd},
        sign_in="/email?tab=2",
        as_="alice",
    )
    assert known == expected


def test_what_was_done_is_written_so_that_it_can_be_read(tmp_path: Path) -> None:
    file = tmp_path / "csrf-proof.toml"
    odd = 'a "b"\\\n\x7f✓'
    known = described([SIGNED_IN, sent(email="a@b", color=odd)])
    file.write_text(as_toml(known), encoding="utf-8")
    assert options.of_file(file) == known


@pytest.mark.parametrize(
    ("noted", "sentence"),
    [
        ([], "No form was sent."),
        ([SIGNED_IN], "If that was to sign in, do afterwards what is to be attacked"),
        ([SIGNED_IN, SIGNED_OUT], "had no text that was changed"),
    ],
)
def test_too_little_was_done(noted: list[Submission], sentence: str) -> None:
    with pytest.raises(WrongUse, match=re.escape(sentence)):
        described(noted)


# A file's mistakes, and what is said of each.
MISTAKES = {
    'url = "http://127.0.0.1/"\nsing-in = "/"': "line 2: sing-in isn't a key. Did you mean si",
    'url = "http://127.0.0.1/"\nx = 1': "line 2: x isn't a key. There are url, changes,",
    'url = "http://127.0.0.1/"\nas = 1': "line 2: as takes a text.",
    'url = "http://127.0.0.1/"\n\n[fields]\na = 1': "line 3: fields takes a table of texts.",
    'url = "http://127.0.0.1/"\n[[known]]\nattack = "form-post"': "line 2: known takes tables of",
    'url = "http://127.0.0.1/"\nknown = [{attack = "form-post", reason = "", until = "soon"}]': (
        "line 2: known takes tables of attack, reason and until (a date)."
    ),
    'i_own = "bank.example"': "line 1: i_own takes a list of hosts.",
    'url = "http://127.0.0.1/"\nsigns-out = "yes"': "line 2: signs-out takes true or false.",
    "url = x\n": "at line 1",
    'as = "alice"': "needs a line such as url =",
    'url = "http://127.0.0.1/"\nmethod = "PUT"': "line 2: method is GET or POST.",
    'url = "http://127.0.0.1/"\nmethod = "POST"': "It needs changes and state as well.",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_in_a_file_is_told_with_its_line(text: str, tmp_path: Path) -> None:
    file = tmp_path / "csrf-proof.toml"
    file.write_text(text)
    with pytest.raises(WrongUse) as told:
        options.of_file(file)
    assert MISTAKES[text] in str(told.value)
    assert str(file) in str(told.value) or "method" in text


def test_flags_and_a_file_say_the_same(tmp_path: Path) -> None:
    file = tmp_path / "csrf-proof.toml"
    file.write_text(
        f'url = "{URL}"\nchanges = "email"\nsign-in = "/login"\nas = "alice"\n'
        'storage-state = "s.json"\nstate = "/me"\nmethod = "POST"\n[fields]\nto = "b=c"'
    )
    flags = (
        *(URL, "--field", "email", "--field", "to=b=c", "--sign-in", "/login", "--as", "alice"),
        *("--storage-state", "s.json", "--state", "/me", "--method", "POST"),
    )
    assert options.of_file(file) == options.of_flags(options.for_address().parse_args(flags))
    assert options.of_file(file, "http://app.localhost/").url == "http://app.localhost/"


@pytest.mark.parametrize(("flag", "name"), [("", "csrf-proof.toml"), ("--pytest", "test_csrf.py")])
def test_init_writes_a_file_once(
    flag: str,
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = ["init", *flag.split()]
    assert main(arguments) == Status.BLOCKED
    text = (tmp_path / name).read_text()
    if name.endswith(".py"):
        compile(text, name, "exec")
    else:
        assert options.of_file(tmp_path / name).sign_in == "/login"
    assert main(arguments) == Status.WRONG_USE
    assert capsys.readouterr().err == f"{name} already exists.\n"
    assert (tmp_path / name).read_text() == text


def field(name: str, kind: str = "text", value: str = "", **more: bool) -> Field:
    return Field(name, kind, value, **({"required": False, "open": True} | more))


def form(index: int, *fields: Field, method: str = "POST") -> Form:
    return Form(index, method, "/", fields)


SEARCH = form(0, field("q", "search"), method="GET")
SIGN_OUT = form(1, field("token", "hidden"))
EMAIL = form(2, field("token", "hidden"), field("name", open=False), field("email", "email"))
PAY = form(3, field("to"), field("amount", "number"))
ACCOUNT = form(5, field("login", value="alice"), field("first"))
PASSWORD = field("pw", "password")
AGAIN = field("pw", "password", required=True)
DETAILS = form(6, field("name"), field("email", "email"), PASSWORD)
SCRIPT = form(4, field("nickname"), method="GET")


@pytest.mark.parametrize(
    ("forms", "fields", "changes", "chosen"),
    [
        ([SEARCH, SIGN_OUT, EMAIL, PAY], {}, None, (2, "email")),
        ([SEARCH, SIGN_OUT, EMAIL, PAY], {"to": "bob"}, None, (3, "amount")),
        ([SEARCH, SIGN_OUT, EMAIL, PAY], {}, "amount", (3, "amount")),
        ([SEARCH, SIGN_OUT], {}, None, (0, "q")),
        ([SIGN_OUT, SCRIPT], {}, None, (4, "nickname")),
        ([SIGN_OUT], {}, "token", (1, "token")),
        ([DETAILS], {}, None, (6, "name")),
        # Who gets another name can't sign in again.
        ([ACCOUNT], {}, None, (5, "first")),
        ([ACCOUNT], {}, "login", (5, "login")),
    ],
)
def test_which_form_acts_and_which_field_changes(
    forms: list[Form], fields: dict[str, str], changes: str | None, chosen: tuple[int, str]
) -> None:
    found, value = choose(forms, "/", fields, changes, "alice")
    assert (found.index, value.name) == chosen


@pytest.mark.parametrize(
    ("forms", "fields", "sentence"),
    [
        ([], {}, "There is no form at /email. If a script sends something there"),
        ([SEARCH], {"x": "1", "y": "2"}, "No form at /email has the fields x, y. There are: q."),
        ([SIGN_OUT], {}, "no field for text that could be changed"),
        ([form(0, field("name"), PASSWORD)], {}, "asks for a password"),
        ([form(0, field("to"), field("sum"), AGAIN)], {}, "asks for a password"),
    ],
)
def test_a_form_that_will_not_do_is_told(
    forms: list[Form], fields: dict[str, str], sentence: str
) -> None:
    with pytest.raises(WrongUse) as told:
        choose(forms, "/email", fields, None)
    assert sentence in str(told.value)


def came(outcome: str, position: str = CROSS_SITE, stopped_by: str | None = None) -> Tried:
    one = Try("form-post", position, "chromium")
    if outcome in {NOT_APPLICABLE, NOT_JUDGED}:
        return Tried(one, outcome, note="Because.")
    seen = Evidence("POST", f"{URL}?tab=1", {}, ("session",), ("lax",), 302)
    verdict = Verdict(one, outcome, None, stopped_by, seen, "a", 2)
    return Tried(one, outcome, verdict)


BY_BROWSER = came(BLOCKED, stopped_by=BROWSER)
BY_APPLICATION = came(BLOCKED, stopped_by=APPLICATION)
ALONE = "Not tried without an account for the attacker (--attacker NAME)"
BEHIND = " Only the browser protects your users from other sites"


@pytest.mark.parametrize(
    ("results", "sentence"),
    [
        ([came(FORGED), BY_BROWSER], "1 of 2 attacks succeeded."),
        ([BY_APPLICATION], "The attack was blocked."),
        ([BY_APPLICATION, came(NOT_APPLICABLE)], "The attack was blocked."),
        ([BY_APPLICATION] * 2, "All 2 attacks were blocked."),
        ([BY_APPLICATION, BY_BROWSER], f"All 2 attacks were blocked.{BEHIND}."),
        (
            [BY_BROWSER, came(FORGED, SUBDOMAIN)],
            f"1 of 2 attacks succeeded.{BEHIND}; attacks from a subdomain work.",
        ),
        ([BY_APPLICATION, came(NOT_JUDGED)], "The attack was blocked. 1 could not be judged."),
        ([came(NOT_APPLICABLE)], "None of the attacks apply to this request."),
        ([came(NOT_APPLICABLE), came(NOT_JUDGED)], "None of the attacks could be judged."),
        (
            [BY_APPLICATION, replace(came(NOT_APPLICABLE), note=NO_ACCOUNT)],
            f"The attack was blocked. {ALONE}: 1.",
        ),
        ([came(FORGED)], "The attack succeeded."),
        ([], "None of the attacks could be judged."),
    ],
)
def test_an_action_in_a_sentence(results: list[Tried], sentence: str) -> None:
    assert summary(Done("email", results=results)) == sentence


def test_what_stops_those_that_got_through() -> None:
    by_get = Tried(Try("image-get", CROSS_SITE, "chromium"), FORGED)
    token, post_only = advice(Done("email", results=[came(FORGED), by_get, BY_BROWSER]))
    assert str(token).startswith("To stop those by POST, put a secret into the form")
    assert str(post_only) == "To stop those by GET, act only on POST."
    assert advice(Done("email", results=[BY_APPLICATION])) == []


@pytest.mark.parametrize(
    ("attack", "said"),
    [
        ("clickjacking", "To stop clicks in a frame"),
        ("cors-json", "To stop scripts on other origins"),
        ("override-get", "To stop a GET that says _method"),
    ],
)
def test_what_no_token_stops_is_stopped_otherwise(attack: str, said: str) -> None:
    came_of_it = Tried(Try(attack, CROSS_SITE, "chromium"), FORGED)
    (only,) = advice(Done("email", results=[came_of_it]))
    assert str(only).startswith(said)


def test_a_token_of_anyones_is_another_mistake_than_none() -> None:
    foreign = Tried(Try("foreign-token-post", CROSS_SITE, "chromium"), FORGED)
    (only,) = advice(Done("email", results=[foreign]))
    assert "only in the session that it was issued to" in str(only)


FLASKS, STARLETTES = (
    f"session={base64.b64encode(said).decode().rstrip('=')}.awxVvQ.HIr86crx6ci2I3gZ3t4ztWTsJto"
    for said in (b'{"user":"alice"}', b'{"user": "alice"}')
)


@pytest.mark.parametrize(
    ("cookie", "line"),
    [
        (FLASKS, "CSRFProtect(app)"),
        ("a=1; sessionid=x", "{% csrf_token %}"),
        (STARLETTES, None),
        ("a=1", None),
    ],
)
def test_the_lines_are_those_of_the_framework(cookie: str, line: str | None) -> None:
    forged = came(FORGED)
    assert forged.verdict
    seen = replace(forged.verdict.evidence, headers={"cookie": cookie})
    sent = replace(forged, verdict=replace(forged.verdict, evidence=seen))
    (token,) = advice(Done("email", results=[sent]))
    assert line in str(token) if line else not token.code
    page = as_html("http://127.0.0.1:5055", [Done("email", results=[sent])])
    assert page.count("<pre") == len(token.code) + 1, "and the attacker's page"


KNOWN = replace(came(FORGED), accepted=Accepted("form-post", "It ends.", date(2027, 1, 31)))


def test_a_report_fits_the_published_schema() -> None:
    file = Path(csrf_proof.__file__).parent / "report.schema.json"
    check = fastjsonschema.compile(json.loads(file.read_text()))
    results = [came(FORGED), BY_BROWSER, came(NOT_APPLICABLE), came(NOT_JUDGED), KNOWN]
    text = as_json("http://127.0.0.1:5055", [Done("email", results=results)])
    report = check(json.loads(text))
    (action,) = report["actions"]
    assert action["results"][0]["evidence"] == {
        "request": "POST /email?tab=1",
        "cookies_sent": ["session"],
        "cookies_withheld": ["lax"],
        "status": 302,
        "state_before": "a",
        "state_after": 2,
    }
    assert [each.get("note") for each in action["results"]] == [
        *(None, None),
        *("Because.", "Because."),
        None,
    ]
    with pytest.raises(fastjsonschema.JsonSchemaException):
        check(json.loads(text.replace('"forged"', '"safe"')))


def test_what_is_known_is_in_every_report_and_fails_no_build() -> None:
    done = Done("email", results=[KNOWN])
    assert summary(done).endswith(" You accept 1 of them for now.")
    junit = as_junit("http://127.0.0.1:5055", [done])
    assert 'failures="0" errors="0" skipped="1"' in junit
    said = "accepted until 2027-01-31: It ends."
    for text in (
        junit,
        as_markdown("http://127.0.0.1:5055", [done]),
        as_html("http://127.0.0.1:5055", [done]),
    ):
        assert said in text
    (action,) = json.loads(as_json("http://127.0.0.1:5055", [done]))["actions"]
    assert action["results"][0]["accepted"] == {"reason": "It ends.", "until": "2027-01-31"}


def test_the_page_of_a_report_says_it_all_and_runs_nothing() -> None:
    results = [came(FORGED), BY_BROWSER, came(NOT_APPLICABLE)]
    done = Done("<script>alert(1)</script>", results=results)
    page = as_html("http://127.0.0.1:5055", [done])
    assert "<script" not in page
    for said in (
        "✗ forged</b> A hidden form,",
        "✓ blocked</b> A hidden form,",
        "session was sent; lax was not sent",
        "answered 302",
        "a → 2",
        "Stopped by the browser alone; your application would have done it.",
        "form-post-cross-site-chromium</code>: Because.",
    ):
        assert said in page


def test_build_servers_get_failures_errors_and_skips() -> None:
    results = [came(FORGED), BY_BROWSER, came(NOT_APPLICABLE), came(NOT_JUDGED)]
    text = as_junit("http://127.0.0.1:5055", [Done("a <b>\x00", results=results)])
    (suite,) = ElementTree.fromstring(text)
    counts = {"tests": "4", "failures": "1", "errors": "1", "skipped": "1"}
    assert suite.attrib == {"name": "a <b>\ufffd", **counts}
    assert [[kind.tag for kind in case] for case in suite] == [
        ["failure"],
        [],
        ["skipped"],
        ["error"],
    ]
    (failure,) = suite[0]
    assert failure.get("message") == "a → 2"
    assert "Cookie    session was sent" in (failure.text or "")


def test_code_scanning_gets_what_was_forged_with_a_place_for_each() -> None:
    """Services that show it reject results without a place, and tell them apart by fingerprint."""
    results = [came(FORGED), KNOWN, BY_BROWSER, came(NOT_APPLICABLE), came(NOT_JUDGED)]
    described = Done("email", Source("csrf-proof.toml", 2), results=results)
    found = Done("by address", results=[came(FORGED)])
    (run,) = json.loads(as_sarif("http://127.0.0.1:5055", [described, found]))["runs"]
    places = [each["locations"][0]["physicalLocation"] for each in run["results"]]
    there = {"artifactLocation": {"uri": "csrf-proof.toml"}, "region": {"startLine": 2}}
    assert places == [there, there, {"artifactLocation": {"uri": "email"}}]
    first, known, other = run["results"]
    assert first["message"]["text"].startswith("FORGED  form-post-cross-site-chromium")
    assert "suppressions" not in first
    assert known["suppressions"][0]["justification"] == "accepted until 2027-01-31: It ends."
    assert first["partialFingerprints"] != other["partialFingerprints"]
    (rule,) = run["tool"]["driver"]["rules"]
    assert rule["id"] == first["ruleId"]
    assert {"security", "external/cwe/cwe-352"} < set(rule["properties"]["tags"])
    (invocation,) = run["invocations"]
    assert not invocation["executionSuccessful"]
    assert "Because." in invocation["toolExecutionNotifications"][0]["message"]["text"]


@pytest.mark.parametrize(
    ("method", "asvs", "said"),
    [
        ("POST", "3.5.1", "by the browser or by your application."),
        ("GET", "3.5.3", "by the browser or by your application."),
        ("", "3.5.1", "The page sent other requests than an honest user: is it for this action?"),
    ],
)
def test_of_a_written_page_only_what_was_seen_is_told(method: str, asvs: str, said: str) -> None:
    (one,) = of_page(["chromium"])
    seen = Evidence(method, URL if method else "")
    blocked = Verdict(one, BLOCKED, None, None, seen, "a", "a", page="<p>mine")
    results = [
        Tried(one, BLOCKED, blocked),
        Tried(one, FORGED, replace(blocked, outcome=FORGED, after="b")),
    ]
    done = Done("email", results=results)
    (advised,) = advice(done)
    assert str(advised).startswith("For advice, leave out --exploit")
    (run,) = json.loads(as_sarif("http://127.0.0.1:5055", [done]))["runs"]
    (rule,) = run["tool"]["driver"]["rules"]
    assert rule["shortDescription"]["text"] == "A page of your own"
    assert rule["help"]["text"].endswith(f"ASVS 5.0, {asvs}")
    for report in (as_html, as_markdown):
        assert said in report("http://127.0.0.1:5055", [done])
    schema = json.loads((Path(csrf_proof.__file__).parent / "report.schema.json").read_text())
    fastjsonschema.compile(schema)(json.loads(as_json("http://127.0.0.1:5055", [done])))


def test_a_file_says_where_it_is_described(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "csrf-proof.toml"
    file.write_text(f'# What\nurl = "{URL}"\n')
    assert options.source(file) == Source("csrf-proof.toml", 2)


def test_a_pull_request_gets_a_table() -> None:
    results = [came(FORGED), BY_BROWSER, came(NOT_APPLICABLE)]
    lines = as_markdown("http://127.0.0.1:5055", [Done("a|b", results=results)]).splitlines()
    assert r"### a\|b" in lines
    assert "1 of 2 attacks succeeded." in lines
    assert lines[-3] == "| **forged** | `form-post` | another site | chromium | a → 2 |"
    assert "stopped by the browser alone; your application would have done it." in lines[-2]
    assert lines[-1] == "| not-applicable | `form-post` | another site | chromium | Because. |"


def test_a_report_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_text("before")
    with pytest.raises(UnicodeEncodeError):
        write(file, "\ud800")
    assert [each.name for each in tmp_path.iterdir()] == ["report.json"]
    assert file.read_text() == "before"
    write(file, "after")
    assert file.read_text() == "after"
