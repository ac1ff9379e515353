"""Thirty learners in lesson 2 at once, as a room would be, without the browsers.

A learner here sends what a browser would in that lesson: the page, a prediction, the sign-in, the
kitten's two requests, and the page's question for news until the lesson says that it is done. One
more learner sits at a real browser, whose page shows when it shows what.
"""

from __future__ import annotations

import http.client
import os
import re
import threading
import time
from collections.abc import Callable
from html import unescape
from urllib.parse import urlencode

from playwright.sync_api import sync_playwright

from catalogue.addresses import DEFAULT
from csrf_proof import profiles
from e2e.bank import Lab, Site, honest
from e2e.conftest import Browsers

LEARNERS = 30
DOMAINS = DEFAULT.domains
PAGE = "/lessons/the-image/"
ATTEMPTS = 1 if os.environ.get("SHORT") == "1" else 8
_VERSION = re.compile(r'data-version="([^"]*)"')


class Client:
    """One keep-alive connection to the victim site, which counts what it asks."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.count = 0
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def ask(
        self, host: str, path: str, cookie: str = "", form: dict[str, str] | None = None
    ) -> tuple[http.client.HTTPResponse, str]:
        headers = {"Host": f"{host}:{self.port}", "Cookie": cookie}
        if form:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            headers["Origin"] = f"http://{host}:{self.port}"
        method = "POST" if form else "GET"
        self._connection.request(method, path, urlencode(form) if form else None, headers)
        answer = self._connection.getresponse()
        self.count += 1
        return answer, answer.read().decode()


class Learner:
    """Somebody who walks lesson 2 to its end, as fast as the playground lets them."""

    def __init__(self, port: int, number: int) -> None:
        self.client = Client(port)
        self.name = f"bench{number}x{int(time.time()) % 100000:05}"[:12]

    def walk(self) -> None:
        page = self._page()
        token = honest(page.partition("<main")[2]).fields["csrfmiddlewaretoken"]
        self._playground(f"{PAGE}predict/", {"csrfmiddlewaretoken": token, "choice": "get-refused"})
        for lab, said in (("no-defense", "What happened</dt>"), ("post-only", "Lesson 2 is done")):
            version = unescape(_VERSION.findall(self._page())[0])
            self._be_attacked(f"{lab}--for-{self.name}")
            for _ in range(100):
                answer, _ = self._playground(f"/poll/?{version}")
                if answer.status == 200:
                    answer, news = self._playground(f"{PAGE}live/?for={self.name}")
                    if said in news:
                        break
                time.sleep(0.01)
            else:
                raise SystemExit(f"Lesson 2 never said “{said}” to {self.name}.")

    def _page(self) -> str:
        answer, page = self._playground(PAGE)
        for line in answer.msg.get_all("Set-Cookie") or []:
            if line.startswith("csrftoken="):
                self.token = line.partition(";")[0]
        return page

    def _playground(
        self, path: str, form: dict[str, str] | None = None
    ) -> tuple[http.client.HTTPResponse, str]:
        cookie = f"learner={self.name}; browser=chromium; {getattr(self, 'token', '')}"
        return self.client.ask(DOMAINS.playground, path, cookie, form)

    def _be_attacked(self, lab: str) -> None:
        host = DOMAINS.lab(lab)
        self.client.ask(host, "/login")
        form = {"username": "alice", "password": "wonderland"}
        answer, _ = self.client.ask(host, "/login", form=form)
        cookies = answer.msg.get_all("Set-Cookie") or []
        cookie = next(line.partition(";")[0] for line in cookies if line.startswith("sessionid="))
        self.client.ask(host, "/", cookie)
        be_the_kitten(self.client.port, host, cookie)
        self.client.count += 1
        self.client.ask(host, "/", cookie)


def be_the_kitten(port: int, host: str, cookie: str) -> None:
    """Send what a browser sends for the kitten's second picture."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    says = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
    connection.request(
        "GET", "/logout", headers={"Host": f"{host}:{port}", "Cookie": cookie, **says}
    )
    connection.getresponse().read()
    connection.close()


def room(port: int) -> float:
    """Let thirty learners walk at once; return requests per second."""
    learners = [Learner(port, number) for number in range(LEARNERS)]
    seconds = _all_at_once([learner.walk for learner in learners])
    return sum(learner.client.count for learner in learners) / seconds


def bare_room(port: int, requests: int = 60) -> float:
    """Let as many clients ask a bare view; return requests per second."""
    clients = [Client(port) for _ in range(LEARNERS)]

    def ask(client: Client) -> None:
        for _ in range(requests):
            client.ask("127.0.0.1", "/")

    seconds = _all_at_once([lambda client=client: ask(client) for client in clients])  # type: ignore[misc]
    return LEARNERS * requests / seconds


def _all_at_once(walks: list[Callable[[], None]]) -> float:
    threads = [threading.Thread(target=walk) for walk in walks]
    begin = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.monotonic() - begin


def appearance(site: Site, profile: str) -> list[float]:
    """Return seconds from an attempt's arrival until a browser's page shows it, many times."""
    delays = []
    with sync_playwright() as playwright:
        browsers = Browsers(playwright)
        with profiles.fresh_context(browsers.get(profile)) as context:
            page = context.new_page()
            lab = Lab(site, "no-defense")
            page.goto(f"{site.playground}/labs/{lab.label}/")
            for number in range(1, ATTEMPTS + 1):
                lines = lab.sign_in()
                cookie = next(c.partition(";")[0] for c in lines if c.startswith("sessionid="))
                time.sleep(0.137 * number)  # At another moment of the page's second each time.
                be_the_kitten(site.victim_port, lab.host, cookie)
                arrived = time.monotonic()
                page.locator(".attempts .forged").nth(number * 2 - 1).wait_for()
                delays.append(time.monotonic() - arrived)
        browsers.close()
    return delays
