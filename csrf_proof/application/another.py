"""What an attacker brings along: a token, and cookies to plant, with an account or without."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Mapping
from dataclasses import replace

from csrf_proof.address import Address
from csrf_proof.application.choice import (
    NO_ACCOUNT,
    TOSSED_COOKIE,
    WITH_ACCOUNT,
    Control,
    NotApplicable,
    arsenal,
)
from csrf_proof.application.honest import Honest
from csrf_proof.application.target import Application
from csrf_proof.arsenal import Attack
from csrf_proof.visitor import Prepared, Visitor
from csrf_proof.windows import as_header

# What the cookie of a session is usually called.
_SESSION = re.compile(r"sess|sid\b|auth|login|jwt|remember", re.IGNORECASE)


class Another(Visitor):
    """A visit to the application with the attacker's account, which a browser has made already.

    `fields` are the hidden fields of the form, `cookies` those that may be planted on others.
    """

    def __init__(self, fields: Mapping[str, str], cookies: Mapping[str, str]) -> None:
        self._fields = fields
        self.cookies = dict(cookies)

    @property
    def plantable_cookies(self) -> dict[str, str]:
        return self.cookies

    def hidden_fields(self, path: str) -> dict[str, str]:
        return dict(self._fields)

    def sign_in(self) -> None:
        """Do nothing: the browser has signed in."""


def bring(
    attack: Attack, address: Address, app: Application, control: Control, honest: Honest
) -> Prepared:
    """Return the token and the cookies for an attack: those that the attacker's account got or, if
    there is none, those that strangers get. A cookie and a token may also be made up: perhaps they
    only have to be alike.

    Raises:
        NotApplicable: There is no such token, or no cookie that could be planted.
    """
    if attack.slug not in WITH_ACCOUNT:
        return Prepared()
    action, request = app.action, control.recorded
    fields, cookies = honest.of_another(app, request)
    tokens = {name: fields[name] for name in control.secrets if name in fields}
    page = replace(address, target=request.page)
    if action.users:  # Before a sign-in, none signs in.
        planted = cookies
    elif action.attacker:
        planted = plantable(page, cookies)
    elif attack.slug == TOSSED_COOKIE:
        own = plantable(page, honest.cookies(app, request))
        planted = {name: cookies[name] for name in own if name in cookies}
        if not (tokens and planted):
            made_up = secrets.token_hex(16)
            tokens = dict.fromkeys(control.secrets, made_up)
            planted = dict.fromkeys(own, made_up)
    elif tokens:
        planted = {}
    else:
        raise NotApplicable(NO_ACCOUNT)
    if not tokens:
        raise NotApplicable(f"{request.page} gives the attacker no token that could be sent.")
    if attack.slug == TOSSED_COOKIE and not planted:
        raise NotApplicable("There is no cookie to plant but those that sign in.")
    prepared = arsenal().prepare(attack, Another(tokens, planted))
    # Of two cookies with one name, some frameworks read the first, some the last.
    return replace(prepared, paths=("/", request.path))


def plantable(page: Address, cookies: Mapping[str, str]) -> dict[str, str]:
    """Return those of the attacker's cookies that don't sign in: a victim who gets them stays who
    they are.

    A cookie signs in if without it a page that is there for those who are signed in says what it
    says to strangers. Where it says the same to both, the name has to do.
    """

    def said(names: Collection[str]) -> tuple[int, str]:
        sent = {"Cookie": as_header((name, cookies[name]) for name in names)} if names else {}
        answer = page.ask(headers=sent)
        return answer.status, answer.headers.get("location", "")

    to_strangers = said(())
    if to_strangers == said(cookies):
        return {name: value for name, value in cookies.items() if not _SESSION.search(name)}
    rest = {name: [other for other in cookies if other != name] for name in cookies}
    return {name: cookies[name] for name in cookies if said(rest[name]) != to_strangers}
