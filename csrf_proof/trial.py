"""One attack in one real browser: launch it, wait for what must be seen, and judge.

What is judged is the difference between two readings of the application's state, before and after.
A request that never arrives proves nothing, unless that is what this browser is known for; then
what the browser did is observed instead.

Requests are observed and never intercepted: with `page.route` Playwright answers CORS preflights
itself, and a closed policy then looks open.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Error, Page, Request

from csrf_proof import cookie_rules
from csrf_proof.arsenal import (
    ADDRESS,
    CLICK,
    DOUBLE_CLICK,
    HOLD_ENTER,
    SIGN_IN,
    SIGNED_IN,
    SIGNS_IN_LATER,
    Attack,
)
from csrf_proof.browsers import first_line
from csrf_proof.reasons import (
    COOKIE_NOT_KEPT,
    CSP_REFUSED,
    FRAME_REFUSED,
    NOT_SENT,
    PREFLIGHT_REFUSED,
    PRESS_IGNORED,
    RESPONSE_UNREADABLE,
)
from csrf_proof.watching import Evidence, Watch
from csrf_proof.windows import Window

FORGED, BLOCKED = "forged", "blocked"
ACT, PREFLIGHT, FRAMED, WEBSOCKET = "act", "preflight", "framed", "websocket"
# Seconds until a request that didn't arrive counts as never sent, and a page as never loading.
PATIENCE, LOADING = 30.0, 10.0
# Seconds that an application may take for a request whose answer a browser doesn't tell of, and
# after it has answered one.
UNSEEN, LAG = 1.0, 0.25
# Where the later request goes that ends a trial without an act.
LATER = "/csrf-proof-asks-later"
_POLL = 0.03
# Seconds until a click that caused no request won't cause one any more.
_CLICK_ACTS = 2.0
# How often, and how many milliseconds apart, a key that is held down repeats here.
_REPEATS, _APART = 10, 30
# How often a press is made again that had no effect, and after how many milliseconds.
_PRESSES, _PRESSED_AGAIN = 5, 2_000
# Milliseconds for which a visitor looks at a page before pressing its button.
_A_LOOK = 600
# Firefox may say of a blank page that it has arrived, and later say so again.
_BLANK_COMES_LATE = 'interrupted by another navigation to "about:blank'

# What to wait for: a request that acts, a sign of one that the browser stopped, word that a page's
# policy stopped one, a click that a page ignored, or nothing at all.
Awaited = Literal["act", "sign", "policy", "ignored", "nothing"]


class NotJudged(Exception):
    """The trial proves nothing either way; the message is one sentence that says why."""


@dataclass(frozen=True)
class Record:
    """What the application says about a request: its kind, and the code of what stopped it.

    `verdicts` are the codes of every check that refused it, also if something else stopped it
    first.
    """

    kind: str
    reason: str | None
    verdicts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Look:
    """One reading: a state to compare, and the application's records since the first reading.

    `records` is None if the application keeps none; the browser's view then has to do.
    """

    state: Any
    records: tuple[Record, ...] | None = None


class Target(Protocol):
    """The application under attack, as a trial needs it."""

    @property
    def url(self) -> str:
        """Its origin."""

    @property
    def site(self) -> str:
        """The host whose subdomains are all one site with it."""

    def sign_in(self, context: BrowserContext, *, by_hand: bool) -> None:
        """Sign the victim in, in this browser; `by_hand` if the browser has to do it itself."""

    def look(self) -> Look:
        """Read the state. The first reading comes after the sign-in, and starts the records."""


@dataclass(frozen=True)
class Result:
    """What came out.

    `reason` is the code of why it was blocked, or None if it was forged, or if the application
    refused it and gave no reason. `record` is what decided, if anything arrived.
    """

    outcome: str
    reason: str | None
    record: Record | None
    evidence: Evidence


def awaited(reason: str | None) -> Awaited:
    """Return what to wait for in a trial that is expected to end with this reason."""
    if reason == NOT_SENT.code:
        return "nothing"
    if reason == CSP_REFUSED.code:
        return "policy"
    if reason == PRESS_IGNORED.code:
        return "ignored"
    stopped = {PREFLIGHT_REFUSED.code, RESPONSE_UNREADABLE.code}
    return "sign" if reason in stopped else "act"


def run(
    window: Window,
    attack: Attack,
    address: str,
    target: Target,
    *,
    path: str,
    wait_for: Awaited = "act",
    cookie_age: float = 0,
    lag: float = LAG,
    opens: str = "",
) -> Result:
    """Try one attack in a window.

    `address` is that of the attack's page, `path` that of the act within the application.
    `wait_for` decides how long to wait. `cookie_age`: how old the session cookie is to get before
    the launch, in seconds. `lag`: how long after its answer the application may act, in seconds, if
    it keeps no records. `opens` is the path of the application's own page that has to act, if any.

    Raises:
        NotJudged: Nothing arrived although it should, or the browser failed.
    """
    opens = opens or attack.opens
    with _browser_failures():
        context, page, watch = window.context, window.page, window.watch
        watch.begin(target.url, attack.method, path, opens)
        if attack.victim == SIGNED_IN:
            target.sign_in(context, by_hand=False)
        if attack.victim == SIGNS_IN_LATER:
            lure(page, address)
            page.wait_for_load_state()
            target.sign_in(context, by_hand=True)
        watch.forget()
        before = target.look()
        held = {c["name"]: c["sameSite"] for c in context.cookies(target.url + path)}
        if cookie_age:
            page.wait_for_timeout(cookie_age * 1000)
        if attack.victim != SIGNS_IN_LATER:
            lure(page, address)
        spring(page, attack)
        trial = _Trial(page, watch, target, before, attack, wait_for, lag, opens, held)
        record, changed = trial.wait()
        evidence = watch.evidence(list(held))
        if changed:
            return Result(FORGED, None, record, evidence)
        return Result(BLOCKED, trial.reason(record, evidence), record, evidence)


def lure(page: Page, address: str) -> None:
    """Open the attack's page, as a visitor does."""
    try:
        page.goto(address, wait_until="commit")
    except Error as error:
        if _BLANK_COMES_LATE not in error.message:
            raise
        # The page is loading anyway. It may be gone by the time it's looked for.
        page.wait_for_url(lambda url: not url.startswith("about:blank"), wait_until="commit")


