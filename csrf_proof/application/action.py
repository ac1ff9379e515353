"""What a user can do in an application, as its owner describes it."""

from __future__ import annotations

import inspect
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

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
    reports; pytest takes the test's name.
    """

    sign_in: Callable[[Page], Any]
    act: Callable[[Page, str], Any]
    state: Callable[..., Any]
    reset: Callable[[Page], Any] | None = None
    attacker: Callable[[Page], Any] | None = None
    name: str | None = None

    @property
    def state_needs_page(self) -> bool:
        return bool(inspect.signature(self.state).parameters)


def another(state: object, word: str) -> str:
    """Return a text that looks like the state, isn't it, and begins with the word where it may.

    An application refuses an e-mail address without an @, and a number that is none.
    """
    text = str(state)
    if found := _EMAIL.fullmatch(text):
        return f"{word}-{secrets.token_hex(2)}@{found.group(1)}"
    if _NUMBER.fullmatch(text):
        return next(n for n in iter(lambda: str(1 + secrets.randbelow(90)), "") if n != text)
    return f"{word}-{secrets.token_hex(2)}"
