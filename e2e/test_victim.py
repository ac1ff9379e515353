"""Alice's browser opens what it's sent, in each kind of browser, and stays within the fence."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, ClassVar

import psutil
import pytest
from playwright.sync_api import Browser, Download

from csrf_proof import windows
from csrf_proof.profile_names import PROFILES
from csrf_proof.serving import serve
from csrf_proof.waiting import soon
from e2e.accessibility import Judge
from e2e.bank import Lab, Site, until
from e2e.conftest import Browsers
from e2e.workbench import Workbench
from tools.run import ROOT, Playground

PATIENCE = 90.0
ORDER = ("before", "after")
FORM = """<form action="{bank}/transfer" method="post">
  <input name="to" value="mallory"><input name="amount" value="100">{more}</form>"""
FIRES = "<script>document.forms[0].submit()</script>"


@pytest.fixture(scope="module")
def guarded() -> Iterator[Site]:
    """A playground of its own, with the victim's browser."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Playground(var_dir=Path(folder), victims_browser=True) as playground,
    ):
        found = Site(playground.victim_port, playground.attacker_port)
        bench = Workbench(found)

        def is_there() -> bool | None:
            return "Deliver to alice" in bench.get("/").text or None

        deadline = time.monotonic() + PATIENCE
        while not is_there():
            assert time.monotonic() < deadline, "no victim's browser came"
            time.sleep(0.2)
        yield found


class Attendee(Workbench):
    """An owner of exploits with labs of their own."""

    def lab(self, label: str) -> Lab:
        return Lab(self.site, whole=f"{label}--for-{self.name}")

    def deliver(self, lab: Lab, browsers: Sequence[str] = (), **more: Any) -> dict[str, Any]:
        """Deliver what's stored; return what is told once it's over, with `visits` by browser."""
        said = {"lab": lab.label, "browsers": list(browsers), **more}
        headers = {"Content-Type": "application/json"}
        answer = self.site.request(self.host, "POST", "/api/deliveries", headers, json.dumps(said))
        assert answer.status == 202, answer.text
        made = json.loads(answer.body)["id"]
        deadline = time.monotonic() + PATIENCE
        while (told := json.loads(self.get(f"/api/deliveries/{made}").body))["state"] != "over":
            assert time.monotonic() < deadline, told
            time.sleep(0.1)
        told["visits"] = {each["browser"]: each for each in told["browsers"]}
        found: dict[str, Any] = told
        return found


def test_a_form_robs_alice_in_every_browser_and_an_image_in_some(guarded: Site) -> None:
    attendee = Attendee(guarded)
    lab = attendee.lab("no-defense")
    attendee.store(FORM.format(bank=lab.url, more="") + FIRES)
    told = attendee.deliver(lab, PROFILES)

    assert [each["outcome"] for each in told["browsers"]] == ["forged"] * 3
    accounts = [each["evidence"]["accounts"] for each in told["browsers"]]
    balances = [tuple(each[when]["alice"]["balance"] for when in ORDER) for each in accounts]
    assert balances == [(1000, 900), (900, 800), (800, 700)]
    assert lab.state()["accounts"]["mallory"]["balance"] == 1300

    attendee.store(f"<img src='{lab.url}/transfer?to=mallory&amount=7'>")
    told = attendee.deliver(lab, PROFILES)

    found = {each["browser"]: (each["outcome"], each["reason"]) for each in told["browsers"]}
    assert found == {
        "chromium": ("forged", None),
        "chromium-no-3pc": ("blocked", "cookie-third-party"),
        "firefox": ("blocked", "cookie-third-party"),
    }
    blocked = told["visits"]["firefox"]["evidence"]
    (sent,) = [one for one in blocked["requests"] if "/transfer" in one["url"]]
    assert sent["cookies_withheld"] == ["sessionid"]
    assert sent["cookies_why"] == {"sessionid": "cookie-third-party"}
    (attempt,) = blocked["attempts"]
    assert attempt["outcome"] == "anonymous"