def spring(page: Page, attack: Attack) -> None:
    """Do what the attack's page asks for, and then perhaps click something in the application. An
    address that it names is opened as one from an e-mail: then no page has asked for it."""
    if attack.trigger == ADDRESS:
        lure(page, page.input_value("#bait"))
    elif attack.trigger == DOUBLE_CLICK:
        _double_click(page, attack)
    elif attack.trigger == HOLD_ENTER:
        _hold_enter(page, attack)
    elif attack.trigger == CLICK:
        # A picture that comes later moves the bait away under the pointer (4 of 150 clicks).
        page.wait_for_load_state()
        frame = page.query_selector("iframe")
        if frame and (inside := frame.content_frame()):
            inside.wait_for_load_state()
        # By force, since what is over the bait has to get the click.
        page.click("#bait", no_wait_after=True, force=bool(frame))
        if attack.button:
            _press(page, attack)
    if attack.second_click:
        page.get_by_text(attack.second_click, exact=True).click(no_wait_after=True)


def _double_click(page: Page, attack: Attack) -> None:
    """Click the bait, and double-click in the pop-up that it opens, over the application's button.

    Windows have no places here, so the second press goes to the button itself. There's none if the
    application doesn't know its user.
    """
    page.wait_for_load_state()
    with page.expect_popup() as opened:
        page.click("#bait", no_wait_after=True)
    _until_it_opens(page, attack)
    button = page.get_by_role("button", name=attack.button, exact=True)
    # Its script waits for a stylesheet, and until it has run, a press does nothing.
    opened.value.wait_for_function("document.readyState === 'complete' && document.body.firstChild")
    if not button.count():
        return
    box = button.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    press_until_closed(opened.value, x, y)
    page.mouse.click(x, y)


