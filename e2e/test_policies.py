"""The requests on /policies/ are those that browsers send: each is made, and its headers compared.

The page says of each row what its headers say (`data-` attributes of its lines), and whether a
browser of today sends it. For each row that one does, `WAYS` has a way to make it. It is made
over http: a lab's hosts are below `localhost`, where browsers send Sec-Fetch-Site anyway. The
rows over plain http to any other host go through a proxy, which stands for the network, a shop and
a bank on it. The rows with a proxy in front of the bank have one that speaks https.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from html.parser import HTMLParser
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
import trustme
from playwright.sync_api import Browser, Page

from csrf_proof import profiles
from e2e import attacks
from e2e.bank import PATIENCE, Lab, Site, browser_cookies
from e2e.conftest import Browsers

PROFILES = ("chromium", "firefox")


@dataclass(frozen=True)
class Headers:
    """A request as the table describes it: Origin and Referer say whose address they have."""

    method: str
    sec_fetch_site: str
    origin: str
    referer: str


# Where a browser differs from its row in what no policy reads there.
DIFFERS = {("sandboxed-form", "firefox"): {"referer": "other site"}}


class Rows(HTMLParser):
    """The rows of the page by slug, and the slugs of those that a browser of today sends."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.headers: dict[str, Headers] = {}
        self.sent: set[str] = set()
        self.proxies: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        data = {name.removeprefix("data-"): value or "" for name, value in attrs}
        if tag == "tr" and "row" in data:
            names = ("method", "sec-fetch-site", "origin", "referer")
            self.headers[data["row"]] = Headers(*(data[name] for name in names))
            if data["proxy"]:
                self.proxies[data["row"]] = data["proxy"]
            elif data["browser"] == "yes":
                self.sent.add(data["row"])


def rows(site: Site) -> Rows:
    return Rows(site.get("playground.localhost", "/policies/").text)


# --- Ways to make a request to a lab --------------------------------------------------------------


def own_form(page: Page, lab: Lab, policy: str = "") -> str:
    """Send money with the bank's form, perhaps from a page with a referrer policy."""
    page.goto(f"{lab.url}/transfer")
    if policy:
        page.evaluate(
            "policy => document.head.append(Object.assign("
            "document.createElement('meta'), {name: 'referrer', content: policy}))",
            policy,
        )
    page.fill("input[name=to]", "mallory")
    page.fill("input[name=amount]", "5")
    page.click("main form button")
    return "transfer"


def typed_address(page: Page, lab: Lab) -> str:
    page.goto(f"{lab.url}/logout")
    return "logout"


def launch(page: Page, lab: Lab, attack: str, position: str) -> str:
    attacks.launch(page, lab.site, attack, position, lab.label)
    return attacks.all_attacks()[attack].action


def arrived(way: Callable[[Page, Lab], str], browser: Browser, site: Site) -> Headers:
    """Make alice's browser send a request in a way that tells its action; return what arrived."""
    lab = Lab(site, "no-defense")
    with profiles.fresh_context(browser) as context:
        context.add_cookies(browser_cookies(lab.sign_in(), lab.host))
        last = lab.state()["attempts"][-1]["id"]
        action = way(context.new_page(), lab)
        attempt, _ = lab.wait_for(action, last)
    return described(attempt, lab)


def described(attempt: dict[str, Any], lab: Lab) -> Headers:
    """Return an attempt in the words of the table."""
    port = lab.site.attacker_port
    owners = {
        lab.url: "own",
        f"http://community.{lab.host}:{port}": "sub-domain",
        f"http://evil.localhost:{port}": "other site",
    }
    return Headers(
        attempt["method"],
        attempt["sec_fetch_site"] or "",
        owner(attempt["origin"], owners),
        owner(attempt["referer"], owners),
    )


def owner(address: str | None, owners: dict[str, str]) -> str:
    """Return whose an address is; `null` and foreign ones as they are, and nothing for none."""
    if not address:
        return ""
    parts = urlsplit(address)
    return owners.get(f"{parts.scheme}://{parts.netloc}", address)


