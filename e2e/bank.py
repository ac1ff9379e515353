"""A lab as a test sees it: signing in, reading the state, waiting for attempts.

Python's resolver does not know these names, so requests go to the loopback address and say in their
Host header whom they mean.
"""

from __future__ import annotations

import http.client
import itertools
import json
import os
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from typing import Any, TypeVar
from urllib.parse import urlencode

from playwright.sync_api import BrowserContext, Page

from catalogue.addresses import Addresses, Domains, Kind

ATTACKERS = set(Kind) - {Kind.PLAYGROUND, Kind.BANK}
PASSWORDS = {"alice": "wonderland", "mallory": "mischief"}
PATIENCE = 30.0  # Seconds until a request that did not arrive counts as never sent.
_POLL = 0.01
_owners = itertools.count(1)
Found = TypeVar("Found")


@dataclass(frozen=True)
class Site:
    """Where the playground runs.

    `insecure_port` is that of a second attacker, on plain http, who aims at a bank with https.
    `reached_at` is where requests go; in a room, the address of a laptop whose ports lead there.
    """

    victim_port: int
    attacker_port: int
    scheme: str = "http"
    insecure_port: int | None = None
    domains: Domains = field(default_factory=Domains)
    reached_at: str = "127.0.0.1"

    @cached_property
    def addresses(self) -> Addresses:
        ports = self.victim_port, self.attacker_port
        return Addresses(*ports, self.scheme, self.scheme, self.domains)

    @property
    def playground(self) -> str:
        return self.addresses.playground

    def attack_page(self, attack: str, position: str, lab: str, action: str = "") -> str:
        """Return the address of an attack's page, as a visitor would open it."""
        query = {"lab": lab} if position in {"cross-site", "same-origin"} else {}
        if action:
            query["action"] = action
        if position == "insecure-subdomain":
            assert self.insecure_port is not None, "no attacker without https was started"
            insecure = replace(self.addresses, scheme="http", attacker_port=self.insecure_port)
            host = insecure.community(lab)
        else:
            host = {
                "cross-site": self.addresses.evil,
                "same-origin": self.addresses.evil,
                "subdomain": self.addresses.community(lab),
                "lookalike": self.addresses.lookalike(lab),
            }[position]
        return f"{host}/{attack}/?{urlencode(query)}"

    def get(self, host: str, path: str, cookies: Sequence[str] = ()) -> Answer:
        """Send a GET; `cookies` are Set-Cookie lines."""
        headers = {"Cookie": cookie_header(cookies)} if cookies else {}
        return self.request(host, "GET", path, headers)

    def request(
        self,
        host: str,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
        body: str | bytes | None = None,
    ) -> Answer:
        """Send one request to the site that answers for a host."""
        whose = self.domains.identify(host)
        attackers = whose is not None and whose.kind in ATTACKERS
        port = self.attacker_port if attackers else self.victim_port
        connection = self._connect(port)
        try:
            connection.request(method, path, body, {"Host": f"{host}:{port}", **(headers or {})})
            response = connection.getresponse()
            return Answer(response.status, response.msg, response.read())
        finally:
            connection.close()

    def _connect(self, port: int) -> http.client.HTTPConnection:
        if self.scheme == "http":
            return http.client.HTTPConnection(self.reached_at, port, timeout=30)
        # What is behind the port is known; that browsers would trust it is another test's.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return http.client.HTTPSConnection(self.reached_at, port, timeout=30, context=context)


def until(find: Callable[[], Found | None], what: str, where: str) -> Found:
    """Ask again and again until something is found; return it.

    Raises:
        AssertionError: Nothing was found in `PATIENCE` seconds.
    """
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if (found := find()) is not None:
            return found
        time.sleep(_POLL)
    raise AssertionError(f"No {what} arrived from or at {where} in {PATIENCE:.0f} s.")


