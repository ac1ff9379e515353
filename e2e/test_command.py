"""The command `csrf-proof` on small applications of its own, in real browsers."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from csrf_proof import windows
from csrf_proof.address import address
from csrf_proof.application.known import Known
from csrf_proof.application.submissions import described, note
from csrf_proof.command import options
from csrf_proof.command.demo import application
from csrf_proof.command.options import ATTACKERS_PASSWORD, PASSWORD
from csrf_proof.command.record import as_toml
from csrf_proof.command.status import Status
from csrf_proof.profile_names import PROFILES
from csrf_proof.serving import serve
from csrf_proof.waiting import soon
from e2e.conftest import Browsers
from e2e.hostile import HostilePage
from tools.run import ROOT, free_port

pytestmark = pytest.mark.long

COMMAND = (sys.executable, "-m", "csrf_proof")
EXAMPLE = ROOT / "examples/flask"
PASSWORDS = (PASSWORD, ATTACKERS_PASSWORD)
FORM_POST = "form-post-cross-site-chromium"
AWKWARD = ("--sign-in", "/login", "--as", "alice")
ATTACKER = ("--attacker", "mallory")


@contextmanager
def flask(folder: Path, app: str, **environment: str) -> Iterator[str]:
    """Run a Flask application; yield its address."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", app, "run", "--port", str(port)],
        cwd=folder,
        env=os.environ | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        assert soon(address(url).answers, 30), "It doesn't start."
        yield url
    finally:
        process.kill()
        process.wait()


@contextmanager
def example(*, protected: bool) -> Iterator[str]:
    with flask(EXAMPLE, f"app:create_app(protected={protected})") as url:
        yield url


@pytest.fixture(scope="module")
def awkward() -> Iterator[str]:
    with flask(Path(__file__).parent, "awkward:app") as url:
        yield url


def run(
    *arguments: str, folder: Path | None = None, password: str | None = "secret"
) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(EXAMPLE)])}
    if password is not None:
        environment |= dict.fromkeys(PASSWORDS, password)
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_address_is_enough(tmp_path: Path) -> None:
    """It tries what tells most, leaves everything as it was, and writes a report."""
    with example(protected=False) as url:
        address, sign_in = f"{url}/email", ("--sign-in", "/", "--as", "alice")
        done = run(address, *sign_in, "--json", "report.json", folder=tmp_path)
        assert (done.returncode, done.stderr) == (1, ""), done.stdout
        again = run(address, *sign_in, "--only", FORM_POST)
    for said in (
        "Action: email at /email\n",
        "POST /email works, and it still works when it's sent again.",
        f"FORGED  {FORM_POST}   CWE-352\n",
        "Another site made the user's browser do this: email at /email.",
        "alice@example.org → forged-",
        "blocked redirect-get-cross-site-chromium   by your application.",
        "skipped 1: The request has no token that could be empty. (empty-token-post)",
        "6 of 8 attacks succeeded.\nTo stop those by POST, put a secret",
        f"To try one of them again, add: --only {FORM_POST}\n",
        "Report: report.json",
    ):
        assert said in done.stdout
    assert "alice@example.org → forged-" in again.stdout
    (action,) = json.loads((tmp_path / "report.json").read_text())["actions"]
    assert action["control"] == {"honest": True, "replayed": True}
    outcomes = [result["outcome"] for result in action["results"]]
    assert (outcomes.count("forged"), outcomes.count("blocked")) == (6, 2)


@pytest.mark.parametrize(("until", "status"), [("2999-12-31", 0), ("2026-01-01", 1)])
@pytest.mark.sample(1)
def test_a_known_attack_counts_when_its_last_day_is_over(
    until: str, status: int, tmp_path: Path
) -> None:
    known = f'[[known]]\nattack = "form-post"\nreason = "The importer"\nuntil = {until}\n'
    reports = ("--json", "report.json", "--junit", "report.xml")
    with example(protected=False) as url:
        (tmp_path / "csrf-proof.toml").write_text(
            f'url = "{url}/email"\nsign-in = "/"\nas = "alice"\n{known}'
        )
        done = run("replay", FORM_POST, *reports, folder=tmp_path)
    assert (done.returncode, done.stderr) == (status, ""), done.stdout
    (result,) = json.loads((tmp_path / "report.json").read_text())["actions"][0]["results"]
    assert result["outcome"] == "forged"
    if status == 0:
        assert "  Known     accepted until 2999-12-31: The importer\n" in done.stdout
        assert "You accept 1 of them for now." in done.stdout
        assert result["accepted"] == {"reason": "The importer", "until": until}
    else:
        assert "form-post was accepted until 2026-01-01, and that day is over.\n" in done.stdout
        assert "accepted" not in result
    assert f'failures="{status}"' in (tmp_path / "report.xml").read_text()


