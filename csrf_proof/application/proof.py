"""Attacks on one action of an application: first the honest user, then the forgeries."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode, urlsplit

from playwright.sync_api import Browser, BrowserContext, Error, Page

from csrf_proof import attacker, trial, windows
from csrf_proof.address import Address
from csrf_proof.application.action import Action, another
from csrf_proof.application.choice import Control, aim, arsenal, body, headers, why_not
from csrf_proof.application.recording import (
    JSON_TYPE,
    Asked,
    Recorded,
    recorded,
    secret_fields,
    watching,
)
from csrf_proof.application.verdict import APPLICATION, BOTH, BROWSER, Verdict
from csrf_proof.arsenal import FORM_TYPE, Shot
from csrf_proof.trial import FORGED, Look, NotJudged
from csrf_proof.windows import Window

# Where requests are recorded: a stock Firefox doesn't tell what was in their bodies.
RECORDS = "chromium"
# Seconds that an application may take until an act shows in its state: an honest user's, and one
# that was just answered.
PATIENCE, SHORT_PATIENCE = 5.0, 1.0
# Milliseconds that a page has to show what a function looks for in it.
_PAGE_TIMEOUT = 10_000
_REFUSES_HOST = {400, 403, 404, 421}
_SEND_FORM = """([method, action, enctype, fields]) => {
    const form = document.createElement("form");
    Object.assign(form, { method, action, enctype });
    for (const [name, value] of Object.entries(fields)) {
        const input = Object.assign(document.createElement("input"), { type: "hidden" });
        input.setAttribute("name", name);
        input.value = value;
        form.append(input);
    }
    document.body.append(form);
    HTMLFormElement.prototype.submit.call(form);
}"""
# In a stock Firefox, Playwright's `fill` adds to the text of a field for e-mail or a number, whose
# selection no script can see, and says so with an event of its own. (Playwright 1.64.)
_FILL_REPLACES = """addEventListener("input", ({ target, data, isTrusted }) => {
    if (!isTrusted && data && ["email", "number"].includes(target.type)) target.value = data;
}, true)"""
_SEND_BY_SCRIPT = """([method, address, headers, body]) => {
    fetch(address, { method, headers, body: method === "GET" ? undefined : body });
}"""
# What a page holds that may be a token, by name: hidden fields, and meta tags.
_HIDDEN = """() => Object.fromEntries(
    [...document.querySelectorAll("form input[type=hidden][name]")].map((i) => [i.name, i.value])
)"""
_META = """() => Object.fromEntries(
    [...document.querySelectorAll("meta[name][content]")].map((tag) => [tag.name, tag.content])
)"""
# What a browser is known not to send at all (measured by the matrix).
NEVER_SENT = {("ping-post", "firefox")}


class NotApplicable(Exception):
    """An attack makes no sense for an action; the message is one sentence that says why."""


class Application:
    """An application and an action of it, as a trial needs it: a `csrf_proof.trial.Target`.

    `looking` gives the page for `state`, if it wants one.
    """

    def __init__(self, address: Address, action: Action, looking: Callable[[], Page]) -> None:
        self.url, self.site = address.origin, address.site
        self.action = action
        self._looking = looking

    def use(
        self, context: BrowserContext, what: str, does: Callable[[Page], Any]
    ) -> tuple[Page, list[Asked]]:
        """Open the application and use it; return the page once it's done, and what it asked.

        `what` is the name of the function, for people.

        Raises:
            NotJudged: The page isn't as the function expects it.
        """
        page = context.new_page()
        page.set_default_timeout(_PAGE_TIMEOUT)
        page.add_init_script(_FILL_REPLACES)
        page.goto(f"{self.url}/")
        with watching(context) as traffic:
            try:
                does(page)
            except Error as error:
                at = urlsplit(page.url).path
                raise NotJudged(f"{what} failed at {at}: {error.message}") from error
            traffic.settle(page)
        return page, traffic.asked

    def sign_in(self, context: BrowserContext, *, by_hand: bool = False) -> None:
        page, _ = self.use(context, "sign_in(page)", self.action.sign_in)
        page.close()

    def state(self) -> Any:
        return (
            self.action.state(self._looking())
            if self.action.state_needs_page
            else self.action.state()
        )

    def look(self) -> Look:
        return Look(self.state())


class Proof:
    """All that is tried with one action. `browser` gives the browser of a profile.

    Nothing is judged before an honest user could do it in the same browser.
    """

    def __init__(self, address: Address, action: Action, browser: Callable[[str], Browser]) -> None:
        self._given = address
        self._address = address.named
        self._action = action
        self._browser = browser
        self._control: Control | None = None
        self._controlled: dict[str, NotJudged | None] = {}

    def verdict(self, attack: str, position: str, profile: str) -> Verdict:
        """Try one attack.

        Raises:
            NotJudged: The honest act fails in this browser, or nothing can be said.
            NotApplicable: The attack can't be aimed at this action.
            WrongUse: The application doesn't answer.
        """
        control, aimed_by = self.control(profile), arsenal().attacks[attack]
        if sentence := why_not(aimed_by, control):
            raise NotApplicable(sentence)
        with self._application(profile) as app, self._window(profile) as window:
            before = app.state()
            shot = aim(aimed_by, control, app.url, another(before, "forged"))
            try:
                with attacker.serving(arsenal(), shot, position) as server:
                    result = trial.run(
                        window,
                        shot.attack,
                        server.address,
                        app,
                        path=control.recorded.path,
                        wait_for="nothing" if (attack, profile) in NEVER_SENT else "act",
                    )
                after = app.state()
                stopped_by = self._stopped_by(app, window, shot, result)
            finally:
                self._restore(app, before, control, window.context)
            held = (*result.evidence.cookies_sent, *result.evidence.cookies_withheld)
            return Verdict(
                attack,
                position,
                profile,
                result.outcome,
                result.reason,
                stopped_by,
                result.evidence,
                before,
                after,
                {name: window.watch.samesite(name) for name in held},
            )

    def control(self, profile: str) -> Control:
        """Let an honest user act, and send their request again; once for each browser.

        Raises:
            NotJudged: The state doesn't change, or the request can't be found or sent again.
        """
        if profile not in self._controlled:
            self._controlled[profile] = None
            try:
                self._be_honest(profile)
            except NotJudged as failure:
                self._controlled[profile] = failure
        if said := self._controlled[profile]:
            raise said
        assert self._control is not None
        return self._control

    def _be_honest(self, profile: str) -> None:
        """Act, and send the request again; the first time, find out what the request is."""
        with self._application(profile) as app, self._window(profile) as window:
            before, control = app.state(), self._control
            if control is None:
                self._check_name()
                control = self._control = self._record(app, before)
            if profile == RECORDS:
                app.sign_in(window.context)
            else:
                self._act(app, window.context, another(before, "honest"), profile)
            state = app.state()
            value = another(state, "again")
            app.use(
                window.context,
                "Sending it again",
                lambda page: self._send_again(page, app, control, value),
            )
            again = _changes(app, state)
            self._restore(app, before, control, window.context)
        if not again:
            raise NotJudged(
                "The request of the application's own page changed nothing when it was sent again "
                f"in {profile}. Perhaps each can be used once, or a captcha has to be solved."
            )

    def _check_name(self) -> None:
        """See that the application answers under a name that has subdomains."""
        given, named = self._given.ask().status, self._address.ask().status
        if given != named and named in _REFUSES_HOST:
            raise NotJudged(
                f"The application answers {named} under the name {self._address.site}, and {given} "
                f"under {self._given.site}. It needs a name with subdomains to be attacked: "
                f"allow that one, for example in Django's ALLOWED_HOSTS or Flask's TRUSTED_HOSTS."
            )

    @contextmanager
    def _application(self, profile: str) -> Iterator[Application]:
        """Give the application, with a page for `state` that is signed in when it's first used."""
        pages: list[Page] = []

        def looking() -> Page:
            if not pages:
                window = stack.enter_context(self._window(profile))
                app.sign_in(window.context)
                pages.append(window.page)
            pages[0].goto(f"{app.url}/")
            return pages[0]

        app = Application(self._address, self._action, looking)
        with ExitStack() as stack:
            yield app

    def _window(self, profile: str) -> AbstractContextManager[Window]:
        return windows.fresh(self._browser(profile), base_url=self._address.origin)

    def _record(self, app: Application, before: Any) -> Control:
        """Act in two sessions of one browser; what differs between them is secret."""
        if app.state() != before:
            raise NotJudged("The state changes by itself: two readings of it differ.")
        first, one, sources = self._recorded(app, before)
        second, two, _ = self._recorded(app, before)
        values = first.named(one) & second.named(two)
        secrets = secret_fields(first, second, values)
        return Control(first, values, secrets, str(app.state()) == two, sources)

    def _recorded(self, app: Application, before: Any) -> tuple[Recorded, str, dict[str, str]]:
        """Act in a new session; return the request, the value, and the sources of its headers."""
        value = another(before, "honest")
        with self._window(RECORDS) as window:
            page, asked = self._act(app, window.context, value, RECORDS)
            tokens = _tokens(page, app.url)
        request = recorded(asked, app.url, value)
        if request is None:
            raise NotJudged(
                "The state changed, but the page sent no request to the application that could "
                "have done it."
            )
        names = {said: name for name, said in tokens.items()}
        sources = {h: names[said] for h, said in request.headers.items() if said in names}
        return request, value, sources

    def _act(
        self, app: Application, context: BrowserContext, value: str, profile: str
    ) -> tuple[Page, list[Asked]]:
        """Sign in and act; return the page, and what the browser asked for."""
        app.sign_in(context)
        state = app.state()
        page, asked = app.use(
            context, f"act(page, {value!r})", lambda page: self._action.act(page, value)
        )
        if not _changes(app, state):
            raise NotJudged(
                f"An honest user's act changed nothing in {profile}: after act(page, {value!r}) "
                f"the state is still {state!r}."
            )
        return page, asked

    def _send_again(self, page: Page, app: Application, control: Control, value: str) -> None:
        """Send the recorded request from its own page, with the tokens that are there now."""
        request = control.recorded
        page.goto(app.url + request.page)
        hidden = page.evaluate(_HIDDEN)
        fields = {name: hidden.get(name, said) for name, said in request.fields.items()}
        fields |= control.saying(value)
        if not request.by_script:
            kind = request.content_type or FORM_TYPE
            page.evaluate(_SEND_FORM, [request.method, request.target, kind, fields])
            return
        tokens = _tokens(page, app.url)
        added = {
            name: tokens.get(control.sources.get(name, ""), said)
            for name, said in request.headers.items()
        }
        text = json.dumps(fields) if request.content_type == JSON_TYPE else urlencode(fields)
        added["content-type"] = request.content_type
        page.evaluate(_SEND_BY_SCRIPT, [request.method, request.target, added, text])

    def _restore(
        self, app: Application, before: Any, control: Control, context: BrowserContext
    ) -> None:
        """Put the state back, as far as the application can: in a window that is signed in, and
        else, since an attack may have signed it out, in a new one."""
        undo = self._action.reset
        if not undo and control.saves:

            def undo(page: Page) -> None:
                self._action.act(page, str(before))

        if not undo or app.state() == before:
            return
        with suppress(NotJudged):
            app.use(context, "reset(page)", undo)
        if not _soon(lambda: app.state() == before, SHORT_PATIENCE):
            with self._window(RECORDS) as window:
                app.sign_in(window.context)
                app.use(window.context, "reset(page)", undo)

    def _stopped_by(
        self, app: Application, window: Window, shot: Shot, result: trial.Result
    ) -> str | None:
        """Return who stopped it. If the browser did, the application gets the request all the same,
        with the cookies and with that browser's headers."""
        if result.outcome == FORGED:
            return None
        if result.reason is None and result.evidence.cookies_sent:
            return APPLICATION
        state = app.state()
        sent = headers(shot, result.evidence.headers)
        sent["cookie"] = windows.cookie_header(window.context, app.url)
        replace(self._address, target=shot.target).ask(shot.attack.method, sent, body(shot))
        if _changes(app, state, SHORT_PATIENCE):
            return BROWSER
        # Chromium doesn't always tell whether it sent cookies.
        return BOTH if result.evidence.cookies_withheld or result.reason else APPLICATION


def _tokens(page: Page, url: str) -> dict[str, str]:
    """Return what a script of a page may take a token from: cookies and meta tags, by name."""
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies(url)}
    meta: dict[str, str] = page.evaluate(_META)
    return cookies | meta


def _changes(app: Application, state: Any, seconds: float = PATIENCE) -> bool:
    """Tell whether the state becomes another one soon."""
    return _soon(lambda: app.state() != state, seconds)


def _soon(happens: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not happens():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