def press_until_closed(page: Page, x: float, y: float) -> None:
    """Press a mouse button in a window that closes at once. On a busy machine a new window may lose
    a press, and then a visitor presses again."""
    for _ in range(_PRESSES):
        with suppress(Error):  # It's gone before the press is over.
            page.mouse.move(x, y)
            page.mouse.down()
            if not page.is_closed():
                page.wait_for_event("close", timeout=_PRESSED_AGAIN)
        if page.is_closed():
            return
        with suppress(Error):
            page.mouse.up()
    page.wait_for_event("close")


def _press(page: Page, attack: Attack) -> None:
    """Press the application's button on purpose, after a look at its page."""
    _until_it_opens(page, attack)
    button = page.get_by_role("button", name=attack.button, exact=True)
    if button.count():
        button.hover()
        page.wait_for_timeout(_A_LOOK)
        button.click(no_wait_after=True)


def _hold_enter(page: Page, attack: Attack) -> None:
    """Press Enter, and keep it down while the page moves on to the application's."""
    page.wait_for_load_state()
    page.keyboard.down("Enter")
    _until_it_opens(page, attack)
    for _ in range(_REPEATS):
        page.wait_for_timeout(_APART)
        page.keyboard.down("Enter")
    page.keyboard.up("Enter")


def _until_it_opens(page: Page, attack: Attack) -> None:
    page.wait_for_url(lambda url: urlsplit(url).path == attack.opens)