EXPLOIT = """<form action="http://localhost:{port}/email" method="post">
<input name="email" value="robbed@evil.example"></form>
<button onclick="document.forms[0].submit()">Win</button>"""
STORED = "stored-exploit-cross-site-chromium"


@contextmanager
def with_exploit(folder: Path, page: str, *, protected: bool) -> Iterator[None]:
    """Run the example, with a page aimed at it and a file about it in a folder."""
    with example(protected=protected) as url:
        (folder / "page.html").write_text(page.format(port=url.rpartition(":")[2]))
        (folder / "csrf-proof.toml").write_text(
            f'url = "{url}/email"\nsign-in = "/"\nas = "alice"\n'
        )
        yield


FROM_FILE = ("run", "csrf-proof.toml", "--exploit", "page.html")


@pytest.mark.parametrize(
    ("protected", "outcome", "said"),
    [
        (False, "forged", "alice@example.org → robbed@evil.example"),
        (True, "blocked", f"blocked {STORED}   by the browser or by your application.\n"),
    ],
    ids=["without a token", "with a token"],
)
@pytest.mark.sample(1)
def test_a_page_that_somebody_has_written_is_the_only_attack(
    protected: bool, outcome: str, said: str, tmp_path: Path
) -> None:
    names = {kind: f"report.{kind}" for kind in options.REPORTS}
    reports = [word for kind, name in names.items() for word in (f"--{kind}", name)]
    with with_exploit(tmp_path, EXPLOIT, protected=protected):
        done = run(*FROM_FILE, "--profile", "chromium", *reports, folder=tmp_path)
    assert (done.returncode, done.stderr) == (int(outcome == "forged"), ""), done.stdout
    assert said in done.stdout
    assert done.stdout.index("an honest user goes first") < done.stdout.index(STORED)
    assert "--only" not in done.stdout
    texts = {kind: (tmp_path / name).read_text() for kind, name in names.items()}
    (action,) = json.loads(texts["json"])["actions"]
    assert action["control"] == {"honest": True, "replayed": True}
    (result,) = action["results"]
    assert (result["attack"], result["outcome"]) == ("stored-exploit", outcome)
    assert result["evidence"]["request"] == "POST /email"
    assert f'failures="{done.returncode}"' in texts["junit"]
    assert len(json.loads(texts["sarif"])["runs"][0]["results"]) == done.returncode
    for kind in ("html", "markdown"):
        assert outcome in texts[kind]


def test_a_page_is_tried_at_an_address_in_each_browser(tmp_path: Path) -> None:
    with with_exploit(tmp_path, EXPLOIT, protected=False):
        url = options.of_file(tmp_path / "csrf-proof.toml").url
        flags = ("--sign-in", "/", "--as", "alice", "--exploit", "page.html")
        done = run(url, *flags, folder=tmp_path)
    assert (done.returncode, done.stderr) == (1, ""), done.stdout
    found = re.findall(r"^FORGED  stored-exploit-cross-site-(\S+)", done.stdout, re.M)
    missing = re.findall(r"There is no browser for (\S+):", done.stdout)
    assert sorted(found + missing) == sorted(PROFILES)
    assert f"{len(found)} of {len(found)} attacks succeeded." in done.stdout


