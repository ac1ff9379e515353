"""The session of a browser, which is all in its cookies, put into another one or changed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookies import CookieError, Morsel, SimpleCookie

from playwright.sync_api import BrowserContext, Error


def copied(session: BrowserContext | None, to: BrowserContext) -> bool:
    """Give one browser the cookies of another; return False if that one is gone."""
    if session is None:
        return False
    if session is to:
        return True
    try:
        cookies = session.cookies()
    except Error:
        return False
    to.clear_cookies()
    to.add_cookies(cookies)  # type: ignore[arg-type]
    return True


def take_cookies(context: BrowserContext, url: str, headers: Iterable[str]) -> None:
    """Change the cookies of a browser as an answer to it would have."""
    for header in headers:
        try:
            said = SimpleCookie(header)
        except CookieError:
            continue
        for name, morsel in said.items():
            context.clear_cookies(name=name)
            if not _is_over(morsel):
                context.add_cookies([{"name": name, "value": morsel.value, "url": url}])


def _is_over(cookie: Morsel[str]) -> bool:
    """Return whether setting it takes it away."""
    if said := cookie["max-age"]:
        return not said.isdecimal() or int(said) == 0
    try:
        until = parsedate_to_datetime(cookie["expires"])
    except ValueError:
        return False
    return until.replace(tzinfo=until.tzinfo or UTC) <= datetime.now(UTC)