@dataclass
class _Trial:
    """A launched attack, from the launch to the verdict."""

    page: Page
    watch: Watch
    target: Target
    before: Look
    attack: Attack
    wait_for: Awaited
    lag: float = LAG
    opens: str = ""
    # The cookies that the browser had for the application, with what they say about SameSite.
    held: Mapping[str, str] = field(default_factory=dict)

    def wait(self) -> tuple[Record | None, bool]:
        """Wait until it is decided; return the record that decided, and if the state changed."""
        began = time.monotonic()
        deadline = began + PATIENCE
        while time.monotonic() < deadline:
            look = self.target.look()
            changed = look.state != self.before.state
            record = _act(look.records)
            if record and (changed or (record.reason and record.kind == ACT)):
                return record, changed
            if look.records is None and (changed or self._answered()):
                changed = self._changes_after_all() or changed
                return None, changed
            if self._stopped_by_browser(look, time.monotonic() - began):
                break
            self._pause()
        self._let_the_rest_arrive()
        look = self.target.look()
        return _deciding(look.records), look.state != self.before.state

    def _answered(self) -> bool:
        request = self.watch.act
        if request is None:
            return self.watch.socket_is_over
        return self.watch.is_over(request)

    def _changes_after_all(self) -> bool:
        """Whether the state changes once the act has been answered or, if a ping, been sent."""
        self._let_the_rest_arrive()
        act = self.watch.act
        seen = act is None or self.watch.response_to(act) is not None
        deadline = time.monotonic() + max(self.lag, 0 if seen else UNSEEN)
        while self.target.look().state == self.before.state:
            if time.monotonic() > deadline:
                return False
            self._pause()
        return True

    def _let_the_rest_arrive(self) -> None:
        """Wait until whatever the page has begun would have reached the application.

        That is so when all its requests are over, and one that is sent later has been answered.
        """
        deadline = time.monotonic() + LOADING
        with suppress(Error):  # A page that never stops loading.
            self.page.wait_for_load_state(timeout=LOADING * 1000)
        while self.watch.unanswered and time.monotonic() < deadline:
            self.page.wait_for_timeout(20)
        self.watch.end()
        later = self.page.context.new_page()
        later.goto(self.target.url + LATER, wait_until="commit")

    def _stopped_by_browser(self, look: Look, seconds: float) -> bool:
        """Whether a record or the browser shows that there will be no act, or the seconds that have
        passed do."""
        record = _deciding(look.records)
        if record and (record.reason or self._signed_somebody_in(record)):
            return True
        if self.wait_for == "policy":
            return self.watch.broke_policy
        if self.wait_for == "ignored":
            return self.watch.ignored_press
        if self.opens:
            return seconds > max(_CLICK_ACTS, self.lag) and not self.watch.unanswered
        if self.wait_for == "sign":
            return self.watch.broke_policy or self.watch.asked_application
        return self.wait_for == "nothing" and bool(self.watch.addresses)

    def _signed_somebody_in(self, record: Record) -> bool:
        """Whether there's a new session. If its cookie was kept, a later request will show it."""
        return self.attack.action == SIGN_IN and record.kind == ACT and not record.reason

    def _pause(self) -> None:
        if self.wait_for == "act" and self.before.records is not None and not self.opens:
            time.sleep(_POLL)
        else:  # The browser's events arrive only while Playwright is being waited for.
            self.page.wait_for_timeout(50)

    def reason(self, record: Record | None, evidence: Evidence) -> str | None:
        """Return the code of the reason why the attack didn't work."""
        if record and self._signed_somebody_in(record):
            return COOKIE_NOT_KEPT.code
        if record:
            return PREFLIGHT_REFUSED.code if record.kind == PREFLIGHT else record.reason
        if self.wait_for == "ignored" and self.watch.ignored_press:
            return PRESS_IGNORED.code
        act = self.watch.act if self.before.records is None else None
        if self.opens and act is None:
            return self._clicked_in_vain(evidence)
        # The page that shows the answer may break a policy too, such as Firefox's for JSON.
        arrived = act is not None and self.watch.response_to(act) is not None
        if self.watch.broke_policy and not arrived:
            return CSP_REFUSED.code
        if act:
            return self._withheld(act, evidence)
        if self.before.records is None and self.watch.socket_is_over:
            return None  # The browser doesn't tell of its cookies.
        if self.watch.asked_application:
            return RESPONSE_UNREADABLE.code
        if self.wait_for != "nothing":
            raise NotJudged(
                f"{self.attack.slug} sent no request to the application in {PATIENCE:.0f} s."
            )
        if not evidence.addresses:
            raise NotJudged(f"The page of {self.attack.slug} wasn't even opened.")
        return NOT_SENT.code

    def _clicked_in_vain(self, evidence: Evidence) -> str | None:
        """Return the code of why a click on the application's page caused nothing."""
        opened = self.watch.opened
        if opened and self.watch.refused_frame:
            return FRAME_REFUSED.code
        if opened and evidence.cookies_withheld:
            return self._withheld(opened, evidence)
        raise NotJudged(
            "The click in the frame caused nothing, although the page was shown there. Perhaps it "
            "has a script against that, or looks different in a frame."
        )

    def _withheld(self, act: Request, evidence: Evidence) -> str | None:
        """Return which rule withheld the cookies, or None if some were sent or there are none.

        An application that keeps records doesn't refuse without one, so there, cookies that were
        sent don't count.
        """
        sent = evidence.cookies_sent and self.before.records is None
        if sent or not evidence.cookies_withheld:
            return None
        parts = urlsplit(self.target.url)
        request = cookie_rules.Request(
            act.method,
            {name.title(): value for name, value in evidence.headers.items()},
            f"{parts.scheme}://{parts.netloc}",
            self.target.site,
        )
        cookie = evidence.cookies_withheld[0]
        known = self.watch.has_seen_set(cookie)
        samesite = self.watch.samesite(cookie) if known else self.held.get(cookie, "")
        return cookie_rules.no_session(
            request, samesite, cookie_sent=False, anybody_signed_in=lambda: True
        ).code


def _act(records: tuple[Record, ...] | None) -> Record | None:
    return next((r for r in records or () if r.kind in {ACT, WEBSOCKET}), None)


def _deciding(records: tuple[Record, ...] | None) -> Record | None:
    """Return the record of an act, else that of what was stopped before it could become one."""
    return _act(records) or next((r for r in records or () if r.reason), None)


@contextmanager
def _browser_failures() -> Iterator[None]:
    """Turn what Playwright raises into a sentence."""
    try:
        yield
    except Error as error:
        raise NotJudged(f"The browser failed during the trial: {first_line(error)}") from error