@pytest.mark.parametrize(
    ("page", "status", "said"),
    [
        ("<button>Win</button>", 3, "The page wasn't seen to send anything to http://127.0.0.1:"),
        (
            "<img src='http://localhost:{port}/logo.png'>",
            0,
            "The page sent other requests than an honest user: is it for this action?",
        ),
    ],
    ids=["at nothing", "at something else"],
)
@pytest.mark.sample(1)
def test_a_page_that_is_aimed_elsewhere_is_told_of(
    page: str, status: int, said: str, tmp_path: Path
) -> None:
    with with_exploit(tmp_path, page, protected=False):
        done = run(*FROM_FILE, "--profile", "chromium", folder=tmp_path)
    assert (done.returncode, done.stderr) == (status, ""), done.stdout
    assert said in done.stdout


def test_with_protection_all_is_blocked_in_every_browser(profile: str) -> None:
    with example(protected=True) as url:
        sign_in = ("--sign-in", "/", "--as", "alice")
        done = run(f"{url}/email", *sign_in, "--only", "form-post", "--profile", profile)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "Another page can't know: csrf_token." in done.stdout
    assert f"blocked form-post-subdomain-{profile}   by your application." in done.stdout
    assert "attacks were blocked." in done.stdout


# What there is to find in the awkward application, the exit status, and what's said.
FOUND = {
    "a list, and fields that must not be empty": (
        ("/pay", *AWKWARD, "--only", FORM_POST),
        1,
        [
            "POST /pay works",
            "There's no known way to undo what it changes.",
            r"Balance: \d+ → Balance: \d+\n",
        ],
    ),
    "a field that is named": (
        ("/pay", *AWKWARD, "--field", "amount", "--field", "to=carol", "--only", FORM_POST),
        1,
        ["Action: amount at /pay", r"Balance: \d+ → Balance: \d+\n"],
    ),
    "a script that sends JSON": (
        ("/note", *AWKWARD, "--only", "text-plain-json-cross-site-chromium"),
        1,
        ["POST /note works", r"again-\w+ → forged-\w+\n"],
    ),
    "someone's details": (
        ("/details", *AWKWARD, "--only", FORM_POST),
        1,
        ["Action: first at /details", r" → forged-\w+\n"],
    ),
    "a browser that asks for the password": (
        ("/basic", "--sign-in", "/basic", "--as", "alice", "--only", FORM_POST),
        1,
        ["Action: note at /basic", r" → forged-\w+\n"],
    ),
    "a database that is busy once": (
        ("/shaky", *AWKWARD, "--only", FORM_POST),
        1,
        ["Your app  answered 200", r" → forged-\w+\n"],
    ),
    "a token that was given to somebody else": (
        ("/anyone", *AWKWARD, *ATTACKER, "--only", "foreign-token-post-subdomain-chromium"),
        1,
        ["A subdomain of your application made the user's browser do this", r" → forged-\w+\n"],
    ),
    "a token that is in a cookie": (
        ("/doubled", *AWKWARD, *ATTACKER, "--only", "tossed-cookie-post-subdomain-chromium"),
        1,
        ["A subdomain of your application made the user's browser do this", r" → forged-\w+\n"],
    ),
    "a token in a cookie, and no account": (
        ("/doubled", *AWKWARD, "--only", "tossed-cookie-post-subdomain-chromium"),
        1,
        [
            "A subdomain of your application made the user's browser do this",
            r"doubled was sent \(the attacker's page set it too\)",
            r" → forged-\w+\n",
        ],
    ),
    "a WebSocket": (
        ("/spoken", *AWKWARD, "--only", "websocket-hijack"),
        1,
        [
            r"blocked websocket-hijack-cross-site-chromium   by the browser alone;",
            r"FORGED  websocket-hijack-subdomain-chromium   CWE-1385",
            r" → forged-\w+\n",
            "accept one only if the Origin is your own",
        ],
    ),
    "a WebSocket in a browser that says more": (
        ("/spoken", *AWKWARD, "--only", "websocket-hijack-cross-site-firefox"),
        0,
        ["by the browser alone; your application would have done it. "],
    ),
    "a WebSocket that looks who opens it": (
        ("/spoken-here", *AWKWARD, "--only", "websocket-hijack"),
        0,
        [
            "blocked websocket-hijack-cross-site-chromium   by your application",
            "blocked websocket-hijack-subdomain-chromium   by your application",
        ],
    ),
    "a token that strangers get too": (
        ("/constant", *AWKWARD, "--only", FORM_POST),
        1,
        [r" → forged-\w+\n"],
    ),
    "two forms with a token each": (
        ("/twins", *AWKWARD, "--only", "form-post-subdomain-chromium"),
        0,
        ["Another page can't know: token.", "POST /twins works, and it still works"],
    ),
    "a method that a field can name": (
        ("/put", *AWKWARD, "--only", FORM_POST),
        1,
        ["PUT /put works", "Sent      POST /put", r" → forged-\w+\n"],
    ),
    "an interface that answers every origin": (
        ("/open-json", *AWKWARD, "--only", "cors-json"),
        1,
        [
            "FORGED  cors-json-subdomain-chromium",
            "Sent      PUT /open-json",
            "blocked cors-json-cross-site-chromium   by the browser alone",
        ],
    ),
    "an interface that answers none": (
        ("/closed-json", *AWKWARD, "--only", "cors-json"),
        0,
        ["blocked cors-json-subdomain-chromium   by your application. The browser asked"],
    ),
    "a click that is enough": (
        ("/like", *AWKWARD, "--state", "/account", "--only", "clickjacking"),
        1,
        [
            "blocked clickjacking-cross-site-chromium   by the browser, which didn't send all",
            "FORGED  clickjacking-subdomain-chromium",
            "Sent      POST /like ",
        ],
    ),
    "a click at the bottom of the window": (
        ("/like-below", *AWKWARD, "--state", "/account", "--only", "clickjacking-subdomain"),
        1,
        ["FORGED  clickjacking-subdomain-chromium   CWE-1021"],
    ),
    "a page that acts when it is opened": (
        ("/seen", *AWKWARD, "--state", "/account", "--only", "clickjacking-subdomain"),
        3,
        ["skipped 1: Opening its page changes the state"],
    ),
    "a click that is enough, and no frame": (
        ("/like-unframed", *AWKWARD, "--state", "/account", "--only", "clickjacking"),
        0,
        ["clickjacking-subdomain-chromium   by your application. The browser doesn't show"],
    ),
    "a click that is not enough": (
        ("/pay", *AWKWARD, "--only", "clickjacking-subdomain"),
        3,
        ["skipped 1: A single click on its page doesn't change anything"],
    ),
    "fields in parts": (
        ("/parts", *AWKWARD, "--only", "post-cross-site-chromium"),
        1,
        ["FORGED  upload-post-cross-site-chromium", f"blocked {FORM_POST}   by your application."],
    ),
    "a token without its cookie": (
        ("/doubled", *AWKWARD, *ATTACKER, "--only", "foreign-token-post-subdomain-chromium"),
        0,
        ["blocked foreign-token-post-subdomain-chromium   by your application."],
    ),
    "a button in a menu that signs out": (
        ("/account", *AWKWARD, "--signs-out", "--only", FORM_POST),
        1,
        ["POST /logout works", "somebody is signed in → nobody is signed in"],
    ),
    "an address that signs out": (
        ("/leave", *AWKWARD, "--signs-out", "--only", "image-get-"),
        1,
        [
            "GET /leave works",
            "blocked image-get-cross-site-chromium   by the browser alone; your application would",
            "FORGED  image-get-subdomain-chromium",
            "somebody is signed in → nobody is signed in",
        ],
    ),
    "an address without a form": (
        (
            *("/api/note", *AWKWARD, "--method", "POST", "--field", "note"),
            *("--state", "/account", "--only", FORM_POST),
        ),
        1,
        ["Action: /api/note", r"again-\w+ → forged-\w+\n"],
    ),
}


