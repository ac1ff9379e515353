"""The playground at other domains: `*.bank.test` against `evil.example`, over https.

Browsers find the names by a mapping of their own, so no resolver has to know them. What's claimed
for these cells is what the matrix states for the default domains.
"""

from __future__ import annotations

import http.server
import os
import shutil
import ssl
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, Playwright, expect

from catalogue import matrix
from catalogue.addresses import Domains
from csrf_proof.browsers import launch, plan
from e2e import guide
from e2e.bank import Lab, Site
from tools import certificates
from tools.run import Playground, free_port

DOMAINS = Domains("play.example.net", "bank.test", "evil.example")
ENVIRONMENT = {f"{name.upper()}_DOMAIN": domain for name, domain in vars(DOMAINS).items()}
# By what is different there: the site relation, third-party cookies, SameSite, a host that begins
# like the bank's, a header that browsers send to trustworthy hosts only.
CELLS = [
    "chromium/image-get/cross-site/no-defense",
    "chromium/form-post/cross-site/samesite-lax",
    "chromium/form-post/subdomain/samesite-strict",
    "chromium/form-post/cross-site/csrf-token",
    "chromium/form-post/subdomain/fetch-metadata",
    "chromium/form-post/lookalike/origin-prefix",
    "chromium-no-3pc/image-get/cross-site/no-defense",
    "firefox/form-post/cross-site/samesite-lax",
]
STATED = {cell.name: cell for cell in matrix.load().cells()}
RELATIONS = {"cross-site": "cross-site", "lookalike": "cross-site", "subdomain": "same-site"}


@pytest.fixture(scope="module")
def playground() -> Iterator[Playground]:
    with (
        tempfile.TemporaryDirectory(prefix="csrf-playground-") as folder,
        Playground(var_dir=Path(folder), https=True, env=ENVIRONMENT) as running,
    ):
        yield running


@pytest.fixture(scope="module")
def elsewhere(playground: Playground) -> Site:
    ports = playground.victim_port, playground.attacker_port
    return Site(*ports, "https", domains=DOMAINS)


@contextmanager
def page_in(playwright: Playwright, profile: str, *names: str) -> Iterator[Page]:
    """A page of a browser that finds these names on this machine."""
    browser: Browser = launch(
        playwright,
        profile,
        extra_args=[] if profile == "firefox" else ["--host-resolver-rules=MAP * 127.0.0.1"],
        firefox_prefs={"network.dns.localDomains": ",".join(names)},
    )
    context = browser.new_context(ignore_https_errors=True)
    try:
        yield context.new_page()
    finally:
        context.close()
        browser.close()


def sign_in(page: Page, lab: Lab) -> None:
    page.goto(f"{lab.url}/login")
    page.click("main button")
    page.wait_for_selector("h1.greeting")


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.sample(4)
def test_a_cell_holds_at_other_domains(elsewhere: Site, playwright: Playwright, name: str) -> None:
    cell = STATED[name]
    lab = Lab(elsewhere, cell.defense)
    named = (DOMAINS.evil, DOMAINS.community(lab.label), DOMAINS.lookalike(lab.label))
    with page_in(playwright, cell.profile, lab.host, *named) as page:
        sign_in(page, lab)
        before = lab.state()["attempts"][-1]["id"]
        attack_page = elsewhere.attack_page(cell.attack, cell.position, lab.label)
        page.goto(attack_page, wait_until="commit")
        action = "logout" if cell.attack == "image-get" else "transfer"
        attempt, state = lab.wait_for(action, before)

    alice = state["accounts"]["alice"]
    acted = alice["sessions"] == 0 if action == "logout" else alice["balance"] == 900
    assert acted == (cell.outcome == matrix.FORGED)
    assert acted or (alice["sessions"], alice["balance"]) == (1, 1000)
    assert attempt["reason"] == cell.reason
    assert attempt["sec_fetch_site"] == RELATIONS[cell.position]