# What the fence must not change: of each, the reasons are the matrix's.
CATALOGUE: dict[str, dict[str, str | None]] = {
    "form-post": {
        "no-defense": None,
        "csrf-token": "origin-mismatch",
        "samesite-lax": "cookie-lax",
    },
    "cors-json": {"no-defense--with-cors-reflect": None, "no-defense": "preflight-refused"},
    "link-get": {"no-defense": None, "post-only": "get-refused"},
    "clickjacking": {"no-defense": None, "no-framing": "frame-refused"},
    "login-post": {"no-defense": None},
    "websocket-hijack": {"no-defense": None},
}


@pytest.mark.parametrize(
    ("attack", "label", "reason"),
    [(attack, label, why) for attack, labs in CATALOGUE.items() for label, why in labs.items()],
)
@pytest.mark.sample(3)
def test_an_attack_of_the_catalogue_ends_as_the_matrix_says(
    guarded: Site, attack: str, label: str, reason: str | None
) -> None:
    attendee = Attendee(guarded)
    lab = attendee.lab(label)
    attendee.start_from(attack, lab.label)

    visit = attendee.deliver(lab)["visits"]["chromium"]

    assert visit["outcome"] == ("blocked" if reason else "forged"), visit
    assert visit["reason"] == reason
    if attack == "websocket-hijack":
        loot = guarded.get("evil.localhost", f"/loot.json?lab={lab.label}").text
        assert "alice" in loot, "what the page has read didn't arrive at the attacker's site"


def test_the_protocol_answers_when_the_bank_has_been_robbed(guarded: Site) -> None:
    attendee = Attendee(guarded)
    lab = attendee.lab("no-defense")
    body = FORM.format(bank=lab.url, more="") + FIRES
    answer = attendee.post(
        {
            "urlIsHttps": "on",
            "responseFile": "/exploit",
            "responseHead": "HTTP/1.1 200 OK\nContent-Type: text/html",
            "responseBody": body,
            "formAction": "DELIVER_TO_VICTIM",
            "lab": lab.label,
        }
    )
    assert answer.status == 303
    answer = attendee.get(answer.headers["Location"])

    assert answer.status == 302
    assert lab.state()["accounts"]["alice"]["balance"] == 900
    assert "Forged." in attendee.get(answer.headers["Location"]).text


def test_the_documented_program_robs_alice(guarded: Site) -> None:
    text = (ROOT / "docs/workbench.md").read_text(encoding="utf-8")
    program = text.partition("```python\n")[2].partition("```")[0]
    ports = {"9000": guarded.attacker_port, "8000": guarded.victim_port}
    for documented, port in ports.items():
        assert documented in program
        program = program.replace(documented, str(port))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "chromium forged None"


def test_she_clicks_what_invites_or_what_she_is_told_and_only_once(guarded: Site) -> None:
    attendee = Attendee(guarded)
    lab = attendee.lab("no-defense")
    attendee.store(FORM.format(bank=lab.url, more="<button>Win</button>"))
    visit = attendee.deliver(lab)["visits"]["chromium"]
    assert visit["evidence"]["clicked"] == "Win"
    assert lab.state()["accounts"]["alice"]["balance"] == 900

    attendee.store(
        f"<a href='{lab.url}/transfer?to=mallory&amount=1'>This</a> "
        f"<button>Nothing</button> <a href='{lab.url}/logout'>That</a>"
    )
    visit = attendee.deliver(lab, click="That")["visits"]["chromium"]
    assert visit["evidence"]["clicked"] == "That"
    state = lab.state()
    assert state["accounts"]["alice"]["balance"] == 900
    assert state["attempts"][-1]["action"] == "logout"


def test_a_person_delivers_from_the_page_without_scripts(browsers: Browsers, guarded: Site) -> None:
    attendee = Attendee(guarded)
    lab = attendee.lab("csrf-token")
    context = browsers.get("chromium").new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{attendee.writing}/?lab={lab.label}")
    page.fill("[name=responseBody]", FORM.format(bank=lab.url, more="") + FIRES)
    page.click("text=Store and deliver to alice")
    page.wait_for_selector("text=What happened", timeout=60_000)
    assert "Blocked." in page.inner_text(".verdict")
    assert "origin-mismatch" in page.inner_text(".verdict")
    with context.expect_page() as opened:
        page.click("text=See it as a picture")
    assert opened.value.locator("figure.picture").count() == 1
    context.close()