@pytest.mark.parametrize("case", FOUND)
@pytest.mark.sample(3)
def test_it_finds_what_is_awkward(case: str, awkward: str) -> None:
    arguments, status, lines = FOUND[case]
    done = run(awkward + arguments[0], *arguments[1:])
    assert (done.returncode, done.stderr) == (status, ""), done.stdout
    for line in lines:
        assert re.search(line, done.stdout), done.stdout


@pytest.mark.parametrize("below", ["", "/app"])
@pytest.mark.sample(1)
def test_where_only_the_origin_is_checked_it_says_who_stopped_it(below: str) -> None:
    signs_in = ("--sign-in", f"{below}/login", "--as", "alice", "--state", f"{below}/account")
    with flask(Path(__file__).parent, "awkward:app", PROTECTED="1", BELOW=below) as url:
        attack = ("--only", "hidden-frame-post-cross-site-chromium")
        done = run(f"{url}{below}/pay", *signs_in, *attack)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    both = "by the browser, and your application would have refused it too."
    assert f"blocked hidden-frame-post-cross-site-chromium   {both}" in done.stdout


@pytest.mark.parametrize(
    ("protected", "status", "said"),
    [
        (False, 1, "nobody is signed in → somebody is signed in"),
        (True, 0, f"blocked {FORM_POST}   by your application."),
    ],
    ids=["without a token", "with a token"],
)
@pytest.mark.sample(1)
def test_a_sign_in_is_attacked(protected: bool, status: int, said: str) -> None:
    users = ("--signs-in", "--as", "alice", "--attacker", "mallory")
    with example(protected=protected) as url:
        done = run(f"{url}/", *users, "--only", FORM_POST)
    assert (done.returncode, done.stderr) == (status, ""), done.stdout
    assert said in done.stdout


