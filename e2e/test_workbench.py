"""Exploits that attendees write work in browsers, and reach nothing but what they're aimed at."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page

from csrf_proof import profiles
from e2e.accessibility import Judge
from e2e.bank import Lab, Site, sign_in_by_hand, until
from e2e.conftest import Browsers
from e2e.workbench import Workbench
from tools.run import ROOT

ROBS = """<!doctype html>
<form action="{bank}/transfer" method="post">
  <input name="to" value="mallory"><input name="amount" value="100">
</form>
<script>document.forms[0].submit()</script>
"""
# Tries everything that a page can, and sends what it got to its own access log.
TRIES = """<!doctype html>
<form method="post" target="frame"><input name="formAction" value="STORE">
  <input name="responseBody" value="theirs"></form>
<iframe name="frame"></iframe>
<script type="module">
const { secret, others, evil } = ADDRESSES;
const got = {};
const written = new URLSearchParams({ formAction: "STORE", responseBody: "theirs" });
const attempt = async (name, act) => {
  try { got[name] = await act(); } catch (error) { got[name] = "refused"; }
};
for (const address of others) {
  await attempt(address, async () => (await fetch(address, { credentials: "include" })).text());
  await attempt(`window ${address}`, async () => {
    const opened = open(address);
    await new Promise((done) => setTimeout(done, 800));
    return opened.document.body.innerText;
  });
}
await attempt("store, read", async () =>
  (await fetch(secret, { method: "POST", body: written })).text());
await attempt("store, unread", async () =>
  (await fetch(secret, { method: "POST", body: written, mode: "no-cors" })).type);
await attempt("owner", async () =>
  (await fetch(`${evil}/api/owners`, { method: "POST", body: "{}" })).text());