# --- Plain http, to hosts that are not below localhost --------------------------------------------

BANK, SHOP = "http://bank.example", "http://shop.example"
FORM = (
    f'<!doctype html><form method="post" action="{BANK}/transfer"></form>'
    "<script>document.forms[0].submit()</script>"
)


class Answering(BaseHTTPRequestHandler):
    """Answers with a page, and says nothing on the terminal."""

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


class Network(Answering):
    """A proxy that is the network: any page asked for is one that posts a form to the bank."""

    seen: dict[str, str | None]
    posted: Event

    def do_GET(self) -> None:
        self._answer(FORM.encode())

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        names = ("Sec-Fetch-Site", "Origin", "Referer")
        self.seen.update({"path": self.path} | {name: self.headers.get(name) for name in names})
        self.posted.set()
        self._answer(b"")


@contextmanager
def network() -> Iterator[tuple[type[Network], str]]:
    handler = type("ThisNetwork", (Network,), {"seen": {}, "posted": Event()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield handler, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def plain_http(sender: str, browser: Browser, site: Site) -> Headers:
    """Let a page of the sender's post to the bank over plain http; return what arrived there."""
    with network() as (handler, address):
        context = browser.new_context(proxy={"server": address})
        try:
            context.new_page().goto(f"{sender}/page", wait_until="commit")
            assert handler.posted.wait(PATIENCE), "nothing was posted"
        finally:
            context.close()
    seen = handler.seen
    assert seen["path"] == f"{BANK}/transfer"
    owners = {BANK: "own", SHOP: "other site"}
    return Headers(
        "POST",
        seen["Sec-Fetch-Site"] or "",
        owner(seen["Origin"], owners),
        owner(seen["Referer"], owners),
    )


# --- A proxy in front of a bank -------------------------------------------------------------------

PUBLIC = "bank.localhost"
OWN_FORM = b'<!doctype html><form method="post" action="/transfer"><button>Send</button></form>'


class Bank(Answering):
    """A bank behind a proxy: it keeps what its form's request says."""

    seen: dict[str, str | None]
    posted: Event

    def do_GET(self) -> None:
        self._answer(OWN_FORM)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        names = ("Host", "Sec-Fetch-Site", "Origin", "Referer")
        forwarded = ("X-Forwarded-Host", "X-Forwarded-Proto")
        self.seen.update({name: self.headers.get(name) for name in (*names, *forwarded)})
        self.posted.set()
        self._answer(b"")


class Proxy(Answering):
    """Ends TLS, and sends a request on to a bank with what its kind changes."""

    kind: str
    bank: str

    def do_GET(self) -> None:
        self._send_on(None)

    def do_POST(self) -> None:
        self._send_on(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def _send_on(self, body: bytes | None) -> None:
        headers = dict(self.headers.items())
        if self.kind == "port":
            headers["Host"] = f"{PUBLIC}:{self.bank.partition(':')[2]}"
        if self.kind in {"host", "told"}:
            headers["Host"] = self.bank
        if self.kind == "told":
            told = {"X-Forwarded-Host": self.headers["Host"], "X-Forwarded-Proto": "https"}
            headers.update(told)
        bank = HTTPConnection(self.bank, timeout=PATIENCE)
        bank.request(self.command, self.path, body, headers)
        self._answer(bank.getresponse().read())
        bank.close()


@contextmanager
def proxied(kind: str) -> Iterator[tuple[type[Bank], str, str]]:
    """Start a bank and a proxy of this kind; yield the bank, its address and the public one."""
    bank = type("ThisBank", (Bank,), {"seen": {}, "posted": Event()})
    behind = ThreadingHTTPServer(("127.0.0.1", 0), bank)
    address = f"127.0.0.1:{behind.server_port}"
    front = ThreadingHTTPServer(
        ("127.0.0.1", 0), type("ThisProxy", (Proxy,), {"kind": kind, "bank": address})
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert(PUBLIC).configure_cert(context)
    front.socket = context.wrap_socket(front.socket, server_side=True)
    for server in (behind, front):
        Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield bank, address, f"{PUBLIC}:{front.server_port}"
    finally:
        for server in (behind, front):
            server.shutdown()
            server.server_close()


# What becomes of Host, and what the bank is told, by the kind of proxy.
CHANGES = {
    "scheme": ("public", None, None),
    "port": ("public, bank's port", None, None),
    "host": ("bank", None, None),
    "told": ("bank", "public", "https"),
}


def test_every_kind_of_proxy_is_in_the_table(site: Site) -> None:
    assert set(rows(site).proxies.values()) == set(CHANGES)


@pytest.mark.parametrize("through", CHANGES)
@pytest.mark.parametrize("posted_by", PROFILES)
def test_a_proxy_changes_what_the_table_says(
    through: str, posted_by: str, browsers: Browsers, site: Site
) -> None:
    table = rows(site)
    row = next(row for row, kind in table.proxies.items() if kind == through)
    with proxied(through) as (bank, address, public):
        context = browsers.get(posted_by).new_context(ignore_https_errors=True)
        try:
            page = context.new_page()
            page.goto(f"https://{public}/transfer")
            page.click("button")
            assert bank.posted.wait(PATIENCE), "nothing was posted"
        finally:
            context.close()
    seen = bank.seen
    names = {
        public: "public",
        address: "bank",
        f"{PUBLIC}:{address.partition(':')[2]}": "public, bank's port",
    }

    host, told_host = names[seen["Host"] or ""], seen["X-Forwarded-Host"]
    told = (names[told_host] if told_host else None, seen["X-Forwarded-Proto"])
    assert (host, *told) == CHANGES[through]
    owners = {f"https://{public}": "own"}
    assert table.headers[row] == Headers(
        "POST",
        seen["Sec-Fetch-Site"] or "",
        owner(seen["Origin"], owners),
        owner(seen["Referer"], owners),
    )


def on_a_lab(way: Callable[..., str], **options: str) -> Callable[[Browser, Site], Headers]:
    return partial(arrived, partial(way, **options))


WAYS: dict[str, Callable[[Browser, Site], Headers]] = {
    "own-form": on_a_lab(own_form),
    "own-form-no-referrer": on_a_lab(own_form, policy="no-referrer"),
    "typed-address": on_a_lab(typed_address),
    "own-form-plain-http": partial(plain_http, BANK),
    "form-post": on_a_lab(launch, attack="form-post", position="cross-site"),
    # A token is sent; no header shows that it's the visitor's own.
    "form-post-token": on_a_lab(launch, attack="foreign-token-post", position="cross-site"),
    "subdomain-form": on_a_lab(launch, attack="form-post", position="subdomain"),
    "sandboxed-form": on_a_lab(launch, attack="null-origin-post", position="cross-site"),
    "image": on_a_lab(launch, attack="image-get", position="cross-site"),
    "form-post-plain-http": partial(plain_http, SHOP),
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test of each row and profile, all of one browser next to each other."""
    if "seen_by" in metafunc.fixturenames:
        wanted = metafunc.config.getoption("--profile") or PROFILES
        # Not called `profile`, for which `conftest` would add the third one.
        pairs = [(row, name) for name in PROFILES if name in wanted for row in WAYS]
        metafunc.parametrize(
            ("row", "seen_by"), pairs, ids=[f"{row}-{name}" for row, name in pairs]
        )


def test_a_browser_sends_it(row: str, seen_by: str, browsers: Browsers, site: Site) -> None:
    stated = rows(site).headers[row]

    sent = WAYS[row](browsers.get(seen_by), site)

    assert sent == replace(stated, **DIFFERS.get((row, seen_by), {}))


def test_there_is_a_way_for_every_row_that_a_browser_sends(site: Site) -> None:
    assert rows(site).sent == set(WAYS)


def test_a_program_that_is_no_browser_sends_it(site: Site) -> None:
    lab = Lab(site, "no-defense")
    site.request(lab.host, "POST", "/transfer", {"Content-Type": "text/plain"}, "to=mallory")

    attempt, _ = lab.wait_for("transfer", 0)

    assert described(attempt, lab) == rows(site).headers["script"]
