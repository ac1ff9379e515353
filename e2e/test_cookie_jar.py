"""What `/cookie-jar/` says of the two attacks that aren't served is what browsers do.

They reach every cookie below one registrable domain, and so other labs. Here each has a bank and an
attacker of its own, on a server that no playground shares; the browser's context is new as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page

from e2e.bank import Site
from e2e.conftest import Browsers

PROFILES = ("chromium", "firefox")
SIGNS_OUT = {"chromium": True, "firefox": False}
FORM = b'<!doctype html><form method="post" action="/pay"><button>Pay</button></form>'


@dataclass
class Seen:
    """Who paid, in the order of the payments: the names in the cookies of each."""

    paid: list[list[str]] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    """A bank and whatever its sub-domains answer, by path."""

    seen: Seen

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        asked = {key: values[0] for key, values in parse_qs(address.query).items()}
        headers: list[tuple[str, str]] = []
        if address.path == "/sign-in":
            name, attributes = asked.get("name", "session"), asked.get("attributes", "")
            headers = [("Set-Cookie", f"{name}=alice; Path=/; HttpOnly{attributes}")]
        elif address.path == "/fill":
            numbers = range(int(asked["from"]), int(asked["to"]))
            attributes = asked.get("attributes", "")
            headers = [("Set-Cookie", f"filler{n}=x; Path=/{attributes}") for n in numbers]
        elif address.path == "/plant":
            headers = [("Set-Cookie", f"{asked['name']}=mallory; Path=/{asked['attributes']}")]
        elif address.path == "/clear":
            headers = [("Clear-Site-Data", '"cookies"')]
        self._answer(headers)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        sent = [part.strip() for part in (self.headers.get("Cookie") or "").split(";")]
        names = [morsel.value for part in sent for morsel in SimpleCookie(part).values()]
        self.seen.paid.append([name for name in names if name in {"alice", "mallory"}])
        self._answer([])

    def _answer(self, headers: list[tuple[str, str]]) -> None:
        self.send_response(200)
        for name, value in [*headers, ("Content-Type", "text/html")]:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(FORM)))
        self.end_headers()
        self.wfile.write(FORM)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@dataclass
class World:
    """Two banks below one registrable domain, one's sub-domain, another site; and a browser."""

    page: Page
    port: int
    seen: Seen

    def open(self, host: str, path: str = "/", **query: Any) -> None:
        asked = "&".join(f"{key}={value}" for key, value in query.items())
        self.page.goto(f"http://{host}:{self.port}{path}?{asked}")

    def pay(self, host: str) -> list[str]:
        """Pay at a bank; return whose cookies it got."""
        self.open(host)
        with self.page.expect_navigation():
            self.page.click("button")
        return self.seen.paid[-1]

    def fill(self, host: str, count: int, attributes: str = "", start: int = 0) -> None:
        """Set so many cookies from a host."""
        last = start + count
        self.open(host, "/fill", **{"from": start, "to": last, "attributes": attributes})


BANK, OTHER_BANK = "one.bank.localhost", "two.bank.localhost"
SUBDOMAIN, OTHER_SITE = f"community.{BANK}", "evil.localhost"


@contextmanager
def world(browser: Browser) -> Iterator[World]:
    seen = Seen()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("ThisHandler", (Handler,), {"seen": seen}))
    Thread(target=server.serve_forever, daemon=True).start()
    context = browser.new_context()
    try:
        yield World(context.new_page(), server.server_port, seen)
    finally:
        context.close()
        server.shutdown()
        server.server_close()


@pytest.fixture(params=PROFILES)
def visited_by(request: pytest.FixtureRequest) -> str:
    """The profile. It isn't called `profile`, for which `conftest` would add the third one."""
    wanted = request.config.getoption("--profile")
    if wanted and request.param not in wanted:
        pytest.skip("not asked for")
    return str(request.param)


@pytest.fixture
def both(visited_by: str, browsers: Browsers) -> Iterator[World]:
    """A browser in which alice is signed in to both banks."""
    with world(browsers.get(visited_by)) as found:
        for bank in (BANK, OTHER_BANK):
            found.open(bank, "/sign-in")
            assert found.pay(bank) == ["alice"]
        yield found