document.forms[0].action = secret;
document.forms[0].submit();
await new Promise((done) => { document.querySelector("iframe").onload = done; });
document.title = "done";
await fetch("/got", { method: "POST", body: JSON.stringify(got) });
document.title = "sent";
</script>
"""


def page_of(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(address, wait_until="commit")
    return page


def test_an_attendees_own_page_robs_alice_from_its_own_site(
    profile: str, browsers: Browsers, site: Site
) -> None:
    lab = Lab(site, "no-defense")
    bench = Workbench(site)
    bench.store(ROBS.format(bank=lab.url))
    with profiles.fresh_context(browsers.get(profile)) as context:
        sign_in_by_hand(context, lab)
        before = lab.state()["attempts"][-1]["id"]

        page_of(context, bench.url)

        attempt, state = lab.wait_for("transfer", before)
    assert attempt["origin"] == bench.origin
    assert attempt["sec_fetch_site"] == "cross-site"
    assert attempt["outcome"] == "applied"
    assert state["accounts"]["alice"]["balance"] == 900
    assert until(lambda: "GET /exploit" in bench.get("/log").text or None, "line", "the log")


def test_an_attendees_page_reads_and_stores_nothing_elsewhere(
    profile: str, browsers: Browsers, site: Site
) -> None:
    mine, theirs = Workbench(site), Workbench(site)
    theirs.store("their own secret")
    others = [
        f"{site.playground}/lessons/",
        f"{site.playground}/api/labs/no-defense",
        f"{mine.writing}/",
        f"{mine.writing}/log",
        f"{theirs.writing}/",
        theirs.url,
        f"{site.addresses.evil}/",
    ]
    addresses = {"secret": f"{theirs.writing}/", "others": others, "evil": site.addresses.evil}
    mine.store(TRIES.replace("ADDRESSES", json.dumps(addresses)))
    with profiles.fresh_context(browsers.get(profile)) as context:
        page = page_of(context, mine.url)
        page.wait_for_function("document.title === 'sent'", timeout=30_000)
    log = mine.get("/log").text
    got = json.loads(log.partition("<pre><code>")[2].partition("</code>")[0].replace("&#34;", '"'))

    # Where a page cuts itself off from its opener, Firefox shows that an empty document.
    assert {text for name, text in got.items() if name.startswith("window")} <= {"refused", ""}
    assert {text for name, text in got.items() if not name.startswith("window")} == {"refused"}
    assert len(got) == 2 * len(others) + 3
    assert "their own secret" in theirs.get("/").text
    assert "theirs" not in theirs.get("/").text


def test_a_newcomer_writes_an_exploit_and_is_its_victim_without_scripts(
    profile: str, browsers: Browsers, site: Site
) -> None:
    lab = Lab(site, "no-defense")
    without_scripts = browsers.get(profile).new_context(java_script_enabled=False)
    with closing(without_scripts) as context:
        page = page_of(context, f"{site.addresses.evil}/image-get/behind/?lab={lab.label}")
        page.click("text=Edit this exploit at the workbench")
        page.click("text=Get a workbench")
        page.click("text=Open your workbench")
        assert lab.url in page.input_value("[name=responseBody]")
        page.fill("[name=responseBody]", f"<img src='{lab.url}/transfer?to=mallory&amount=7'>")
        writing = page.url.partition("/?")[0]
        page.click("text='Store'")
        page.wait_for_selector("text=Be the victim yourself")

        with context.expect_page() as opened:
            page.click("text=Sign in as alice")
        opened.value.click("main button")
        opened.value.wait_for_selector("h1.greeting")
        before = lab.state()["attempts"][-1]["id"]
        with context.expect_page() as opened:
            page.click("text=Open your exploit")
        attempt, _ = lab.wait_for("transfer", before)
        assert attempt["origin"] is None
        assert attempt["referer"] == f"{page.inner_text('.lead code')}/"
        with context.expect_page() as opened:
            page.click("text=See what the bank did")
        assert lab.label in opened.value.inner_text("h1, h2")

        page.click("text=Store and see the access log")
        page.wait_for_url(f"{writing}/log")
        assert "GET /exploit" in page.inner_text("table")
        # The secret host is in no header of the request for the exploit.
        assert writing.partition("//")[2] not in page.inner_text("table")


def test_what_is_only_shown_sends_nothing(profile: str, browsers: Browsers, site: Site) -> None:
    lab = Lab(site, "no-defense")
    bench = Workbench(site)
    sends = f"{lab.url}/transfer?to=mallory&amount=7"
    bench.store(
        f"""<h1>Shown</h1><img src="{sends}"><link rel="stylesheet" href="{sends}">
        <style>body {{ background: url("{sends}") }}</style><iframe src="{sends}"></iframe>
        <meta http-equiv="refresh" content="0;url={sends}"><script>location = "{sends}"</script>
        <form action="{sends}" method="post"></form><script>document.forms[0].submit()</script>"""
    )
    with profiles.fresh_context(browsers.get(profile)) as context:
        sign_in_by_hand(context, lab)
        before = lab.state()
        page = page_of(context, f"{bench.writing}/")
        page.locator("iframe").scroll_into_view_if_needed()
        page.frame_locator("iframe").get_by_text("Shown").wait_for()
        page.goto(f"{bench.writing}/preview/1")
        page.get_by_text("Shown").wait_for()
        page.goto(f"{bench.writing}/")  # By then, everything that the preview asks for was asked.
    assert lab.state() == before


# How csrf-proof is told about a workbench: no one signs in, since the address is the key.
RECIPE = """
import html, http.client, re
from csrf_proof import Action

def state():
    connection = http.client.HTTPConnection("127.0.0.1", {port})
    connection.request("GET", "/", headers={{"Host": "{host}:{port}"}})
    page = connection.getresponse().read().decode()
    connection.close()
    return re.search(r'<textarea id="body"[^>]*>(.*?)</textarea>', page, re.DOTALL)[1]

def act(page, value):
    page.goto("{writing}/")
    page.fill("[name=responseBody]", value)
    page.click("text='Store'")
    page.wait_for_selector("text=Be the victim yourself")

