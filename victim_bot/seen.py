"""What a browser did during a visit. Events only: nothing is intercepted, so nothing is changed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    Error,
    Frame,
    Page,
    Request,
    Response,
)

from csrf_proof import cookie_rules
from csrf_proof.reasons import COOKIE_UNKNOWN
from csrf_proof.watching import PING_TYPE, POLICY, Watch

MOST, LONGEST = 100, 1_000
# What an open page of the bank asks once a second, and what stays open for long.
_POLL = "/poll/"
_ENDLESS = {"eventsource", "websocket"}
_BY_SCRIPT = {"fetch", "xhr"}


@dataclass
class Seen:
    """Watches one browser context, from `begin` on.

    `bank` is the origin of the lab, `site` the host whose subdomains are one site with it, and
    `watch` knows what the bank said about its cookies.
    """

    context: BrowserContext
    bank: str
    site: str
    watch: Watch
    console: list[str] = field(default_factory=list)
    navigation: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.begin()
        self.context.on("request", self._asked)
        self.context.on("response", self._answered)
        self.context.on("requestfinished", self._over)
        self.context.on("requestfailed", self._over)
        self.context.on("console", self._said)
        self.context.on("page", self._opened)
        for page in self.context.pages:
            self._opened(page)

    def begin(self) -> None:
        """Forget what was before: the sign-in. What the browser holds now may be withheld later."""
        self._requests: list[Request] = []
        self._sent: dict[Request, dict[str, str]] = {}
        self._status: dict[Request, int] = {}
        self._open: set[Request] = set()
        self._last = time.monotonic()
        self.console.clear()
        self.navigation.clear()
        self.held = self._in_store()

    def _in_store(self) -> list[str]:
        """Return the names of the cookies that the browser holds for the bank."""
        return [cookie["name"] for cookie in self.context.cookies(self.bank)]

    def _asked(self, request: Request) -> None:
        if urlsplit(request.url).path == _POLL:
            return
        self._last = time.monotonic()
        if len(self._requests) < MOST:
            self._requests.append(request)
        is_ping = request.headers.get("content-type") == PING_TYPE
        if not is_ping and request.resource_type not in _ENDLESS:
            self._open.add(request)

    def _answered(self, response: Response) -> None:
        request = response.request
        if request in self._requests:
            self._status[request] = response.status
            # Here and not later: once a page is closed, they can't be had.
            with suppress(Error):
                self._sent[request] = request.all_headers()

    def _over(self, request: Request) -> None:
        if request in self._open:
            self._open.discard(request)
            self._last = time.monotonic()

    def _said(self, message: ConsoleMessage) -> None:
        if len(self.console) < MOST:
            self.console.append(message.text[:LONGEST])

    def _opened(self, page: Page) -> None:
        page.on("framenavigated", self._navigated)

    def _navigated(self, frame: Frame) -> None:
        if frame.parent_frame is None and len(self.navigation) < MOST:
            self._last = time.monotonic()
            self.navigation.append(frame.url[:LONGEST])

    def quiet_for(self) -> float:
        """Return for how many seconds nothing has happened."""
        return 0.0 if self._open else time.monotonic() - self._last

    def _is_banks(self, request: Request) -> bool:
        return request.url.startswith(f"{self.bank}/")

    @property
    def asked_bank(self) -> bool:
        """Whether the browser asked the bank for anything."""
        return any(self._is_banks(request) for request in self._requests)

    @property
    def read_nothing(self) -> bool:
        """Whether a script asked the bank for something and wasn't let read the response."""
        by_script = (r for r in self._requests if r.resource_type in _BY_SCRIPT)
        return any(self._is_banks(request) and request.failure for request in by_script)

    @property
    def broke_policy(self) -> bool:
        """Whether a page's content policy stopped something."""
        return any(POLICY in line for line in self.console)

    def requests(self) -> list[dict[str, Any]]:
        """Return what was asked for: where the browser tells, with the cookies by name."""
        # One that has gone meanwhile may have been gone already when a request was made.
        left = set(self._in_store())
        held = [name for name in self.held if name in left]
        return [self._told(request, held) for request in self._requests]

    def _told(self, request: Request, held: Sequence[str]) -> dict[str, Any]:
        headers = self._sent.get(request, {})
        sent = None
        # Without these, it doesn't tell what was sent beside the page's own headers.
        if "host" in headers or ":authority" in headers:
            pairs = filter(None, headers.get("cookie", "").split("; "))
            sent = list(dict.fromkeys(pair.partition("=")[0] for pair in pairs))
        known = sent is not None and self._is_banks(request)
        withheld = [name for name in held if name not in (sent or ())] if known else []
        return {
            "method": request.method,
            "url": request.url[:LONGEST],
            "kind": request.resource_type,
            "status": self._status.get(request),
            "failed": (request.failure or "")[:LONGEST],
            "cookies_sent": sent,
            "cookies_withheld": withheld,
            "cookies_why": {name: self._why(request, name) for name in withheld},
        }

    def _why(self, request: Request, cookie: str) -> str:
        """Return the code of the rule that is enough to withhold a cookie from a request."""
        if not self.watch.has_seen_set(cookie):
            return COOKIE_UNKNOWN.code  # What it says about SameSite wasn't seen.
        headers = {name.title(): said for name, said in self._sent[request].items()}
        asked = cookie_rules.Request(request.method, headers, self.bank, self.site)
        return cookie_rules.no_session(
            asked, self.watch.samesite(cookie), cookie_sent=False, anybody_signed_in=lambda: True
        ).code