@dataclass(frozen=True)
class Answer:
    """Status, headers and body of a response."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def set_cookies(self) -> list[str]:
        return self.headers.get_all("Set-Cookie") or []


class Lab:
    """A lab that only this test knows, because it has an owner of its own; or somebody's, by its
    whole label."""

    def __init__(self, site: Site, label: str = "", whole: str = "") -> None:
        self.site = site
        self.label = whole or f"{label}--for-{os.getpid() % 100000:x}x{next(_owners):x}"
        self.host = site.domains.lab(self.label)
        self.url = site.addresses.bank(self.label)

    def state(self) -> dict[str, Any]:
        """Return what `/api/labs/<lab>` answers."""
        answer = self.site.get(self.site.domains.playground, f"/api/labs/{self.label}")
        assert answer.status == 200, answer.text
        state: dict[str, Any] = json.loads(answer.body)
        return state

    def balance(self) -> int:
        """Return how much money alice has."""
        amount: int = self.state()["accounts"]["alice"]["balance"]
        return amount

    def sign_in(self, username: str = "alice") -> list[str]:
        """Sign in over HTTP with the bank's own form; return the Set-Cookie lines as they came."""
        signs_in = {"username": username, "password": PASSWORDS[username]}
        answer, cookies = self.send("/login", signs_in, [])
        assert answer.status == 303, f"{username} cannot sign in to {self.label}: {answer.text}"
        return cookies

    def open(self, path: str, cookies: Sequence[str]) -> tuple[Answer, str]:
        """Return a page of the bank, and the path that redirects have led to; `cookies` are
        Set-Cookie lines."""
        answer = self.site.get(self.host, path, cookies)
        while answer.status in {302, 303}:
            path = answer.headers["Location"].removeprefix(self.url)
            answer = self.site.get(self.host, path, cookies)
        return answer, path

    def send(
        self, path: str, fields: dict[str, str], cookies: list[str]
    ) -> tuple[Answer, list[str]]:
        """Fill in one of the bank's forms over HTTP, and send it as its own page does.

        `cookies` are Set-Cookie lines. Returns the answer, and all lines that came with it and with
        the form.
        """
        form, path = self.open(path, cookies)
        page = honest(form.text)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": cookie_header(cookies + form.set_cookies),
            "Origin": self.url,
            "Referer": f"{self.url}{path}",
            "Sec-Fetch-Site": "same-origin",
            **page.headers,
        }
        as_json = headers["Content-Type"] == "application/json"
        said = page.fields | fields
        body = json.dumps(said) if as_json else urlencode(said)
        answer = self.site.request(self.host, "POST", path, headers, body)
        return answer, form.set_cookies + answer.set_cookies

    def has_picture(self, set_cookie_lines: list[str]) -> bool:
        """Tell whether the customer whose cookies these are has a picture in the account."""
        return self.site.get(self.host, "/avatar/image", set_cookie_lines).status == 200

    def loot(self, attack: str) -> list[dict[str, str]]:
        """Return what an attack has brought the attacker from this lab, newest first."""
        answer = self.site.get(self.site.domains.evil, f"/loot.json?lab={self.label}")
        entries: list[dict[str, Any]] = json.loads(answer.body)["loot"]
        return [entry["fields"] for entry in entries if entry["attack"] == attack]

    def wait_for_loot(self, attack: str) -> dict[str, str]:
        """Return what an attack has brought the attacker.

        Raises:
            AssertionError: Nothing has arrived.
        """
        return until(lambda: next(iter(self.loot(attack)), None), f"loot of {attack}", self.label)

    def wait_for(
        self, action: str, after: int, kind: str = "act"
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the first attempt at an action after an attempt id, and the state just after it.

        Raises:
            AssertionError: None arrived. The attack was not launched, which proves nothing.
        """

        def arrived() -> tuple[dict[str, Any], dict[str, Any]] | None:
            state = self.state()
            for attempt in state["attempts"]:
                if (attempt["action"], attempt["kind"]) == (action, kind) and attempt["id"] > after:
                    return attempt, state
            return None

        return until(arrived, f"{kind} of {action}", self.label)


def sign_in_by_hand(context: BrowserContext, lab: Lab, username: str = "alice") -> Page:
    """Sign in with the bank's form in the browser, as a visitor does; return the account page."""
    page = context.new_page()
    sign_in_on(page, lab, username)
    return page


def sign_in_on(page: Page, lab: Lab, username: str) -> None:
    """Sign in with the bank's form on a page that is there."""
    page.goto(f"{lab.url}/login")
    if username != "alice":
        page.fill("input[name=username]", username)
        page.fill("input[name=password]", PASSWORDS[username])
    page.click("main button")
    page.wait_for_selector("h1.greeting")


def cookie_header(set_cookie_lines: Sequence[str]) -> str:
    """Return what a browser sends that got these lines, in this order."""
    pairs = (line.partition(";")[0].partition("=") for line in set_cookie_lines)
    return "; ".join(f"{name}={value}" for name, value in {n: v for n, _, v in pairs}.items())


def browser_cookies(set_cookie_lines: list[str], host: str) -> list[Any]:
    """Carry the bank's Set-Cookie lines over to a browser, attribute by attribute.

    Returns what Playwright's `add_cookies` takes. (With an address instead of a host it drops a
    Secure cookie over plain http, which a browser itself keeps where the host is this machine.)

    What a line does not say is not said: a cookie without SameSite stays without. Of two lines
    for one name the browser keeps the first where the second lacks its Secure, so that one goes.
    """
    cookies: dict[str, dict[str, Any]] = {}
    for line in set_cookie_lines:
        for name, morsel in SimpleCookie(line).items():
            if name in cookies and cookies[name].get("secure") and not morsel["secure"]:
                continue
            cookie = {
                "name": name,
                "value": morsel.value,
                "domain": host,
                "path": morsel["path"],
                "httpOnly": bool(morsel["httponly"]),
                "secure": bool(morsel["secure"]),
            }
            if morsel["samesite"]:
                cookie["sameSite"] = morsel["samesite"]
            cookies[name] = cookie
    return list(cookies.values())


def honest(page: str) -> HonestPage:
    """Return what requests from a page of the bank must carry."""
    parser = HonestPage()
    parser.feed(page)
    return parser


class HonestPage(HTMLParser):
    """The hidden fields of a page's forms, and the headers that the bank's script sends."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.headers: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "input" and attributes.get("type") == "hidden":
            self.fields[attributes["name"] or ""] = attributes["value"] or ""
        if tag == "script" and attributes.get("data-headers"):
            self.headers = json.loads(attributes["data-headers"] or "{}")