@pytest.mark.parametrize("kind", ["chromium", "firefox"])
def test_an_honest_user_pays_with_a_prefixed_cookie(
    elsewhere: Site, playwright: Playwright, kind: str
) -> None:
    lab = Lab(elsewhere, "host-prefix")
    with page_in(playwright, kind, lab.host) as page:
        sign_in(page, lab)
        page.click("#quick button")
        page.wait_for_selector("#quick-result:text-is('Paid 10.')")
    state = lab.state()["accounts"]["alice"]
    assert (state["balance"], state["email"]) == (990, f"alice@{DOMAINS.bank}")


def test_the_three_clicks_lead_through_all_three_domains(
    elsewhere: Site, playwright: Playwright
) -> None:
    with page_in(playwright, "chromium") as page:
        asked: list[str] = []
        page.context.on("request", lambda request: asked.append(request.url))
        page.goto(elsewhere.playground)
        page.click("main a[href*='#try=']")
        page.click("main form[action='/login'] button")
        guide.there_and_back(page, "image-get")
        page.click("text=See what happened")
        expect(page.locator("h1")).to_have_text("A kitten signed you out")
    hosts = {address.split("/")[2].partition(":")[0] for address in asked}
    assert hosts == {"no-defense--for-kitten.bank.test", DOMAINS.evil, DOMAINS.playground}


@pytest.mark.parametrize("position", RELATIONS)
def test_the_bank_knows_a_visitor_from_each_of_the_attackers_hosts(
    elsewhere: Site, playwright: Playwright, position: str
) -> None:
    lab = Lab(elsewhere, "no-defense")
    with page_in(playwright, "chromium") as page:
        page.goto(f"{lab.url}/login#try=form-post.{position}")
        page.click("main button")
        page.wait_for_selector("h1.greeting")
        guide.there_and_back(page, "form-post")
        page.wait_for_selector("text=the attacker led you here")
        page.click("text=E-mail")
        page.wait_for_selector("h1:has-text('mail')")
        page.wait_for_selector("text=Step 3 of 3")
        assert "led you" not in page.inner_text(".step")


@contextmanager
def server(authority: certificates.Authority, name: str, folder: Path) -> Iterator[int]:
    """A server with a certificate signed by the authority's key, whatever its constraints."""
    certificate = folder / f"{name}.pem"
    certificate.write_bytes(replace(authority, tops=(name,)).certificate(name))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, authority.hosts_key_file)
    port = free_port()

    class Hello(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"hello")

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", port), Hello) as running:
        running.socket = context.wrap_socket(running.socket, server_side=True)
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield port
        running.shutdown()
        thread.join()


@pytest.mark.skipif(not shutil.which("certutil"), reason="certutil (libnss3-tools) isn't installed")
def test_a_browser_that_trusts_the_authority_trusts_it_for_the_configured_domains_alone(
    tmp_path: Path, playwright: Playwright
) -> None:
    """A stolen key must not vouch for any other name."""
    authority = certificates.authority(tmp_path, DOMAINS)
    database = tmp_path / ".pki" / "nssdb"
    database.mkdir(parents=True)
    for command in (["-N", "--empty-password"], ["-A", "-t", "C,,", "-n", "ca", "-i"]):
        arguments = [*command, str(authority.file)] if "-i" in command else command
        subprocess.run(["certutil", "-d", f"sql:{database}", *arguments], check=True)
    # Chromium on Linux reads the authorities that a user has added from there.
    options = plan(
        playwright, "chromium", extra_args=["--host-resolver-rules=MAP * 127.0.0.1"]
    ).options
    browser = playwright.chromium.launch(**options, env={**os.environ, "HOME": str(tmp_path)})
    try:
        page = browser.new_page()
        for name in ("no-defense.bank.test", DOMAINS.community("a"), DOMAINS.lookalike("a")):
            with server(authority, name, tmp_path) as port:
                page.goto(f"https://{name}:{port}/")
                assert page.inner_text("body") == "hello"
        for name in ("example.net", "www.example.com", "other.test", "bank.localhost"):
            with (
                server(authority, name, tmp_path) as port,
                pytest.raises(Error, match="ERR_CERT"),
            ):
                page.goto(f"https://{name}:{port}/")
    finally:
        browser.close()
