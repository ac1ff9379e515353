"""Attacks on one action of an application: first the honest user, then the forgeries."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page

from csrf_proof import attacker, trial, windows
from csrf_proof.address import Address, WrongUse
from csrf_proof.application import preflight, sockets, stored
from csrf_proof.application.action import BY_ATTACKER, Action
from csrf_proof.application.another import bring
from csrf_proof.application.choice import (
    BY_CORS,
    Control,
    NotApplicable,
    aim,
    arsenal,
    body,
    headers,
    why_not,
)
from csrf_proof.application.honest import RECORDS, Honest, changes
from csrf_proof.application.recording import looks_secret
from csrf_proof.application.sessions import copied, take_cookies
from csrf_proof.application.target import Application
from csrf_proof.application.verdict import APPLICATION, BOTH, BROWSER, Try, Verdict
from csrf_proof.arsenal import Shot
from csrf_proof.browsers import BrowserMissing
from csrf_proof.positions import SUBDOMAIN
from csrf_proof.reasons import FRAME_REFUSED, PREFLIGHT_REFUSED
from csrf_proof.trial import BLOCKED, FORGED, NotJudged
from csrf_proof.watching import PING_TYPE, Evidence
from csrf_proof.windows import Window

# What a browser is known not to send at all (measured by the matrix).
NEVER_SENT = {("ping-post", "firefox")}
# An application that breaks doesn't refuse. A locked database is free the next time; what breaks
# each time is as good as a refusal.
_BROKEN, _BROKEN_TRIES = HTTPStatus.INTERNAL_SERVER_ERROR, 3
_REFUSES_HOST = {400, 403, 404, 421}
# What a message may contain, apart from punctuation.
_WORD = re.compile(r"[\w+/=.-]+")


class NotReplayed(NotJudged):
    """The honest user can act, but their request can't be sent again."""


class _Stale(NotJudged):
    """What was recorded no longer works for an honest user."""