WITHHELD = {
    "Lax, from an image": ("samesite-lax", "<img src='{bank}/transfer'>", "cookie-lax"),
    "Strict, from a form": ("samesite-strict", FORM + FIRES, "cookie-strict"),
    "None, which the page didn't ask for": (
        "no-defense",
        "<script>fetch('{bank}/transfer', {{ mode: 'no-cors', credentials: 'omit' }})</script>",
        "cookie-third-party",
    ),
    "Lax, which a navigation gets": (
        "samesite-lax",
        "<script>location = '{bank}/'</script>",
        None,
    ),
}


@pytest.mark.parametrize(("label", "body", "why"), WITHHELD.values(), ids=WITHHELD)
def test_a_cookie_that_isnt_sent_has_the_rule_that_is_enough(
    guarded: Site, label: str, body: str, why: str | None
) -> None:
    attendee = Attendee(guarded)
    lab = attendee.lab(label)
    attendee.store(body.format(bank=lab.url, more=""))
    evidence = attendee.deliver(lab)["visits"]["chromium"]["evidence"]
    (sent, *_) = [one for one in evidence["requests"] if one["url"].startswith(lab.url)]
    assert sent["cookies_why"].get("sessionid") == why
    assert ("sessionid" in sent["cookies_sent"]) is (why is None)


def test_a_cookie_that_the_page_has_removed_isnt_said_to_be_withheld(guarded: Site) -> None:
    attendee = Attendee(guarded)
    lab = attendee.lab("no-defense")
    body = "<script>const ask = (path) => fetch(bank + path, { mode: 'no-cors', "
    body += "credentials: 'include' }); ask('/logout').then(() => ask('/'))</script>"
    attendee.store(f"<script>const bank = '{lab.url}';</script>{body}")
    evidence = attendee.deliver(lab)["visits"]["chromium"]["evidence"]
    asked = [one for one in evidence["requests"] if one["url"].startswith(lab.url)]
    assert len(asked) >= 2
    assert all("sessionid" not in one["cookies_withheld"] for one in asked), asked


