"""What a user can do in an application, as its owner describes it."""

from __future__ import annotations

import inspect
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

# The word for an attacker's value; all others are an honest user's.
BY_ATTACKER = "forged"
_EMAIL = re.compile(r"[^@\s]+@([^@\s]+)")
_NUMBER = re.compile(r"-?\d+")


@dataclass(frozen=True)
class Action:
    """An action: how to sign in, how to do it, and how to see that it was done.

    Each function gets a Playwright page (synchronous), open at the application. `act` also gets the
    text that it is to save or send. `state` returns what the action changes, such as an e-mail
    address from a database or an API; with a parameter it gets a page on which the same user is
    signed in. `reset` puts the state back; without it, `act` is called with the state from before,
    if that's what it saves. `attacker` signs in to another account. `name` says what it is, in
    reports; pytest takes the test's name. `like` is an example of what `act` takes, where the state
    isn't. `opens_pages`: the functions open all pages that they need, so the application's first
    page isn't opened for them. `of_session`: the action changes only what its own browser session
    has, such as that somebody is signed in. `state` then gets a page with that session. `users`:
    the action signs in, and `act` gets one of these names, an honest user's or the attacker's.

    Raises:
        TypeError: It's of a session, and `state` takes no page to look into that; or it signs in,
            and isn't of a session.
    """

    sign_in: Callable[[Page], Any]
    act: Callable[[Page, str], Any]
    state: Callable[..., Any]
    reset: Callable[[Page], Any] | None = None
    attacker: Callable[[Page], Any] | None = None
    name: str | None = None
    like: str | None = None
    opens_pages: bool = False
    of_session: bool = False
    users: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        if self.users and not self.of_session:
            raise TypeError("With users=…, the action signs in: add of_session=True.")
        if self.of_session and not self.state_needs_page:
            raise TypeError("With of_session=True, state takes a page: it has the session.")

    @property
    def attackers_visit(self) -> Callable[[Page], Any] | None:
        """How the attacker gets a form of their own."""
        return self.attacker or (self.sign_in if self.users else None)

    @property
    def state_needs_page(self) -> bool:
        return bool(inspect.signature(self.state).parameters)

    def another(self, state: object, word: str) -> str:
        """Return a text for `act` that the state doesn't hold, and that begins with the word where
        it may.

        An application refuses an e-mail address without an @, and a number that is none.
        """
        if self.users:
            return self.users[word == BY_ATTACKER]
        text = str(state) if self.like is None else self.like
        if found := _EMAIL.fullmatch(text):
            return f"{word}-{secrets.token_hex(2)}@{found.group(1)}"
        if _NUMBER.fullmatch(text):
            used = {int(number) for number in _NUMBER.findall(str(state))}
            # Small, since it may have to be paid for.
            small = [number for number in range(1, 91) if number not in used]
            return str(secrets.choice(small) if small else max(used) + 1)
        return f"{word}-{secrets.token_hex(2)}"
