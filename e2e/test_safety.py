"""What is not meant to be attacked holds: the teaching side, other labs, and the world outside."""

from __future__ import annotations

import collections
import json
import re
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urljoin, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import BrowserContext, Page

import matrix
from e2e import attacks, profiles
from e2e.bank import Lab, Site, browser_cookies
from e2e.conftest import Browsers

# Axe takes two seconds a page, and pages of one template are alike. All of them are opened.
JUDGED_OF_A_KIND = 4
ATTEMPTS = [
    '<img src="ADDRESS">',
    '<form method="post" action="ADDRESS"></form><script>document.forms[0].submit()</script>',
    '<script>fetch("ADDRESS", {method: "POST", mode: "no-cors", credentials: "include"})</script>',
]


class HostilePage(BaseHTTPRequestHandler):
    """Serves whatever page the test wrote last."""

    page = ""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(self.page.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def hostile() -> Iterator[str]:
    """An attacker's site of the test's own, which aims where the playground's attacker will not."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), HostilePage)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://evil.localhost:{server.server_port}/"
    server.shutdown()
    server.server_close()


def requests_that_end(page: Page) -> list[str]:
    """Return a list that fills with the addresses of requests that are over, well or not."""
    ended: list[str] = []
    page.on("requestfinished", lambda request: ended.append(request.url))
    page.on("requestfailed", lambda request: ended.append(request.url))
    return ended


def unsafe_addresses(site: Site, lab: str) -> set[str]:
    """Return every address of the teaching side that takes an unsafe method, as it tells itself:
    the POST operations of its OpenAPI document, and the forms on its pages."""
    document = json.loads(site.get("playground.localhost", "/api/openapi.json").body)
    found = {path for path, methods in document["paths"].items() if set(methods) - {"get"}}
    page = site.get("playground.localhost", f"/labs/{lab}/").text
    found |= set(re.findall(r'<form method="post" action="([^"]+)"', page))
    return {site.playground + path.replace("{lab}", lab) for path in found}


def test_the_teaching_side_survives_the_attacks_that_it_shows(
    context: BrowserContext, site: Site, hostile: str
) -> None:
    lab = Lab(site, "no-defense")
    lab.sign_in()
    page = context.new_page()
    page.goto(f"{site.playground}/labs/{lab.label}/")  # So that the visitor has its CSRF cookie.
    before = lab.state()
    assert before["attempts"], "a reset would not show"
    addresses = unsafe_addresses(site, lab.label)
    assert len(addresses) == 2, addresses
    for address in addresses:
        for attempt in ATTEMPTS:
            HostilePage.page = attempt.replace("ADDRESS", address)
            attacker = context.new_page()
            ended = requests_that_end(attacker)
            attacker.goto(hostile, wait_until="commit")
            deadline = time.monotonic() + 10
            while address not in ended:
                assert time.monotonic() < deadline, f"{attempt} was never sent"
                attacker.wait_for_timeout(20)
    assert lab.state() == before

    page.click("text=Reset this lab")  # The control: the page's own button does reset.
    page.wait_for_selector("text=Nothing yet")
    assert lab.state()["attempts"] == []


# Where the bank has no token cookie, there is none to toss.
@pytest.mark.parametrize("label", ["no-defense", "naive-double-submit"])
def test_no_attack_changes_another_lab(browsers: Browsers, site: Site, label: str) -> None:
    other = Lab(site, label)
    with profiles.fresh_context(browsers.get("chromium")) as context:
        profiles.sign_in_by_hand(context, other)
        state, cookies = other.state(), context.cookies(other.url)
        assert cookies
        for attack, position in matrix.load().rows:
            # A new one each: alice's money does not last for all.
            target = Lab(site, matrix.load().lab(attack, label))
            context.add_cookies(browser_cookies(target.sign_in(), target.host))
            last = target.state()["attempts"][-1]["id"]
            attacks.launch(context.new_page(), site, attack, position, target.label)
            action = attacks.about(attack)["action"]
            target.wait_for(action, last, "websocket" if action == "statement" else "act")
        profiles.sign_in_by_hand(context, target)
        assert other.state() == state
        assert context.cookies(other.url) == cookies


def test_a_session_of_one_lab_opens_no_other(context: BrowserContext, site: Site) -> None:
    mine, other = Lab(site, "no-defense"), Lab(site, "no-defense")
    profiles.sign_in_by_hand(context, mine)
    page = context.new_page()
    page.goto(other.url)
    assert page.url == f"{other.url}/login"


def test_no_page_asks_the_outside_and_none_is_hard_to_use(browsers: Browsers, site: Site) -> None:
    """Crawl both sites and the bank, signed in; watch every request; let axe judge each page."""
    lab = Lab(site, "no-defense")
    hosts = {"playground.localhost", "evil.localhost", lab.host}
    waiting = [f"{site.playground}/", f"http://evil.localhost:{site.attacker_port}/", f"{lab.url}/"]
    seen: set[str] = set()
    shapes: set[str] = set()
    outside: list[str] = []
    complaints: list[str] = []
    judged: collections.Counter[str] = collections.Counter()
    with profiles.fresh_context(browsers.get("chromium")) as context:
        profiles.sign_in_by_hand(context, lab)
        page = context.new_page()

        def watch(address: str) -> None:
            host = urlsplit(address).hostname or ""
            if not (host.endswith(".localhost") or address.startswith(("data:", "about:"))):
                outside.append(address)

        context.on("request", lambda request: watch(request.url))
        while waiting:
            address = waiting.pop(0)
            if address in seen:
                continue
            seen.add(address)
            shape = re.sub(r"--for-[a-z0-9]+|\?.*", "", address)
            if is_exploit(address) or shape in shapes:
                continue
            shapes.add(shape)
            answer = page.goto(address)
            assert answer is not None
            assert answer.status == 200, address
            links = page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)")
            waiting += [
                urljoin(address, link).partition("#")[0]
                for link in links
                if urlsplit(link).hostname in hosts
            ]
            kind = kind_of(shape)
            judged[kind] += 1
            if judged[kind] > JUDGED_OF_A_KIND:
                continue
            for violation in Axe().run(page).response["violations"]:
                if violation["impact"] in {"serious", "critical"}:
                    complaints.append(f"{address}: {violation['help']}")
    assert outside == []
    assert complaints == []
    assert len(shapes) > 40, "the crawl missed most pages"


def kind_of(address: str) -> str:
    """Return an address without its slug: what is left is one template."""
    return re.sub(
        r"/(attacks|defenses|labs|weaknesses)/[^/]+/|:\d+/[^/]+/(?=behind/)", r"/\1/…/", address
    )


def is_exploit(address: str) -> bool:
    """Tell whether opening the address would launch an attack."""
    parts = urlsplit(address)
    rows = {attack for attack, _ in matrix.load().rows}
    return parts.hostname == "evil.localhost" and parts.path.strip("/") in rows