def test_the_pages_about_a_delivery_are_usable_and_fit(browsers: Browsers, guarded: Site) -> None:
    attendee = Attendee(guarded)
    lab = attendee.lab("no-defense")
    attendee.store(FORM.format(bank=lab.url, more="") + FIRES)
    told = attendee.deliver(lab)
    context = browsers.get("chromium").new_context()
    page = context.new_page()
    judge = Judge()
    for path in (f"/deliveries/{told['id']}", "/", "/deliveries/nothing"):
        page.goto(attendee.writing + path)
        for summary in page.query_selector_all("summary"):
            summary.click()
        assert judge.complaints(page) == [], path
        page.set_viewport_size({"width": 390, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
        page.set_viewport_size({"width": 1280, "height": 800})
    context.close()


# Acts after 24 seconds, and is never quiet until then.
LATE = """<script>setInterval(() => fetch("/x"), 300);
setTimeout(() => document.forms[0].submit(), 24_000)</script>"""


@pytest.mark.long
@pytest.mark.sample(0)
def test_she_stays_longer_when_asked(guarded: Site) -> None:
    attendee = Attendee(guarded)
    lab = attendee.lab("no-defense")
    attendee.store(FORM.format(bank=lab.url, more="") + LATE)
    assert attendee.deliver(lab)["visits"]["chromium"]["outcome"] == "blocked"
    assert attendee.deliver(lab, stay=60)["visits"]["chromium"]["outcome"] == "forged"


def test_a_visit_goes_on_after_the_browsers_program_was_killed() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        Playground(var_dir=Path(folder), victims_browser=True) as playground,
    ):
        found = Site(playground.victim_port, playground.attacker_port)
        attendee = Attendee(found)
        lab = attendee.lab("no-defense")
        there = "Deliver to alice"
        assert soon(lambda: there in attendee.get("/").text, PATIENCE), "no victim's browser came"
        body = FORM.format(bank=lab.url, more="")
        attendee.store(body + "<script>setTimeout(() => document.forms[0].submit(), 900)</script>")
        said = json.dumps({"lab": lab.label})
        headers = {"Content-Type": "application/json"}
        made = found.request(attendee.host, "POST", "/api/deliveries", headers, said)
        where = f"/api/deliveries/{json.loads(made.body)['id']}"

        def state() -> str:
            return str(json.loads(attendee.get(where).body)["state"])

        assert soon(lambda: state() == "running", PATIENCE)
        bot = psutil.Process(playground.pids["bot"][0])
        browsers = bot.children(recursive=True)
        bot.kill()
        assert soon(lambda: bot.pid not in playground.pids["bot"], 10)

        def over() -> bool:
            playground.revive()  # As the runner does, again and again.
            return state() == "over"

        assert soon(over, PATIENCE)
        (visit,) = json.loads(attendee.get(where).body)["browsers"]
        assert visit["outcome"] == "forged", visit
        assert not psutil.wait_procs(browsers, timeout=20)[1], "a browser has outlived its program"


@pytest.mark.long
@pytest.mark.parametrize(("label", "status"), [("no-defense", 1), ("csrf-token", 0)])
@pytest.mark.sample(1)
def test_what_has_worked_fails_as_a_test_until_it_is_stopped(
    guarded: Site, tmp_path: Path, label: str, status: int
) -> None:
    attendee = Attendee(guarded)
    lab = attendee.lab("no-defense")
    attendee.store(FORM.format(bank=lab.url, more="<button>Win</button>"))
    told = attendee.deliver(lab)
    saved = attendee.get(f"/deliveries/{told['id']}/test.py")
    assert saved.status == 200, saved.text
    # To another lab of the same owner, as a developer who has fixed it.
    test = tmp_path / "test_exploit_1.py"
    test.write_text(saved.text.replace(lab.label, attendee.lab(label).label))

    inherited = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "csrf_proof.plugin", "-p", "no:cacheprovider"),
            *("--rootdir", str(tmp_path), "-k", "chromium and not 3pc", str(test)),
        ],
        cwd=tmp_path,
        env=inherited | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )

    assert done.returncode == status, done.stdout + done.stderr
    assert ("FORGED  stored-exploit-cross-site-chromium" in done.stdout) is bool(status)


GREEDY = {
    "a loop": ("<script>while (true) {}</script>", "", "processor"),
    "a thousand windows": (
        "<script>onload = () => { for (let i = 0; i < 1000; i++) open('/' + i); }</script>",
        "failed",
        "10 windows",
    ),
    "memory": (
        """<script>const all = []; setInterval(() => {
        for (let i = 0; i < 20; i++) all.push(new Uint8Array(2e7).fill(7)); }, 20);
        fetch("/x"); setInterval(() => fetch("/x"), 300);</script>""",
        "failed",
        "memory",
    ),
}


@pytest.mark.parametrize(("body", "state", "says"), GREEDY.values(), ids=GREEDY)
@pytest.mark.sample(1)
def test_a_greedy_page_is_ended_and_the_next_visit_works(
    guarded: Site, body: str, state: str, says: str
) -> None:
    attendee = Attendee(guarded)
    lab = attendee.lab("no-defense")
    attendee.store(body)
    visit = attendee.deliver(lab)["visits"]["chromium"]
    # On a busy machine, one loop doesn't get as much of a processor as a page may have.
    assert visit["state"] in ({state} if state else {"done", "failed"})
    assert says in visit["sentence"] or visit["evidence"]["quiet"] is False
    assert visit["outcome"] in {None, "blocked"}

    attendee.store(FORM.format(bank=lab.url, more="") + FIRES)
    assert attendee.deliver(lab)["visits"]["chromium"]["outcome"] == "forged"


