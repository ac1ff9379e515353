"""Signing out and signing in, found without code: what one does, and which page tells of it."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from playwright.sync_api import Page

from csrf_proof.address import Address
from csrf_proof.application.action import Action
from csrf_proof.application.forms import submit
from csrf_proof.application.found import shape
from csrf_proof.application.honest import RECORDS
from csrf_proof.application.known import Known
from csrf_proof.application.signing_in import Secrets, sign_in, sign_in_as_attacker
from csrf_proof.application.target import Application, no_page
from csrf_proof.arsenal import FORM_TYPE
from csrf_proof.trial import NotJudged
from csrf_proof.windows import Windows

SIGNED_IN, SIGNED_OUT = "somebody is signed in", "nobody is signed in"
# No part of another word, as in “Blog offers”.
_SIGN_OUT = r"(?<![a-z])((sign|log)[\s_-]?(out|off)|end session)(?![a-z])"
# What a visitor would press: what says so, else what leads there, such as the button of a page that
# asks whether one is sure. By script, since it may be in a menu that isn't open.
_FIND = """([text, press]) => {
    const signsOut = (said) => new RegExp(text, "i").test(said ?? "");
    const labels = (one) => [one.innerText, one.value, one.title, one.ariaLabel, one.alt].join();
    const all = [...document.querySelectorAll("a[href], button, input, [role=button]")].filter(
        (one) => !one.disabled && (one.localName !== "input"
            || ["submit", "button", "image"].includes(one.type)));
    const leads = (one) => signsOut(one.getAttribute("href") ?? one.form?.action);
    const found = all.find((one) => signsOut(labels(one))) ?? all.find(leads);
    if (press) found?.click();
    return Boolean(found);
}"""
_GO = "(to) => { location = to; }"


class _Session:
    """Whether somebody is signed in in a browser, and how that changes at an address.

    `reads` is the path of the page that tells, and `marks` are the lines that it shows only to
    somebody who is signed in.
    """

    def __init__(self, address: Address, known: Known, secrets: Secrets) -> None:
        self.address = address
        self.known = known
        self.secrets = secrets
        self.reads = known.state or "/"
        self.marks: set[str] = set()

    def sign_in(self, page: Page) -> None:
        sign_in(page, self.address, self.known, self.secrets)

    def state(self, page: Page) -> str:
        return SIGNED_IN if self.marks & _reading(page, self.reads) else SIGNED_OUT

    def look(self, inside: Page, outside: Page) -> None:
        """Find the page that tells: `inside` somebody has just signed in, and `outside` nobody.

        Raises:
            NotJudged: None does.
        """
        lands, known = urlsplit(inside.url).path, self.known
        places = [known.state] if known.state else list(dict.fromkeys([lands, "/"]))
        for self.reads in places:
            self.marks = _reading(inside, self.reads) - _reading(outside, self.reads)
            if self.marks:
                return
        raise NotJudged(
            f"A browser sees the same at {' and '.join(places)}, signed in or not. Perhaps "
            f"signing in at {known.sign_in} as {known.as_ or 'nobody'} didn't work. Otherwise, "
            "name a page that only signed-in users can see: --state PATH."
        )


class _SignsOut(_Session):
    """`by_address`: who opens the address is signed out."""

    by_address = False

    def look(self, inside: Page, outside: Page) -> None:
        """Also see how the address signs out.

        Raises:
            NotJudged: It doesn't, and its page has no way to.
        """
        super().look(inside, outside)
        if self.known.method:
            return
        inside.goto(self.address.target)
        self.by_address = self.state(inside) == SIGNED_OUT
        if not self.by_address:
            self.way_out(inside, press=False)

    def sign_in_as_attacker(self, page: Page) -> None:
        sign_in_as_attacker(page, self.address, self.known, self.secrets)

    def act(self, page: Page, value: str) -> None:
        target = self.address.target
        if self.known.method:
            page.goto(self.reads)
            submit(page, self.known.method, target, FORM_TYPE, self.known.fields)
            return
        if self.by_address:
            page.goto(self.reads)
            page.evaluate(_GO, target)
            return
        self.way_out(page, press=True)

    def way_out(self, page: Page, *, press: bool) -> None:
        """See that the page has a way to sign out, and perhaps take it."""
        target = self.address.target
        page.goto(target)
        if not page.evaluate(_FIND, [_SIGN_OUT, press]):
            raise NotJudged(
                f"There is no button or link for signing out at {target}. Name the page that has "
                "one or, if a script does it, the address of its request, and --method POST."
            )

    def action(self) -> Action:
        return Action(
            self.sign_in,
            self.act,
            self.state,
            attacker=self.sign_in_as_attacker if self.known.attacker else None,
            name=f"signing out at {self.address.target}",
            of_session=True,
            opens_pages=True,
        )


class _SignsIn(_Session):
    def act(self, page: Page, value: str) -> None:
        sign_in(page, self.address, replace(self.known, as_=value), self.secrets)

    def action(self) -> Action:
        return Action(
            lambda page: None,
            self.act,
            self.state,
            name=f"signing in at {self.address.target}",
            of_session=True,
            users=(self.known.as_, self.known.attacker),
            opens_pages=True,
        )


def find(address: Address, known: Known, secrets: Secrets, window: Windows) -> Action:
    """Return the action of signing out or in: sign in, and see what a page shows only then.

    Raises:
        NotJudged: No page looks different to somebody who is signed in, or the address neither
            signs out nor leads to a page that does.
    """
    found: _SignsIn | _SignsOut
    if known.signs_in:
        found = _SignsIn(address, replace(known, sign_in=address.target), secrets)
    else:
        found = _SignsOut(address, known, secrets)
    app = Application(address, found.action(), address.target, no_page)
    with window(RECORDS) as inside, window(RECORDS) as outside:
        page, _ = app.use(inside.context, "Signing in", found.sign_in)
        found.look(page, outside.page)
    return found.action()


def _reading(page: Page, path: str) -> set[str]:
    """Return where a path leads, and the lines of that page, without their numbers."""
    page.goto(path)
    text: str = page.evaluate("() => document.body?.innerText ?? ''")
    lines = {shape(line).strip() for line in text.splitlines()}
    return {f"at {urlsplit(page.url).path}", *lines} - {""}
