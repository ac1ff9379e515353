"""An application in a browser: opened, used, and read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Error, Page

from csrf_proof.address import Address
from csrf_proof.application.action import Action
from csrf_proof.application.clicks import on_click
from csrf_proof.application.recording import Traffic, watching
from csrf_proof.arsenal import Click
from csrf_proof.trial import Look, NotJudged
from csrf_proof.windows import cookie_header

# Milliseconds that a page has to show what a function looks for in it.
_PAGE_TIMEOUT = 10_000
# In a stock Firefox, Playwright's `fill` adds to the text of a field for e-mail or a number, whose
# selection no script can see, and says so with an event of its own. (Playwright 1.64.)
_FILL_REPLACES = """addEventListener("input", ({ target, data, isTrusted }) => {
    if (!isTrusted && data && ["email", "number"].includes(target.type)) target.value = data;
}, true)"""


class Application:
    """An application and an action of it, as a trial needs it: a `csrf_proof.trial.Target`.

    `looking` gives the page for `state`, if it wants one. `cookies` are what a signed-in browser
    sends to `path`, as a header has them. `session` is the browser that was signed in last.
    """

    def __init__(
        self, address: Address, action: Action, path: str, looking: Callable[[], Page]
    ) -> None:
        self.url, self.site = address.origin, address.site
        self.action = action
        self.cookies = ""
        self.session: BrowserContext | None = None
        self._path = path
        self._looking = looking

    def use(
        self,
        context: BrowserContext,
        what: str,
        does: Callable[[Page], Any],
        *,
        opens_pages: bool | None = None,
        settles: bool = True,
        clicked: Callable[[Click], Any] | None = None,
    ) -> tuple[Page, Traffic]:
        """Open the application and use it; return the page once it's done, and its traffic.

        `what` is the name of the function, for people. `opens_pages`: it needs no page to begin
        with, whatever the action says of its own functions. `settles`: wait until all that it began
        is over. `clicked` is told of every click.

        Raises:
            NotJudged: The page isn't as the function expects it.
        """
        page = context.new_page()
        page.set_default_timeout(_PAGE_TIMEOUT)
        page.add_init_script(_FILL_REPLACES)
        if clicked:
            on_click(page, clicked)
        with watching(context) as traffic:
            try:
                if not (self.action.opens_pages if opens_pages is None else opens_pages):
                    page.goto(f"{self.url}/")
                    traffic.asked.clear()
                does(page)
            except (Error, AssertionError) as error:
                at = urlsplit(page.url).path
                raise NotJudged(f"{what} failed at {at}: {_said(error)}") from error
            if settles:
                traffic.settle(page)
        return page, traffic

    def sign_in(self, context: BrowserContext, *, by_hand: bool = False) -> None:
        page, _ = self.use(context, "sign_in(page)", self.action.sign_in)
        page.close()
        self.cookies = cookie_header(context, self.act)
        self.session = context

    def sign_in_anew(self, context: BrowserContext) -> None:
        """Sign in where somebody was signed in before, and may have been signed out."""
        context.clear_cookies()
        self.sign_in(context)

    @property
    def act(self) -> str:
        """The address of the act."""
        return self.url + self._path

    def state(self) -> Any:
        state = self.action.state
        return state(self._looking()) if self.action.state_needs_page else state()

    def look(self) -> Look:
        return Look(self.state())


def no_page() -> Page:
    """As `looking`: there is no state before it's known where it's shown."""
    raise AssertionError("no state is read before it's known where it's shown")


def _said(error: Error | AssertionError) -> str:
    """Return what was wrong; of Playwright's log only what it was waiting for."""
    if not isinstance(error, Error):
        return str(error)
    first, *log = error.message.strip().splitlines()
    return " ".join([first, *(line.strip(" -") for line in log if "waiting for" in line)])