# A loop gets little of a processor that others are using, so here the program allows less.
STRICT = """
from victim_bot import __main__, bot
bot.MOST_CPU = 0.05
__main__.main()
"""


def test_a_page_that_loops_is_ended_and_told_so() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        Playground(var_dir=Path(folder)) as playground,
        subprocess.Popen(
            [sys.executable, "-c", STRICT],
            cwd=ROOT,
            env=playground.environment,
            stdin=subprocess.PIPE,
        ) as strict,
    ):
        attendee = Attendee(Site(playground.victim_port, playground.attacker_port))
        lab = attendee.lab("no-defense")
        there = "Deliver to alice"
        assert soon(lambda: there in attendee.get("/").text, PATIENCE), "no victim's browser came"
        attendee.store("<script>while (true) {}</script>")
        visit = attendee.deliver(lab)["visits"]["chromium"]
        assert (visit["state"], visit["outcome"]) == ("failed", None), visit
        assert "kept the processor busy for more than 1 s," in visit["sentence"]
        assert strict.stdin
        strict.stdin.close()  # It ends with its input.
        assert strict.wait(30) == 0


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root has another user")
@pytest.mark.sample(0)
def test_where_the_playground_is_roots_the_browsers_arent(guarded: Site) -> None:
    attendee = Attendee(guarded)
    lab = attendee.lab("no-defense")
    attendee.store("<script>setInterval(() => fetch('/x'), 200)</script>")
    users: dict[str, set[int]] = {}

    def look() -> None:
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.Error):
                if "csrf-victim-" in process.environ().get("HOME", ""):
                    users.setdefault(process.name(), set()).add(process.uids().real)

    with ThreadPoolExecutor(1) as pool:
        made = pool.submit(attendee.deliver, lab, PROFILES)
        while not made.done():
            look()
            time.sleep(0.3)
    assert {each["state"] for each in made.result()["browsers"]} == {"done"}
    # What starts a browser is root's until it has become another user.
    browsers = {name: whose for name, whose in users.items() if not name.endswith(".sh")}
    assert browsers
    assert all(0 not in whose for whose in browsers.values()), users


class Outside(BaseHTTPRequestHandler):
    """Something else on this machine, which notes who asks."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()

    def do_POST(self) -> None:
        self.do_GET()


ESCAPES = """<!doctype html>
<img src="http://127.0.0.1:{port}/image"><img src="http://localhost:{port}/name">
<img src="http://[::1]:{port}/six"><img src="http://evil.localhost:{port}/port">
<img src="http://other.localhost:{port}/other"><img src="http://example.com/internet">
<img src="file:///etc/hostname"><iframe src="http://127.0.0.1:{port}/frame"></iframe>
<iframe src="file:///etc/hostname"></iframe>
<link rel="dns-prefetch" href="http://127.0.0.1:{port}/">
<link rel="preconnect" href="http://127.0.0.1:{port}/">
<link rel="prefetch" href="http://127.0.0.1:{port}/prefetch">
<form action="http://127.0.0.1:{port}/form" method="post" target="frame"></form>
<iframe name="frame"></iframe>
<script>
fetch("http://127.0.0.1:{port}/fetch", {{ mode: "no-cors" }}).catch(() => 0);
fetch("http://127.0.0.1:{victim}/api/labs/no-defense").catch(() => 0);
navigator.sendBeacon("http://127.0.0.1:{port}/beacon");
document.forms[0].submit();
try {{ new WebSocket("ws://127.0.0.1:{port}/socket"); }} catch {{}}
try {{ new EventSource("http://127.0.0.1:{port}/events"); }} catch {{}}
try {{ const peer = new RTCPeerConnection({{ iceServers: [{{ urls: "stun:127.0.0.1:{port}" }}] }});
  peer.createDataChannel("x");
  peer.createOffer().then((offer) => peer.setLocalDescription(offer)); }} catch {{}}
