"""The attacker's own account at an application: a token that it gave them, and cookies to plant."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from csrf_proof.address import Address
from csrf_proof.visitor import Visitor
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
