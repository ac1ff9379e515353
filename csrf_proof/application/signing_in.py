"""Signing in without code: with the form of a page, by HTTP Basic, or as someone did elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlsplit

from playwright.sync_api import Page

from csrf_proof.address import Address
from csrf_proof.application.forms import fill, forms_of, send
from csrf_proof.application.known import Known
from csrf_proof.trial import NotJudged


@dataclass(frozen=True)
class Secrets:
    """What nobody writes down. `password` is called with the name of a user if there is a field for
    it; `storage` is what Playwright saved of a signed-in browser."""

    password: Callable[[str], str]
    storage: Mapping[str, Any] | None = None


def sign_in(
    page: Page, address: Address, known: Known, secrets: Secrets, *, by_script: bool = False
) -> None:
    """Sign in as far as something is known about that. `by_script`: not as a visitor does, who
    takes a browser much longer.

    Raises:
        NotJudged: There's no form for it, or the browser isn't let in.
    """
    if secrets.storage or not known.sign_in:
        page.goto("/")
    if secrets.storage:
        _restore_storage(page, address, secrets.storage)
    if not known.sign_in:
        return
    answer = page.goto(known.sign_in)
    if answer and answer.status == HTTPStatus.UNAUTHORIZED:
        _sign_in_by_browser(page, address, known, secrets)
        return
    forms = forms_of(page)
    form = next((f for f in forms if f.password), None)
    form = form or next((f for f in forms if f.text_field()), None)
    if form is None:
        raise NotJudged(f"There is no form to sign in with at {known.sign_in}.")
    values = {}
    if name := form.text_field():
        values[name.name] = known.as_
    if form.password:
        values[form.password.name] = secrets.password(known.as_)
    fill(page, form, values, by_script=by_script)
    send(page, form, signs_in=True, by_script=by_script)


def sign_in_as_attacker(page: Page, address: Address, known: Known, secrets: Secrets) -> None:
    """Sign in to the attacker's account; what was saved of a browser is another user's."""
    theirs = replace(known, as_=known.attacker)
    sign_in(page, address, theirs, replace(secrets, storage=None))


def _sign_in_by_browser(page: Page, address: Address, known: Known, secrets: Secrets) -> None:
    """Give the browser a name and a password for HTTP Basic, which it keeps."""
    here = urlsplit(address.origin)
    who = f"{quote(known.as_, safe='')}:{quote(secrets.password(known.as_), safe='')}"
    answer = page.goto(f"{here.scheme}://{who}@{here.netloc}{known.sign_in}")
    if answer and answer.status == HTTPStatus.UNAUTHORIZED:
        raise NotJudged(f"{known.sign_in} answers 401 to {known.as_ or 'nobody'} as well.")


def _restore_storage(page: Page, address: Address, storage: Mapping[str, Any]) -> None:
    """Put back what was saved of another browser, under the name that is used here."""
    here = urlsplit(address.origin).hostname or ""
    ours = {here, "localhost", "127.0.0.1", "::1"}
    cookies = [
        cookie | ({"domain": here} if cookie["domain"].lstrip(".") in ours else {})
        for cookie in storage.get("cookies", [])
    ]
    page.context.add_cookies(cookies)
    for origin in storage.get("origins", []):
        if urlsplit(origin["origin"]).hostname in ours:
            page.evaluate(
                "(all) => { for (const { name, value } of all) localStorage[name] = value; }",
                origin["localStorage"],
            )
