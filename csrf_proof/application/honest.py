"""The honest user, who comes before every attack: acts, sends the request again, puts it back."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from playwright.sync_api import BrowserContext, Error, Page

from csrf_proof.application.action import BY_ATTACKER, Action
from csrf_proof.application.choice import Control, NotApplicable
from csrf_proof.application.forms import Field, fields_for, hidden, submit
from csrf_proof.application.recording import (
    Recorded,
    Traffic,
    looks_secret,
    other_fields,
    recorded,
)
from csrf_proof.application.target import Application
from csrf_proof.arsenal import FORM_TYPE, Click
from csrf_proof.bodies import JSON_TYPE, MULTIPART_TYPE
from csrf_proof.trial import LAG, NotJudged
from csrf_proof.waiting import soon
from csrf_proof.windows import Windows

# Where requests are recorded: a stock Firefox doesn't tell what was in their bodies.
RECORDS = "chromium"
# Seconds that an application may take until an act shows in its state: an honest user's, and one
# that was just answered.
PATIENCE, SHORT_PATIENCE = 5.0, 1.0
# How many times as long as for an honest user an application may take for an attack.
_LAGS = 3
_SEND_BY_SCRIPT = """([method, address, headers, body, fields]) => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields ?? {})) form.append(name, value);
    fetch(address, { method, headers, body: method === "GET" ? undefined : fields ? form : body });
}"""
_SAY = """([address, messages]) => new Promise((said, failed) => {
    const socket = new WebSocket(new URL(address, location.href.replace(/^http/, "ws")));
    socket.onopen = () => { messages.forEach((each) => socket.send(each)); said(); };
    socket.onerror = () => failed(new Error("The WebSocket isn't opened."));
})"""
# By name: what a page has in meta tags, hidden fields, and attributes for scripts.
_IN_PAGE = """() => {
    const found = {};
    for (const { name, content } of document.querySelectorAll("meta[name][content]"))
        found[`meta ${name}`] = content;
    for (const { name, value } of document.querySelectorAll("input[type=hidden][name]"))
        found[`field ${name}`] = value;
    for (const tag of document.querySelectorAll("*")) {
        for (const { name, value } of tag.attributes) {
            if (!name.startsWith("data-") && name !== "hx-headers") continue;
            found[name] = value;
            try {
                for (const [key, said] of Object.entries(JSON.parse(value)))
                    if (typeof said === "string") found[`${name} ${key}`] = said;
            } catch {}
        }
    }
    return found;
}"""
_PASSWORDS = """() =>
    [...document.querySelectorAll("input[type=password][name]")].map((input) => input.name)"""


@dataclass(frozen=True)
class _Once:
    """An honest act in a session of its own: the request, the value that was saved, the names of
    the fields for passwords, where a script has its headers from, how many seconds after its answer
    the application acted, and what was clicked last."""

    request: Recorded
    value: str
    passwords: frozenset[str]
    sources: Mapping[str, str]
    lag: float
    click: Click | None


class Honest:
    """An honest user of an application. `window` opens one in the browser of a profile."""

    def __init__(self, action: Action, window: Windows) -> None:
        self._action = action
        self._window = window
        # Whether `act` saves what it's given, as far as is known.
        self.saves = False

    def act(
        self,
        app: Application,
        context: BrowserContext,
        value: str,
        profile: str,
        clicked: Callable[[Click], Any] | None = None,
    ) -> tuple[Page, Traffic, float]:
        """Sign in and act; return the page, the browser's traffic, and how many seconds later
        the state changed. `clicked` is told of every click.

        Raises:
            NotJudged: That changed nothing.
        """
        app.sign_in(context)
        state = app.state()
        page, traffic = app.use(
            context,
            f"act(page, {value!r})",
            lambda page: self._action.act(page, value),
            clicked=clicked,
        )
        answered = time.monotonic()
        if app.state() != state:
            return page, traffic, 0.0
        if not changes(app, state):
            sentence = (
                f"An honest user's act changed nothing in {profile}: after act(page, {value!r}) "
                f"the state is still {state!r}."
            )
            raise NotJudged(traffic.with_answer(sentence, app.url))
        return page, traffic, time.monotonic() - answered

    def record(self, app: Application, before: Any) -> Control:
        """Act in two sessions of one browser, and find out what an attacker can't know of it.

        Raises:
            NotJudged: The state doesn't change, or by itself; or no request would have done it.
        """
        if app.state() != before:
            raise NotJudged("The state changes by itself: two readings of it differ.")
        first = self._once(app)
        state = str(app.state())
        self.saves = state == first.value
        shows = first.value in state and not first.value.isdecimal()
        if self._action.reset:
            self.restore(app, before)
        second = self._once(app)
        new, secrets, guessed = other_fields(
            first.request, first.value, second.request, second.value
        )
        if not self._action.users:  # Else it's the attacker's own that is sent.
            secrets |= first.passwords
        others, public = self._compare(app, first.request, second.request)
        secrets |= others
        theirs = self._once(app, BY_ATTACKER).request.fields if self._action.users else None
        return Control(
            first.request,
            first.value,
            secrets,
            saves=self.saves,
            shows=shows,
            sources=first.sources,
            guessed=guessed - secrets,
            new=new,
            lag=LAG + _LAGS * max(first.lag, second.lag),
            theirs=theirs,
            public=public,
            headers=_known_headers(first, second),
            click=first.click,
        )

    def _once(self, app: Application, word: str = "honest") -> _Once:
        """Act in a new session, with a value that begins with a word."""
        value = self._action.another(app.state(), word)
        clicks: list[Click] = []
        with self._window(RECORDS) as window:
            page, traffic, lag = self.act(app, window.context, value, RECORDS, clicks.append)
            request = recorded(traffic, app.url, value, by_opening=self._action.of_session)
            if request is None:
                raise NotJudged(
                    "The state changed, but the page sent no request to the application that could "
                    "have done it."
                )
            # A script's page is still there. Loaded again, it may have another token.
            names = {said: name for name, said in _tokens(page, app.url).items()}
            page.goto(app.url + request.page)
            # One that's left empty, as for a new password, isn't a secret.
            passwords = [name for name in page.evaluate(_PASSWORDS) if request.fields.get(name)]
            names |= {said: name for name, said in _tokens(page, app.url).items()}
        sources = {h: names[said] for h, said in request.headers.items() if said in names}
        click = clicks[-1] if clicks else None
        return _Once(request, value, frozenset(passwords), sources, lag, click)

    def _compare(
        self, app: Application, first: Recorded, second: Recorded
    ) -> tuple[frozenset[str], frozenset[str]]:
        """Return the names of the hidden fields that are the same in two sessions of this user: of
        those that are another for the attacker's account, and of those that are the same for it or,
        if there is none, for strangers. What strangers see may be another form."""
        mine = {n: said for n, said in first.fields.items() if second.fields.get(n) == said}
        may_be_secret = any(looks_secret(str(said)) for said in mine.values())
        if self._action.users or not (self._action.attacker or may_be_secret):
            return frozenset(), frozenset()
        theirs, _ = self.of_another(app, first)
        both = mine.keys() & theirs.keys()
        same = frozenset(name for name in both if mine[name] == theirs[name])
        return frozenset(both - same if self._action.attacker else ()), same

    def of_another(
        self, app: Application, request: Recorded
    ) -> tuple[dict[str, str], dict[str, str]]:
        """Visit the page of a request with the attacker's account or, if there is none, as a
        stranger, who may be sent elsewhere; return its hidden fields, and the cookies, by name."""
        visit = self._action.attackers_visit
        with self._window(RECORDS) as window:
            if visit:
                app.use(window.context, "attacker(page)", visit)
            try:
                page = _opened(app, window.context, request)
            except NotJudged:
                if visit:
                    raise
                return {}, {}  # Strangers may not even see it.
            there, here = urlsplit(page.url).path, urlsplit(request.page).path
            if visit and there != here:
                raise NotJudged(
                    f"{request.page} leads to {there}: the attacker doesn't seem to be signed in."
                )
            return hidden(_fields(page, request)), _cookies(window.context, app)

    def of_user(self, app: Application, request: Recorded) -> tuple[dict[str, str], dict[str, str]]:
        """Sign in, open the page of a request, and return its hidden fields and the cookies, by
        name."""
        with self._window(RECORDS) as window:
            app.sign_in(window.context)
            page = _opened(app, window.context, request)
            return hidden(_fields(page, request)), _cookies(window.context, app)

    def click_alone(self, app: Application, click: Click, lag: float) -> None:
        """See that a click on a page, with nothing filled in, is all that it takes.

        Raises:
            NotApplicable: It isn't.
        """

        def open_as_framed(page: Page) -> None:
            page.set_viewport_size({"width": click.width, "height": click.height})
            page.goto(click.page)

        with self._window(RECORDS) as window:
            app.sign_in(window.context)
            state = app.state()
            page, _ = app.use(window.context, "Opening it", open_as_framed, opens_pages=True)
            if app.state() != state:
                raise NotApplicable("Opening its page changes the state, without a click.")
            with suppress(Error):
                page.mouse.click(click.x, click.y)
            if not changes(app, state, max(SHORT_PATIENCE, lag)):
                raise NotApplicable(
                    "A single click on its page doesn't change anything: something has to be "
                    "filled in or opened first."
                )

    def guesses(self, app: Application, control: Control) -> dict[str, str]:
        """Return what is in the fields that an attacker can guess, by name."""
        if not control.guessed:
            return {}
        with self._window(RECORDS) as window:
            app.sign_in(window.context)
            request = control.recorded
            page = _opened(app, window.context, request)
            return _named(control.guessed, _fields(page, request))

    def send_again(self, app: Application, context: BrowserContext, control: Control) -> bool:
        """Send the recorded request from its own page, with the tokens that are there now; return
        whether the state changes."""
        if self._action.of_session:
            app.sign_in_anew(context)
        state = app.state()
        value = self._action.another(state, "again")
        _replay(app, context, control, value)
        return changes(app, state)

    def restore(
        self,
        app: Application,
        before: Any,
        context: BrowserContext | None = None,
        control: Control | None = None,
    ) -> None:
        """Put the state back as far as the application can: in a context that is signed in, and
        else, since an attack may have signed it out, in a new one.

        `control`: what can be sent again instead, which takes a browser half the time.
        """
        undo = self._action.reset
        if not undo and self.saves and isinstance(before, (str, int)):
            if control and context and self._sends_back(app, str(before), context, control):
                return

            def undo(page: Page) -> None:
                self._action.act(page, str(before))

        if not undo or app.state() == before:
            return
        if context:
            with suppress(NotJudged):
                app.use(context, "reset(page)", undo, settles=False)
        if not soon(lambda: app.state() == before, SHORT_PATIENCE if context else 0):
            with self._window(RECORDS) as window, suppress(NotJudged):
                app.sign_in(window.context)
                app.use(window.context, "reset(page)", undo, settles=False)
                soon(lambda: app.state() == before, SHORT_PATIENCE)

    def _sends_back(
        self, app: Application, before: str, context: BrowserContext, control: Control
    ) -> bool:
        """Send the recorded request with the value from before; return whether that's there."""
        if str(app.state()) != before:
            with suppress(NotJudged):
                _replay(app, context, control, before, settles=False)
        return soon(lambda: str(app.state()) == before, SHORT_PATIENCE)