def stated(site: Site, name: str) -> str:
    """Return what the page says, in an attribute that is there for this test."""
    page = site.get("playground.localhost", "/cookie-jar/").text
    found = re.search(f'data-{name}="([^"]*)"', page)
    assert found, f"the page doesn't say {name}"
    return found[1]


def test_the_jar_holds_as_many_as_the_page_says(
    visited_by: str, browsers: Browsers, site: Site
) -> None:
    limit = int(stated(site, "limit"))
    with world(browsers.get(visited_by)) as found:
        found.open(BANK, "/sign-in")
        # With alice's own, the jar is full.
        found.fill(SUBDOMAIN, limit - 1)
        assert found.pay(BANK) == ["alice"]

        found.fill(SUBDOMAIN, 1, start=limit)

        assert found.pay(BANK) == []


def test_the_planted_cookie_takes_the_place_of_the_evicted_one(both: World, site: Site) -> None:
    both.fill(SUBDOMAIN, int(stated(site, "limit")))
    both.open(SUBDOMAIN, "/plant", name="session", attributes=f"; Domain={BANK}")

    assert both.pay(BANK) == ["mallory"]


def test_without_eviction_the_bank_gets_both_and_the_older_one_first(both: World) -> None:
    both.open(SUBDOMAIN, "/plant", name="session", attributes=f"; Domain={BANK}")

    assert both.pay(BANK) == ["alice", "mallory"]


def test_the_other_bank_loses_its_cookie_as_well(both: World, site: Site) -> None:
    both.fill(SUBDOMAIN, int(stated(site, "limit")))

    assert both.pay(OTHER_BANK) == []


def test_another_site_has_a_jar_of_its_own(both: World, site: Site) -> None:
    both.fill(OTHER_SITE, int(stated(site, "limit")) + 20)

    assert both.pay(BANK) == ["alice"]


@pytest.mark.parametrize(
    ("fillers", "paid"), {"": ["alice"], "; Secure": []}.items(), ids=["plain", "secure"]
)
def test_only_secure_cookies_evict_a_secure_one(
    visited_by: str, browsers: Browsers, site: Site, fillers: str, paid: list[str]
) -> None:
    with world(browsers.get(visited_by)) as found:
        found.open(BANK, "/sign-in", attributes="; Secure")

        found.fill(SUBDOMAIN, int(stated(site, "limit")) + 20, fillers)

        assert found.pay(BANK) == paid


def test_a_host_cookie_is_evicted_and_cannot_be_replaced(
    visited_by: str, browsers: Browsers, site: Site
) -> None:
    name = "__Host-session"
    with world(browsers.get(visited_by)) as found:
        found.open(BANK, "/sign-in", name=name, attributes="; Secure")
        found.fill(SUBDOMAIN, int(stated(site, "limit")), "; Secure")

        found.open(SUBDOMAIN, "/plant", name=name, attributes=f"; Secure; Domain={BANK}")

        assert found.pay(BANK) == []


def test_clear_site_data_signs_out_as_the_page_says(
    both: World, visited_by: str, site: Site
) -> None:
    both.open(SUBDOMAIN, "/clear")

    paid = [] if SIGNS_OUT[visited_by] else ["alice"]
    assert stated(site, f"clears-{visited_by}") == ("yes" if SIGNS_OUT[visited_by] else "no")
    assert (both.pay(BANK), both.pay(OTHER_BANK)) == (paid, paid)


def test_an_image_of_the_sub_domain_is_enough(both: World, visited_by: str) -> None:
    both.open(SUBDOMAIN)
    both.page.evaluate(
        "() => new Promise(done => {"
        "const image = new Image(); image.onload = image.onerror = done; image.src = '/clear'})"
    )

    assert both.pay(BANK) == ([] if SIGNS_OUT[visited_by] else ["alice"])


def test_another_site_clears_its_own_cookies_only(both: World) -> None:
    both.open(OTHER_SITE, "/clear")

    assert both.pay(BANK) == ["alice"]


def test_the_attacks_on_the_page_are_not_served(site: Site) -> None:
    for attack in ("evicted-cookie-post", "clear-site-data"):
        assert f'id="{attack}"' in site.get("playground.localhost", "/cookie-jar/").text
        assert site.get(OTHER_SITE, f"/{attack}/?lab=no-defense").status == 404