try {{ open("http://127.0.0.1:{port}/window"); }} catch {{}}
const link = document.createElement("a");
link.href = URL.createObjectURL(new Blob(["x"])); link.download = "fence.txt"; link.click();
setTimeout(() => {{ location = "file:///etc/hostname"; }}, 600);
setTimeout(() => {{ location = "http://127.0.0.1:{port}/top"; }}, 900);
</script>"""


def test_nothing_outside_the_playground_can_be_reached(guarded: Site) -> None:
    attendee = Attendee(guarded)
    lab = attendee.lab("no-defense")
    Outside.asked.clear()
    with serve(Outside) as port:
        attendee.store(ESCAPES.format(port=port, victim=guarded.victim_port))
        told = attendee.deliver(lab, PROFILES)

    assert Outside.asked == []
    for visit in told["browsers"]:
        assert visit["state"] == "done", visit
        evidence = visit["evidence"]
        refused = " ".join(evidence["refused"])
        for place in (f"127.0.0.1:{port}", f"evil.localhost:{port}", "example.com"):
            assert place in refused, evidence["refused"]
        assert not any(address.startswith("file:") for address in evidence["navigation"])
        read = [one for one in evidence["requests"] if one["url"].startswith("file:")]
        assert all(one["failed"] or one["status"] is None for one in read)


SAVES = """(name) => { const link = document.createElement("a"); link.download = name;
  link.href = URL.createObjectURL(new Blob(["x"])); link.click(); }"""


def saves(browser: Browser, *, downloads: bool) -> bool:
    """Tell whether a file that a page has a browser download is somewhere afterwards."""
    with windows.fresh(browser, downloads=downloads) as window:
        page = window.page
        begun: list[Download] = []
        page.on("download", lambda download: begun.append(download))
        page.goto("about:blank")
        name = f"fence-{secrets.token_hex(4)}.txt"
        page.evaluate(SAVES, name)
        page.wait_for_timeout(1_500)
        # A stock Firefox tells of no download, but the file has that name.
        files = list(Path(tempfile.gettempdir()).glob(f"playwright-artifacts-*/{name}"))
        return bool(files) or any(not one.failure() for one in begun)


def test_what_a_page_downloads_is_not_saved(profile: str, browsers: Browsers) -> None:
    assert saves(browsers.get(profile), downloads=True), "otherwise this shows nothing"
    assert not saves(browsers.get(profile), downloads=False)


def test_deliveries_are_ones_own(guarded: Site) -> None:
    attendee, another = Attendee(guarded), Attendee(guarded)
    attendee.store("hello")
    headers = {"Content-Type": "application/json"}
    said = json.dumps({"lab": another.lab("no-defense").label})
    answer = guarded.request(attendee.host, "POST", "/api/deliveries", headers, said)
    assert answer.status == 403
    told = attendee.deliver(attendee.lab("no-defense"))
    assert another.get(f"/api/deliveries/{told['id']}").status == 404
    assert until(lambda: another.get("/").status == 200 or None, "page", "the workbench")


CLASSIC = [
    lab
    for lab in tomllib.loads(
        (ROOT / "victim_site/teaching/reference/known_labs.toml").read_text(encoding="utf-8")
    )["labs"]
    if lab["publisher"].startswith("PortSwigger")
]


@pytest.mark.parametrize("known", CLASSIC, ids=lambda known: known["name"])
@pytest.mark.sample(4)
def test_a_classic_lab_is_solved_by_the_protocol_alone(
    guarded: Site, known: dict[str, str]
) -> None:
    """At the 302 the visit is over, and the bank's state is what the attack wants."""
    attendee = Attendee(guarded)
    lab = attendee.lab(known["lab"])
    attendee.start_from(known["attack"], lab.label)
    answer = attendee.get(f"/deliver-to-victim?lab={lab.label}&from={known['position']}")
    assert answer.status == 302, answer.text
    state = lab.state()
    done = {attempt["action"] for attempt in state["attempts"] if attempt["reason"] is None}
    # Reading leaves nothing in the accounts.
    assert state["accounts"]["alice"]["balance"] < 1000 or "statement" in done