def _opened(app: Application, context: BrowserContext, request: Recorded) -> Page:
    """Open the page that sends a request."""
    page, _ = app.use(context, "Opening it", lambda page: page.goto(request.page), opens_pages=True)
    return page


def _fields(page: Page, request: Recorded) -> list[Field]:
    return fields_for(page, request.target, request.fields)


def _known_headers(first: _Once, second: _Once) -> dict[str, str]:
    """Return the headers of a script that are the same in two sessions, and that no page or sign-in
    has given to it; with the type of the body, which the script names too.

    One that is the same for this user may still be another's secret: see `recording.looks_secret`.
    """
    request, there = first.request, second.request.headers
    added = {
        name: said
        for name, said in request.headers.items()
        if there.get(name) == said and name not in first.sources and name != "authorization"
    }
    return {"content-type": request.content_type, **added} if request.content_type else added


def _replay(
    app: Application, context: BrowserContext, control: Control, value: str, *, settles: bool = True
) -> None:
    app.use(
        context,
        "Sending it again",
        lambda page: _send(page, app.url, control, value),
        opens_pages=True,
        settles=settles,
    )


def _send(page: Page, url: str, control: Control, value: str) -> None:
    request = control.recorded
    page.goto(url + request.page)
    there = _fields(page, request)
    secret = hidden(there)
    fields = request.saying(control.value, value) | _named(control.guessed, there)
    fields |= {name: secret[name] for name in control.secrets | control.new if name in secret}
    if request.messages:
        page.evaluate(_SAY, [request.target, request.saying_all(fields, control.value, value)])
        return
    if not request.by_script:
        kind = request.content_type or FORM_TYPE
        submit(page, request.method, request.target, kind, fields)
        return
    tokens = _tokens(page, url)
    added = {
        name: tokens.get(control.sources.get(name, ""), said)
        for name, said in request.headers.items()
    }
    text = json.dumps(fields) if request.content_type == JSON_TYPE else urlencode(fields)
    text = request.text.replace(control.value, value) or text
    parts = fields if request.content_type == MULTIPART_TYPE else None
    if parts is None:  # The browser names the boundary of parts itself.
        added["content-type"] = request.content_type
    page.evaluate(_SEND_BY_SCRIPT, [request.method, request.target, added, text, parts])


def _named(names: Collection[str], fields: Iterable[Field]) -> dict[str, str]:
    """Return what is in those fields that have these names."""
    return {each.name: each.value for each in fields if each.name in names}


def _cookies(context: BrowserContext, app: Application) -> dict[str, str]:
    return {each["name"]: each["value"] for each in context.cookies(app.act)}


def _tokens(page: Page, url: str) -> dict[str, str]:
    """Return what a script of a page may take a token from, by where that is."""
    cookies = {f"cookie {each['name']}": each["value"] for each in page.context.cookies(url)}
    in_page: dict[str, str] = page.evaluate(_IN_PAGE)
    return cookies | in_page


def changes(app: Application, state: Any, seconds: float = PATIENCE) -> bool:
    """Tell whether the state becomes another one soon."""
    return soon(lambda: app.state() != state, seconds)
