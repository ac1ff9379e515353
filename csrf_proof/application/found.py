"""The action of an address, found without code: a form there, and a page that shows its state."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page

from csrf_proof.address import Address, WrongUse
from csrf_proof.application.action import Action
from csrf_proof.application.forms import (
    Field,
    Form,
    all_fields,
    choose,
    fill,
    forms_of,
    send,
    submit,
    value_at,
)
from csrf_proof.application.honest import RECORDS
from csrf_proof.application.known import Known
from csrf_proof.application.signing_in import Secrets, sign_in, sign_in_as_attacker
from csrf_proof.application.target import Application, no_page
from csrf_proof.arsenal import FORM_TYPE
from csrf_proof.trial import NotJudged
from csrf_proof.windows import Windows

# Seconds that a page may take until it shows what was saved.
_SHOWS = 3.0
# Between two readings of a page, to see which of its lines change by themselves: a clock's second.
_A_SECOND = 1.1
_READ_TEXT = """() => [
    document.body?.innerText ?? "",
    ...[...document.querySelectorAll("input, textarea, select")]
        .filter((one) => !["hidden", "password", "submit", "button"].includes(one.type))
        .map((one) => `${one.name}: ${one.value}`),
].join("\\n")"""


class _Found:
    """What can be done at the address, once it's found out."""

    def __init__(self, address: Address, known: Known, secrets: Secrets) -> None:
        self.address = address
        self.known = known
        self.secrets = secrets
        self.value: Field | None = None
        # Where the state is read: the path that is asked for, and where that leads.
        self.shown: tuple[str, str] | None = None
        self.unsteady: set[str] = set()
        # Whether a script can read the field as well as a visitor.
        self.by_script = False
        self.signed_in = False

    def sign_in(self, page: Page) -> None:
        # The first time as a visitor does. That it works by script too is shown by the honest user
        # of each browser, who then can act.
        by_script, self.signed_in = self.signed_in, True
        sign_in(page, self.address, self.known, self.secrets, by_script=by_script)

    def sign_in_as_attacker(self, page: Page) -> None:
        sign_in_as_attacker(page, self.address, self.known, self.secrets)

    def act(self, page: Page, value: str) -> None:
        known = self.known
        if known.method:
            values = {**known.fields, **({known.changes: value} if known.changes else {})}
            page.goto("/")
            submit(page, known.method, self.address.target, FORM_TYPE, values)
            return
        page.goto(self.address.target)
        try:
            form, changes = self.choose(page)
        except WrongUse as error:  # It was there the first time.
            raise NotJudged(str(error)) from None
        fill(page, form, {**known.fields, changes.name: value})
        send(page, form)

    def choose(self, page: Page) -> tuple[Form, Field]:
        """Return the form on a page that acts, and its field that is changed.

        Raises:
            WrongUse: It isn't there.
        """
        forms, target, known = forms_of(page), self.address.target, self.known
        _check_signed_in(page, forms, target, known)
        return choose(forms, target, known.fields, known.changes, known.as_)

    def in_form(self, page: Page) -> str | None:
        """Return what the form shows in the field that is changed."""
        said = self.in_form_by_script(page) if self.by_script else None
        if said is not None:
            return said
        page.goto(self.address.target)
        changed = self.value.name if self.value else None
        return next((each.value for each in all_fields(page) if each.name == changed), None)

    def in_form_by_script(self, page: Page) -> str | None:
        address = self.address.origin + self.address.target
        return value_at(page, address, self.value.name) if self.value else None

    def state(self, page: Page) -> str:
        """Return what the application shows: the field's value, or a page's text."""
        if self.shown is None:
            value = self.in_form(page)
            if value is None:
                raise NotJudged(f"The form at {self.address.target} isn't there any more.")
            return value
        path, leads_to = self.shown
        text = self.text(page, path)
        if (now := urlsplit(page.url).path) != leads_to:
            raise NotJudged(f"{path} led to {leads_to} before, and now it leads to {now}.")
        return "\n".join(li for li in text.splitlines() if shape(li) not in self.unsteady)

    @staticmethod
    def open(page: Page, path: str) -> None:
        answer = page.goto(path)
        if answer and answer.status >= 400:
            raise NotJudged(f"{path} answers {answer.status}.")

    def text(self, page: Page, path: str) -> str:
        self.open(page, path)
        text: str = page.evaluate(_READ_TEXT)
        return text

    def action(self) -> Action:
        name = f"{self.value.name} at {self.address.target}" if self.value else self.address.target
        like = self.value.example if self.value else "text"
        return Action(
            self.sign_in,
            self.act,
            self.state,
            attacker=self.sign_in_as_attacker if self.known.attacker else None,
            name=name,
            like=like,
            opens_pages=True,
        )