class Proof:
    """All that is tried with one action. `browser` gives the browser of a profile.

    Nothing is judged before an honest user could do it in the same browser, and nothing is called
    blocked unless they still can.

    If nobody else does anything to the application between two tries, the page for the state may
    stay open: `kept` then closes it.
    """

    def __init__(
        self,
        address: Address,
        action: Action,
        browser: Callable[[str], Browser],
        kept: ExitStack | None = None,
    ) -> None:
        self._given = address
        self._address = address.named
        self._action = action
        self._browser = browser
        self._honest = Honest(action, self._window)
        self._control: Control | None = None
        # By profile: what went wrong, or None.
        self._controlled: dict[str, NotJudged | None] = {}
        self._kept = kept
        # By profile: the pages for the state that are kept open.
        self._pages: dict[str, Page] = {}

    def verdict(self, one: Try) -> Verdict:
        """Try one attack, or a page that somebody has written.

        Raises:
            NotJudged: The honest act fails in this browser, or nothing can be said.
            NotApplicable: The attack can't be aimed at this action.
            WrongUse: The application doesn't answer.
        """
        for _ in range(_BROKEN_TRIES - 1):
            verdict = self._verdict_unless_stale(one)
            if verdict.outcome == FORGED or (verdict.evidence.status or 0) < _BROKEN:
                return verdict
        return self._verdict_unless_stale(one)

    def _verdict_unless_stale(self, one: Try) -> Verdict:
        judge = self._verdict_on_page if one.page else self._verdict
        try:
            return judge(one)
        except _Stale:
            # Such as a number in the address that belongs to a user of an earlier test.
            self._control = None
            self._controlled.clear()
            return judge(one)

    def _verdict(self, one: Try) -> Verdict:
        control, chosen = self.control(one.profile), arsenal().attacks[one.attack]
        if one.position == SUBDOMAIN and not self._address.is_here:
            raise NotApplicable(f"This machine can't be a subdomain of {self._address.site}.")
        if sentence := why_not(chosen, control):
            raise NotApplicable(sentence)
        with self._application(one.profile, control) as app, self._for_attack(one) as window:
            before = app.state()
            value = self._action.another(before, BY_ATTACKER)
            shot = replace(
                aim(chosen, control, app.url, value, self._honest.guesses(app, control)),
                prepared=bring(chosen, self._address, app, control, self._honest),
            )
            try:
                if shot.click:
                    self._check_click(app, control, before)
                    before = app.state()
                with attacker.serving(arsenal(), shot, one.position) as server:
                    result = trial.run(
                        window,
                        shot.attack,
                        server.address,
                        app,
                        path=control.recorded.path,
                        wait_for="nothing" if (one.attack, one.profile) in NEVER_SENT else "act",
                        lag=control.lag,
                        opens=urlsplit(shot.click.page).path if shot.click else "",
                    )
                after = app.state()
                self._check(result, control, shot, value, after)
                result = self._asked_first(result, shot, server.origin)
                stopped_by = self._stopped_by(
                    app, shot, result, one.position, server.origin, control.lag
                )
                if stopped_by in {APPLICATION, BOTH}:
                    self._check_again(app, window, control)
            finally:
                self._honest.restore(app, before, window.context, control)
            return Verdict(
                one,
                result.outcome,
                result.reason,
                stopped_by,
                result.evidence,
                before,
                after,
                _samesite(window, result.evidence),
                server.page,
                tuple(shot.prepared.cookies),
            )

    def _verdict_on_page(self, one: Try) -> Verdict:
        """Try an exploit that somebody has written. Who stopped it isn't told: nothing is known of
        its request."""
        control = self.control(one.profile)
        with self._application(one.profile, control) as app, self._window(one.profile) as window:
            window.watch.begin(app.url, control.recorded.method, control.recorded.path)
            app.sign_in(window.context)
            window.watch.forget()
            before = app.state()
            held = [cookie["name"] for cookie in window.context.cookies(app.act)]
            shown = stored.aimed(one.page, app.url)
            try:
                with attacker.serving_page(shown, stored.NAME, app.url) as address:
                    trial.lure(window.page, address)
                    stored.visit(window, app, before)
                after = app.state()
                evidence = window.watch.evidence(held)
                if after == before:
                    if not (window.watch.asked_application or window.watch.socket):
                        raise NotJudged(
                            f"The page wasn't seen to send anything to {self._given.origin}. Is "
                            "that where it's aimed?"
                        )
                    self._check_again(app, window, control)
            finally:
                self._honest.restore(app, before, window.context, control)
            outcome = FORGED if after != before else BLOCKED
            return Verdict(
                one,
                outcome,
                None,
                None,
                evidence,
                before,
                after,
                _samesite(window, evidence),
                shown,
            )

    def control(self, profile: str) -> Control:
        """Let an honest user act, and send their request again; once for each browser.

        Raises:
            NotJudged: The state doesn't change, or the request can't be found.
            NotReplayed: The request can't be sent again.
        """
        if profile not in self._controlled:
            try:
                self._be_honest(profile)
                self._controlled[profile] = None
            except (BrowserMissing, WrongUse):
                raise
            except NotJudged as failure:
                self._controlled[profile] = failure
            except Exception as failure:
                said = f"{type(failure).__name__}: {failure}"
                self._controlled[profile] = NotJudged(f"The honest user failed: {said}")
        if problem := self._controlled[profile]:
            raise problem
        assert self._control is not None
        return self._control

    def _be_honest(self, profile: str) -> None:
        """Act, and send the request again; the first time, find out what the request is."""
        with self._application(profile) as app, self._window(profile) as window:
            before = app.state()
            try:
                if self._control is None:
                    self._check_name()
                    self._control = self._honest.record(app, before)
                if profile == RECORDS:
                    app.sign_in(window.context)
                else:
                    value = self._action.another(app.state(), "honest")
                    self._honest.act(app, window.context, value, profile)
                if self._action.reset:  # What is deleted can't be deleted again.
                    self._honest.restore(app, before)
                again = self._honest.send_again(app, window.context, self._control)
            finally:
                self._honest.restore(app, before, window.context)
        if not again:
            raise NotReplayed(
                "The application's own request changed nothing when it was sent again "
                f"in {profile}. Perhaps it works only once, needs a captcha, or needs the old "
                "state back first: Action(reset=…)."
            )

    def _check_name(self) -> None:
        """See that the application answers under a name that has subdomains."""
        given, named = self._given.ask().status, self._address.ask().status
        if given != named and named in _REFUSES_HOST:
            raise NotJudged(
                f"The application answers {named} under the name {self._address.site}, and {given} "
                f"under {self._given.site}. Attacks need a name with subdomains: allow that one, "
                "for example in Django's ALLOWED_HOSTS or Flask's TRUSTED_HOSTS."
            )

    @contextmanager
    def _application(self, profile: str, control: Control | None = None) -> Iterator[Application]:
        """Give the application, with a page for `state` that is signed in when it's first used."""
        pages = self._pages if self._kept else {}

        def looking() -> Page:
            if profile not in pages or pages[profile].is_closed():
                window = (self._kept or stack).enter_context(self._window(profile))
                if not self._action.of_session:
                    app.sign_in(window.context)
                pages[profile] = window.page
            if self._action.of_session and not copied(app.session, pages[profile].context):
                app.sign_in_anew(pages[profile].context)
            if not self._action.opens_pages:
                pages[profile].goto(f"{app.url}/")
            return pages[profile]

        path = control.recorded.path if control else "/"
        app = Application(self._address, self._action, path, looking)
        with ExitStack() as stack:
            yield app

    def _window(self, profile: str) -> AbstractContextManager[Window]:
        return windows.fresh(self._browser(profile), base_url=self._address.origin)

    def _for_attack(self, one: Try) -> AbstractContextManager[Window]:
        """Give the window of a trial. A Chromium that is told to block third-party cookies does so
        as one that always does (`make parity`), at a quarter of the cost."""
        told = one.profile == "chromium-no-3pc" and one.attack not in windows.NEEDS_FULL_BROWSER
        return windows.fresh(
            self._browser("chromium" if told else one.profile),
            told_to_block=told,
            base_url=self._address.origin,
        )

    def _check(
        self, result: trial.Result, control: Control, shot: Shot, value: str, after: Any
    ) -> None:
        """See that what looks forged was done by the attack, with what an attacker can know."""
        if result.outcome != FORGED:
            return
        is_there = str(after) == value if control.saves else value in str(after)
        # A ping has no text of its own. A click sends what is in the page.
        free = shot.click or shot.attack.content_type == PING_TYPE
        may_say = not free and (control.saves or control.shows)
        if may_say and not is_there:
            raise NotJudged(
                f"The state changed during the attack, but it doesn't contain {value!r}, which the "
                "attack would have saved. Something else changes it too."
            )
        for name, said in shot.forged.items():
            if (
                said != value
                and name not in control.public
                and not self._action.attackers_visit
                and looks_secret(str(said))
            ):
                raise NotJudged(
                    f"The request was forged with {name}={said}, which is the same in two sessions "
                    "of this user. If other users have a different value, it's a secret: add "
                    "Action(attacker=…), which signs in as another user."
                )
        if any(looks_secret(word) for said in shot.messages for word in _WORD.findall(said)):
            raise NotJudged(
                "The WebSocket's messages contain something that looks like a secret, and it's the "
                "same in two sessions of this user. There's no way to tell whether other users "
                "have a different one."
            )
        for name, said in shot.attack.headers.items():
            if looks_secret(said):
                raise NotJudged(
                    f"The request was forged with the header {name}: {said}, which is the same in "
                    "two sessions of this user. There's no way to tell whether other users have a "
                    "different one."
                )

    def _asked_first(self, result: trial.Result, shot: Shot, sender: str) -> trial.Result:
        """See whether a request wasn't sent since the application said no when it was asked. A
        browser doesn't tell of its question."""
        seen = result.evidence
        if shot.attack.slug != BY_CORS or result.outcome == FORGED or seen.status:
            return result
        target = replace(self._address, target=shot.target)
        answer, yes = preflight.ask(target, shot, sender)
        if yes:
            return result
        asked = replace(
            seen, method="OPTIONS", cookies_sent=(), cookies_withheld=(), status=answer.status
        )
        return replace(result, reason=PREFLIGHT_REFUSED.code, evidence=asked)

    def _check_click(self, app: Application, control: Control, before: Any) -> None:
        """See that a click is all that an honest user has to do."""
        assert control.click
        value = self._action.another(before, "honest")
        click = control.click.with_fields(control.forged(value))
        self._honest.click_alone(app, click, control.lag)
        self._honest.restore(app, before)

    def _does_with_cookies(
        self,
        app: Application,
        shot: Shot,
        seen: Mapping[str, str],
        position: str,
        sender: str,
        lag: float,
    ) -> bool:
        """Send the application what the browser sent, with the cookies, and tell whether the state
        changes. `seen` are the browser's headers."""
        state = app.state()
        target = replace(self._address, target=shot.target)
        cookies = {"cookie": app.cookies} if app.cookies else {}
        if shot.messages:
            fetched = {name: said for name, said in seen.items() if name.startswith("sec-fetch-")}
            with sockets.said(target, shot.messages, sender, fetched | cookies):
                return changes(app, state, lag)
        sent = headers(shot, seen, position, sender) | cookies
        answer = target.ask(shot.attack.method, sent, body(shot))
        if self._action.of_session and app.session:
            take_cookies(app.session, app.url, answer.cookies)
        return changes(app, state, lag)

    def _check_again(self, app: Application, window: Window, control: Control) -> None:
        """See that the honest user's request still works, since a blocked one looks the same as one
        that no longer means anything."""
        try:
            if self._honest.send_again(app, window.context, control):
                return
        except NotJudged:
            pass  # Perhaps the attack signed this window out.
        with self._window(RECORDS) as another_window:
            app.sign_in(another_window.context)
            if not self._honest.send_again(app, another_window.context, control):
                said = "After the attack, the honest user's own request no longer changes anything."
                raise _Stale(said)

    def _stopped_by(
        self,
        app: Application,
        shot: Shot,
        result: trial.Result,
        position: str,
        sender: str,
        lag: float,
    ) -> str | None:
        """Return who stopped it. If the browser did, the application gets the request anyway,
        with the cookies and with that browser's headers. `sender` is the attacker's origin."""
        seen = result.evidence
        if result.outcome == FORGED:
            return None
        if result.reason == PREFLIGHT_REFUSED.code:
            return APPLICATION
        if result.reason == FRAME_REFUSED.code:
            return BOTH if seen.cookies_withheld and not seen.cookies_sent else APPLICATION
        if shot.click:  # With all cookies, the click does it.
            return BROWSER if seen.cookies_withheld else APPLICATION
        if result.reason is None and seen.cookies_sent and not seen.cookies_withheld:
            return APPLICATION
        if self._does_with_cookies(app, shot, seen.headers, position, sender, lag):
            return BROWSER
        # Chromium doesn't always tell whether it sent cookies.
        return BOTH if seen.cookies_withheld or result.reason else APPLICATION


def _samesite(window: Window, seen: Evidence) -> dict[str, str]:
    """Return what the application says of the SameSite of each cookie that it was seen to set."""
    names = (*seen.cookies_sent, *seen.cookies_withheld)
    return {name: window.watch.samesite(name) for name in names if window.watch.has_seen_set(name)}