store = Action(sign_in=lambda page: page.goto("{writing}/"), act=act, state=state)
"""


@pytest.mark.long
def test_no_attack_of_the_catalogue_stores_on_somebodys_behalf(site: Site, tmp_path: Path) -> None:
    if site.scheme == "https":
        pytest.skip("the recipe reads the state over http")
    bench = Workbench(site)
    bench.store("first")
    recipe = tmp_path / "recipe.py"
    said = RECIPE.format(port=site.attacker_port, host=bench.host, writing=bench.writing)
    recipe.write_text(said)
    command = [sys.executable, "-m", "csrf_proof", "run", str(recipe), "--url", bench.writing]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)

    # The honest user goes first: without that, nothing would be judged, and the status be another.
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"All \d+ attacks were blocked", done.stdout), done.stdout
    assert "form-post-cross-site-chromium" in done.stdout


def test_what_is_written_is_in_colors_and_the_keyboard_leads_on(
    profile: str, browsers: Browsers, site: Site
) -> None:
    bench = Workbench(site)
    with profiles.fresh_context(browsers.get(profile)) as context:
        page = context.new_page()
        said: list[str] = []
        asked: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{bench.writing}/")
        body = page.locator("[name=responseBody]")
        page.locator(".prism-code-editor").wait_for()
        page.get_by_label("Body", exact=True).click()
        page.keyboard.type('<form action="/x"><script>const a = "b";</script>')
        for kind in ("tag", "attr-name", "attr-value", "keyword", "string"):
            assert page.locator(f".pce-line .token.{kind}").count(), kind
        color = "(token) => getComputedStyle(token).color"
        colors = {
            page.locator(f".pce-line .token.{kind}").first.evaluate(color)
            for kind in ("tag", "attr-name", "keyword")
        }
        assert len(colors) == 3
        # The colors' layer takes as much room as the text, or the cursor would be elsewhere.
        sizes = page.locator(".pce-line .token").evaluate_all(
            "(tokens) => tokens.map((token) => getComputedStyle(token).padding + "
            "getComputedStyle(token).fontSize)"
        )
        assert len(set(sizes)) == 1

        body.press("Escape")
        assert page.evaluate("document.activeElement === document.body")
        body.focus()
        body.press("Tab")
        assert page.evaluate("document.activeElement.value") == "STORE"
        page.keyboard.press("Shift+Tab")
        body.press("End")
        body.type("\n<!-- ü -->")
        # Afterwards, the preview says that it runs nothing.
        assert said == []
        page.click("text='Store'")
        page.wait_for_selector("text=Be the victim yourself")
        written = '<form action="/x"><script>const a = "b";</script>\n<!-- ü -->'
        assert body.input_value() == written

        body.fill("<b>" * 40_000)
        assert page.locator(".language-text").count() == 1
        body.fill("<b>")
        assert page.locator(".language-markup .token.tag").count()
    assert bench.get("/versions/1").text == written.replace("\n", "\r\n")
    assert {urlsplit(address).hostname for address in asked} == {bench.host}


def test_the_workbenchs_pages_are_usable_and_fit(context: BrowserContext, site: Site) -> None:
    bench = Workbench(site)
    bench.store("<h1>Hello</h1>")
    site.get(bench.url.split("/")[2].partition(":")[0], "/exploit?token=" + "x" * 300)
    judge = Judge()
    page = context.new_page()
    evil = f"{site.addresses.evil}/workbench/"
    for address in (
        evil,
        f"{evil}?attack=form-post&lab=csrf-token",
        f"{bench.writing}/",
        f"{bench.writing}/?attack=form-post&lab=csrf-token",
        f"{bench.writing}/log",
        f"{bench.writing}/?lab=.",
        f"{bench.writing}/nothing",
    ):
        page.goto(address)
        assert judge.complaints(page) == [], address
        page.set_viewport_size({"width": 390, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, address
        page.set_viewport_size({"width": 1280, "height": 800})