# What goes wrong, the exit status, and the sentence.
WRONG = {
    "a redirect that never ends": (("/around",), 3, "ERR_TOO_MANY_REDIRECTS"),
    "an answer of 500": (("/broken",), 3, "/broken answers 500."),
    "a page that isn't there": (("/nothing",), 3, "/nothing answers 404."),
    "no form": (("/done",), 2, "There is no form at /done."),
    "nobody signed in": (("/pay",), 2, "Sign in first: --sign-in /login --as NAME."),
    "a page without a way out": (
        ("/done", *AWKWARD, "--signs-out"),
        3,
        "There is no button or link for signing out at /done.",
    ),
    "an address that shows the same to all": (
        ("/leave", *AWKWARD, "--signs-out", "--state", "/done"),
        3,
        "A browser sees the same at /done, signed in or not.",
    ),
    "a form that isn't accepted": (
        ("/refused", *AWKWARD, "--state", "/refused"),
        3,
        "--state PATH. The answer to POST /refused was 422.",
    ),
    "a page that doesn't show it": (
        ("/pay", *AWKWARD, "--state", "/done"),
        3,
        "was sent, /done doesn't show it.",
    ),
}


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.sample(4)
def test_what_goes_wrong_is_a_sentence(case: str, awkward: str) -> None:
    arguments, status, sentence = WRONG[case]
    done = run(awkward + arguments[0], *arguments[1:])
    assert done.returncode == status, done.stdout + done.stderr
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_application_that_ends_is_told_once(tmp_path: Path) -> None:
    with flask(Path(__file__).parent, "awkward:app", MORTAL="1") as url:
        done = run(f"{url}/pay", *AWKWARD, "--json", "report.json", folder=tmp_path)
    assert (done.returncode, done.stderr) == (3, ""), done.stdout
    assert done.stdout.count("NOT JUDGED") == 1
    assert f"{url} no longer answers, so nothing else is tried.\n" in done.stdout
    (action,) = json.loads((tmp_path / "report.json").read_text())["actions"]
    assert [result["outcome"] for result in action["results"]] == ["not-judged"]


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("wrong", "Signing in at /login as alice didn't work."),
        (None, "asks for a password. Put it into CSRF_PROOF_PASSWORD."),
    ],
)
def test_a_sign_in_that_fails_is_told(password: str | None, sentence: str, awkward: str) -> None:
    done = run(f"{awkward}/pay", *AWKWARD, password=password)
    assert done.returncode == 2
    assert sentence in done.stderr


def test_an_attacker_who_cannot_sign_in_is_told_before_anything_is_changed(awkward: str) -> None:
    done = run(f"{awkward}/anyone", *AWKWARD, "--attacker", "nobody")
    assert done.returncode == 2
    assert "Signing in at /login as nobody didn't work." in done.stderr
    assert "honest user" not in done.stdout


# Next to the pytest example, because it uses its functions.
RECIPE = """
from csrf_proof import Action
from test_csrf import save, sign_in

def saved(page):
    page.goto("/email")
    return page.get_by_label("E-mail").input_value()

change_email = Action(sign_in=sign_in, act=save, state=saved)
nothing = Action(sign_in=sign_in, act=lambda page, value: None, state=saved, name="do nothing")
"""


