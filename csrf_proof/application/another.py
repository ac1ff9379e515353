"""What an attacker brings along: a token, and cookies to plant, with an account or without."""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Collection, Mapping
from dataclasses import replace

from csrf_proof.address import Address
from csrf_proof.application.choice import (
    NO_ACCOUNT,
    TOSSED_COOKIE,
    WITH_TOKEN,
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
    """Return the token for an attack and, if it plants cookies, those that fit it: what the
    attacker's account got or, if there is none, what strangers get.

    Raises:
        NotApplicable: There is no such token, or no cookie that could be planted.
    """
    if attack.slug not in WITH_TOKEN:
        return Prepared()
    action, request = app.action, control.recorded
    fields, cookies = honest.of_another(app, request)
    tokens = {name: fields[name] for name in control.secrets if name in fields}
    page = replace(address, target=request.page)
    if attack.slug == TOSSED_COOKIE:
        if action.attacker:
            cookies = plantable(page, cookies)
        elif not action.users:  # Before a sign-in, no cookie signs in.
            tokens, cookies = _pair(app, page, control, honest, tokens, cookies)
        if not cookies:
            raise NotApplicable("There is no cookie to plant but those that sign in.")
    if not tokens:
        known = f"{request.page} gives the attacker no token that could be sent."
        raise NotApplicable(known if action.attackers_visit else NO_ACCOUNT)
    prepared = arsenal().prepare(attack, Another(tokens, cookies))
    # Of two cookies with one name, some frameworks read the first, some the last.
    return replace(prepared, paths=("/", request.path))


def _pair(
    app: Application,
    page: Address,
    control: Control,
    honest: Honest,
    tokens: Mapping[str, str],
    cookies: Mapping[str, str],
) -> tuple[dict[str, str], dict[str, str]]:
    """Return a token and the cookies that fit it: those of strangers, if they have both, else made
    up, since perhaps they only have to be alike."""
    fields, own = honest.of_user(app, control.recorded)
    own = plantable(page, own)
    secret = [fields[name] for name in control.secrets if name in fields]
    fitting = {name for name, said in own.items() if any(said in each for each in secret)}
    names = fitting or own.keys()
    of_strangers = {name: cookies[name] for name in names if name in cookies}
    if tokens and of_strangers:
        return dict(tokens), of_strangers
    made_up = _like(secret[0]) if secret else secrets.token_hex()
    return dict.fromkeys(control.secrets, made_up), dict.fromkeys(names, made_up)


def _like(text: str) -> str:
    """Return a text of the same length with another letter for each letter, and another digit for
    each digit; hexadecimal ones stay that."""

    def other(found: re.Match[str]) -> str:
        return secrets.choice(kinds[found[0].isdigit(), found[0].isupper()])

    hexadecimal = re.fullmatch(r"[0-9a-f]+|[0-9A-F]+", text)
    letters = "abcdef" if hexadecimal else string.ascii_lowercase
    kinds = {
        (True, False): string.digits,
        (False, False): letters,
        (False, True): letters.upper(),
    }
    return re.sub(r"[A-Za-z0-9]", other, text)


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
