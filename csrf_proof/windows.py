"""A window of a browser for each trial: a fresh one, or one that takes a shortcut.

Fresh is a context that has never been anywhere, in the profile's own browser. That is the long way,
and two shortcuts end every trial as it does, which ``make parity`` shows cell by cell:

- ``chromium-no-3pc`` in a headless shell that is told to block third-party cookies, at a quarter of
  the cost of a full Chromium (`BLOCKS`, and `NEEDS_FULL_BROWSER` for what it doesn't block);
- ``firefox`` in one window that is kept from trial to trial, which costs half (`Kept`). Each trial
  has hosts of its own, so little could be left behind: cookies are cleared, pop-ups are closed, and
  the storage-access heuristics, which look at where a window has been, are off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Error, Page

from csrf_proof.browsers import LEAN_FIREFOX
from csrf_proof.watching import TELL_OF_IGNORED, TELL_OF_POLICY, Watch

# Measured in the headless shell: WebSockets, requests made while a page is left, and pop-ups carry
# third-party cookies anyway.
NEEDS_FULL_BROWSER = frozenset({"websocket-hijack", "fixed-session-post", "refreshed-cookie-post"})
BLOCKS = {
    "enableThirdPartyCookieRestriction": True,
    "disableThirdPartyCookieMetadata": True,
    "disableThirdPartyCookieHeuristics": True,
}

_HEURISTICS = "privacy.restrict3rdpartystorage.heuristic"
# Firefox's preferences for a kept window.
KEPT_FIREFOX: dict[str, Any] = {
    **LEAN_FIREFOX,
    **{
        f"{_HEURISTICS}.{name}": False
        for name in (
            "navigation",
            "opened_window_after_interaction",
            "popup_interaction",
            "recently_visited",
            "redirect",
            "window_open",
        )
    },
    # After a handshake that was refused, Firefox waits longer and longer before it sends the next,
    # to whatever host: half a minute after twenty.
    "network.websocket.delay-failed-reconnects": False,
}
_NUMBERS = count()
_SETTLES = 2.0  # Seconds.


@dataclass(frozen=True)
class Window:
    """A context, the page in it from which attacks are launched, and what watches all its pages."""

    context: BrowserContext
    page: Page
    watch: Watch


# Opens one in the browser of a profile.
Windows = Callable[[str], AbstractContextManager[Window]]


@contextmanager
def fresh(
    browser: Browser,
    *,
    told_to_block: bool = False,
    base_url: str | None = None,
    downloads: bool = True,
) -> Iterator[Window]:
    """Give a window of a browser that has never been anywhere.

    `told_to_block`: a Chromium that sends third-party cookies is to block them in this page.
    `base_url`: where addresses without a host lead. `downloads`: whether files are saved.
    """
    window = _open(browser, base_url, downloads=downloads)
    try:
        if told_to_block:
            session = window.context.new_cdp_session(window.page)
            session.send("Network.enable")
            session.send("Network.setCookieControls", BLOCKS)
        yield window
    finally:
        with suppress(Exception):  # A plain one where Playwright's driver was killed.
            window.context.close()


class Kept:
    """A window of a Firefox with `KEPT_FIREFOX` that trials use one after another."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self._window: Window | None = None

    @contextmanager
    def window(self) -> Iterator[Window]:
        window = self._window or _open(self.browser)
        # Gone unless the trial ends well.
        self._window = None
        try:
            yield window
            if _tidy(window):
                self._window = window
        finally:
            if self._window is None:
                with suppress(Error):  # What the trial raised says more.
                    window.context.close()


def _tidy(window: Window) -> bool:
    """Leave a window as it was in the beginning; return whether that could be done."""
    for page in window.context.pages:
        if page != window.page:
            page.close()
    # A number, to tell this blank page from others that may still be on their way.
    blank = f"about:blank?{next(_NUMBERS)}"
    with suppress(Error):
        try:
            window.page.goto(blank)
        except Error:
            # What was being loaded has come first. Another try could end with this blank page, and
            # its own would then interrupt the next trial.
            window.page.wait_for_url(blank, timeout=_SETTLES * 1000)
        window.context.clear_cookies()
        return True
    return False


def _open(browser: Browser, base_url: str | None = None, *, downloads: bool = True) -> Window:
    context = browser.new_context(
        ignore_https_errors=True, base_url=base_url, accept_downloads=downloads
    )
    for script in (TELL_OF_POLICY, TELL_OF_IGNORED):
        context.add_init_script(script)
    watch = Watch(context)
    return Window(context, context.new_page(), watch)


def cookie_header(context: BrowserContext, url: str) -> str:
    """Return a Cookie header with all that a browser holds for an address."""
    return as_header((cookie["name"], cookie["value"]) for cookie in context.cookies(url))


def as_header(cookies: Iterable[tuple[str, str]]) -> str:
    """Return a Cookie header as `http.client` takes it: each character one byte."""
    return "; ".join(f"{name}={value}" for name, value in cookies).encode().decode("latin-1")