def test_a_recipe_may_have_several_actions(tmp_path: Path) -> None:
    (tmp_path / "recipe.py").write_text(RECIPE)
    with example(protected=True) as url:
        tried = ("--url", url, "--only", FORM_POST, "--json", "report.json")
        done = run("run", "recipe.py", *tried, folder=tmp_path)
    assert done.returncode == 3, done.stdout + done.stderr
    assert f"blocked {FORM_POST}   by your application." in done.stdout
    assert "NOT JUDGED in chromium: An honest user's act changed nothing" in done.stdout
    first, second = json.loads((tmp_path / "report.json").read_text())["actions"]
    assert (first["name"], second["name"]) == ("change email", "do nothing")
    assert second["control"] == {"honest": False, "replayed": False}
    assert [result["outcome"] for result in second["results"]] == ["not-judged"]


SIGNS_IN = """
from csrf_proof import Action

def sign_in(page):
    page.goto("/login")
    page.fill("[name=user]", "alice")
    page.fill("[name=password]", "secret")
    page.click("text=Log in")
"""
DELETE = f"""{SIGNS_IN}
def delete(page, value):
    page.goto("/thing")
    page.click("text=Delete")

def state(page):
    page.goto("/thing")
    return page.inner_text("body")

def reset(page):
    page.goto("/thing")
    page.evaluate("fetch('/thing', {{ method: 'POST' }})")

delete_thing = Action(sign_in, delete, state, reset)
"""


@pytest.mark.sample(0)
def test_what_can_be_deleted_once_is_put_back_each_time(tmp_path: Path, awkward: str) -> None:
    (tmp_path / "recipe.py").write_text(DELETE)
    done = run("run", "recipe.py", "--url", awkward, "--only", "cors-json-sub", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "DELETE /thing works, and it still works when it's sent again." in done.stdout
    assert "blocked cors-json-subdomain-chromium   by your application." in done.stdout


SIGN_OUT = f"""{SIGNS_IN}
def leave(page, value):
    page.goto("/account")
    page.click("text=More")
    page.click("text=Log out")

sign_out = Action(sign_in, leave, lambda page: page.goto("/account").url, of_session=True)
"""


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "/account → http://app.localhost:"),
        ({"PROTECTED": "1"}, f"blocked {FORM_POST}   by your application."),
    ],
    ids=["forged", "blocked"],
)
@pytest.mark.sample(1)
def test_a_recipe_may_sign_out(tmp_path: Path, environment: dict[str, str], said: str) -> None:
    (tmp_path / "recipe.py").write_text(SIGN_OUT)
    with flask(Path(__file__).parent, "awkward:app", **environment) as url:
        done = run("run", "recipe.py", "--url", url, "--only", FORM_POST, folder=tmp_path)
    assert (done.returncode, done.stderr) == (0 if environment else 1, ""), done.stdout
    assert said in done.stdout
    assert "it wasn't needed" not in done.stdout