def find(
    address: Address,
    known: Known,
    secrets: Secrets,
    window: Windows,
) -> Action:
    """Return the action of an address: sign in, look for the form, fill it in once, and see which
    page shows what was saved.

    Raises:
        WrongUse: Something has to be said that can't be found out.
        NotJudged: No page shows what was saved, or one isn't as expected.
    """
    found = _Found(address, known, secrets)
    app = Application(address, found.action(), address.target, no_page)
    if known.attacker and not known.method:
        _check_attacker(found, app, window)
    with window(RECORDS) as opened:
        context = opened.context
        page, _ = app.use(context, "Signing in", found.sign_in)
        # Where people land first is where applications show things.
        places = [known.state] if known.state else [address.target, "/", urlsplit(page.url).path]
        if not known.method:
            page, _ = app.use(
                context, "Opening the form", lambda page: found.open(page, address.target)
            )
            _, found.value = found.choose(page)
        before = {path: _text(found, page, path) for path in places}
        value = found.action().another("\n".join(before.values()), "honest")
        done, traffic = app.use(context, "Filling in the form", lambda page: found.act(page, value))
        if not known.state:
            if found.in_form(page) == value:
                found.by_script = found.in_form_by_script(page) == value
                _put_back(found, app, context)
                return found.action()
            places.append(urlsplit(done.url).path)
        try:
            found.shown = _shown(found, page, places, before, value)
        except NotJudged as problem:
            if not known.method and found.in_form(page) == value:
                _put_back(found, app, context)
            raise NotJudged(traffic.with_answer(str(problem), address.origin)) from None
        first = found.text(page, found.shown[0])
        time.sleep(_A_SECOND)
        lines = set(first.splitlines()) ^ set(found.text(page, found.shown[0]).splitlines())
        found.unsteady = {shape(line) for line in lines}
        return found.action()


def _check_attacker(found: _Found, app: Application, window: Windows) -> None:
    """See that the attacker can sign in, before anything is changed."""
    with window(RECORDS) as opened:
        app.use(opened.context, "Signing in as the attacker", found.sign_in_as_attacker)
        target = found.address.target
        page, _ = app.use(opened.context, "Opening the form", lambda page: found.open(page, target))
        theirs = replace(found.known, as_=found.known.attacker)
        _check_signed_in(page, forms_of(page), target, theirs)


def _put_back(found: _Found, app: Application, context: BrowserContext) -> None:
    if found.value and found.value.value:
        before = found.value.value
        app.use(context, "Putting it back", lambda page: found.act(page, before))


def _check_signed_in(page: Page, forms: Sequence[Form], target: str, known: Known) -> None:
    """See that the page with the form isn't one to sign in at."""
    leads_to = urlsplit(page.url).path
    by = f"as {known.as_}" if known.as_ else "without a name (--as NAME)"
    if leads_to != urlsplit(target).path and any(form.password for form in forms):
        raise WrongUse(
            f"{target} leads to {leads_to}, which asks for a password. "
            + (
                f"Signing in at {known.sign_in} {by} didn't work."
                if known.sign_in
                else f"Sign in first: --sign-in {leads_to} --as NAME."
            )
        )


def _text(found: _Found, page: Page, path: str) -> str:
    """Return a page's text, or nothing if it isn't there."""
    try:
        return found.text(page, path)
    except NotJudged:
        return ""


def _shown(
    found: _Found, page: Page, places: list[str], before: Mapping[str, str], value: str
) -> tuple[str, str]:
    """Return the path of a page that shows what was saved or, if none does, that has changed."""
    deadline = time.monotonic() + _SHOWS
    while True:
        changed = []
        for path in places:
            text = _text(found, page, path)
            leads_to = urlsplit(page.url).path
            if text and re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text):
                return path, leads_to
            if text != before.get(path, text):
                changed.append((path, leads_to))
        if changed:
            return changed[0]
        if time.monotonic() > deadline:
            looked = list(dict.fromkeys(places))
            nowhere = f"neither {' nor '.join(looked)} shows"
            if len(looked) == 1:
                nowhere = f"{looked[0]} doesn't show"
            raise NotJudged(
                f"After {value!r} was sent, {nowhere} it. "
                "Perhaps it wasn't saved because another field needs a certain value: --field "
                "NAME=VALUE. If it was saved, name a page that shows it: --state PATH."
            )


def shape(line: str) -> str:
    """Return a line without its numbers, by which it's known again if it changes by itself."""
    return re.sub(r"\d+", "#", line)