def test_a_file_and_a_signed_in_browser_do_as_well(tmp_path: Path) -> None:
    """One attack again, by its name, as whom Playwright saved elsewhere."""
    with example(protected=False) as url:
        code = (
            "from playwright.sync_api import sync_playwright as start\n"
            "from csrf_proof.browsers import launch\n"
            "with start() as playwright:\n"
            "    page = launch(playwright, 'chromium').new_page()\n"
            f"    page.goto('{url}/')\n"
            "    page.get_by_label('Name').fill('alice')\n"
            "    page.get_by_role('button').click()\n"
            "    page.context.storage_state(path='state.json')\n"
        )
        env = os.environ | {"PYTHONPATH": str(ROOT)}
        subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=env, check=True)
        file = f'url = "{url}/email"\nstorage-state = "state.json"\n'
        (tmp_path / "csrf-proof.toml").write_text(file)
        done = run("replay", FORM_POST, folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "by the browser alone; your application would have done it." in done.stdout
    assert "may work after all. To find out, use --sign-in." in done.stdout


class StrictAndSecure(application(protected=False)):  # type: ignore[misc]
    """Trusts its own site alone, which to browsers includes the scheme."""

    def send_header(self, name: str, value: str) -> None:
        strict = "; Secure; SameSite=Strict" if name == "Set-Cookie" else ""
        super().send_header(name, value + strict)


def test_over_https_the_attacker_has_https_too(profile: str) -> None:
    with serve(StrictAndSecure, https_for="127.0.0.1") as port:
        who = ("--sign-in", "/", "--as", "alice")
        only = ("--only", "form-post-", "--profile", profile)
        done = run(f"https://127.0.0.1:{port}/email", *who, *only)
    assert f"FORGED  form-post-subdomain-{profile}" in done.stdout, done.stdout + done.stderr
    assert "Origin: https://community.app.localhost:" in done.stdout
    (other,) = re.findall(rf"^blocked +form-post-cross-site-{profile} +(.*)", done.stdout, re.M)
    assert other.startswith("by the browser alone; your application would have done it.")


def test_what_somebody_did_becomes_a_file(tmp_path: Path, awkward: str, browsers: Browsers) -> None:
    with windows.fresh(browsers.get("chromium"), base_url=awkward) as window:
        noted, page = note(window.context), window.page
        page.goto("/login")
        page.fill("[name=user]", "alice")
        page.fill("[name=password]", "secret")
        page.click("text=Log in")
        page.wait_for_url("**/account")
        page.goto("/note")
        page.fill("[name=note]", "milk")
        with page.expect_response("**/note"):
            page.click("text=Save")
    file = tmp_path / "csrf-proof.toml"
    file.write_text(as_toml(described(noted)))
    assert "secret" not in file.read_text()
    known = options.of_file(file)
    assert known == Known(f"{awkward}/note", changes="note", sign_in="/login", as_="alice")
    done = run("run", str(file), "--only", "text-plain-json-cross-site-chromium")
    assert done.returncode == Status.FORGED, done.stdout + done.stderr


def test_the_demo_shows_both(tmp_path: Path) -> None:
    reports = ("--json", "demo.json", "--html", "demo.html")
    done = run("demo", "--only", FORM_POST, *reports, folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "\nThe attack succeeded.\n" in done.stdout
    assert "The attack was blocked." in done.stdout
    assert {each.name for each in tmp_path.iterdir()} == {
        f"demo{kind}" for kind in (".json", "-fixed.json", ".html", "-fixed.html")
    }
    page = (tmp_path / "demo.html").read_text()
    assert "forged" in page
    assert "&lt;input type=&#34;hidden&#34; name=&#34;email&#34;" in page
    assert not re.search(r"(src|href)=\"(?!data:)", page)


def test_the_page_of_a_pasted_request_sends_it(tmp_path: Path, browsers: Browsers) -> None:
    with example(protected=False) as url, serve(HostilePage) as port:
        here = url.replace("127.0.0.1", "app.localhost")
        (tmp_path / "curl.txt").write_text(
            f"curl {here}/email -b session=x -d email=poc@evil.example"
        )
        done = run("poc", "curl.txt", folder=tmp_path)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout
        HostilePage.page = (tmp_path / "poc.html").read_text()
        with windows.fresh(browsers.get("chromium")) as window:
            page = window.page
            page.goto(here)
            page.get_by_label("Name").fill("alice")
            page.get_by_role("button").click()
            page.goto(f"http://evil.localhost:{port}/")
            page.wait_for_url(f"{here}/email")
            assert page.get_by_label("E-mail").input_value() == "poc@evil.example"


@pytest.mark.parametrize("once", ["Looking at", "an honest user goes first", "it still works"])
@pytest.mark.sample(2)
def test_ctrl_c_leaves_nothing_behind(tmp_path: Path, awkward: str, once: str) -> None:
    command = [*COMMAND, f"{awkward}/pay", *AWKWARD, "--json", "report.json"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "CSRF_PROOF_PASSWORD": "secret"}
    # A group of its own, all of which a terminal interrupts.
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout
    while once not in process.stdout.readline():
        assert process.poll() is None
    children = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said == "\nInterrupted before it was done.\n"
    assert list(tmp_path.iterdir()) == []
    _, alive = psutil.wait_procs(children, timeout=10)
    assert alive == []
