"""An exploit that somebody has written: a whole page, of which nothing is known but its text.

It's served from the attacker's site as it is, except that the application has another name in a
trial. The visitor opens it, clicks once on what invites a click, and stays until it's quiet. What
counts is whether the state has changed.
"""

from __future__ import annotations

import http.client
import re
import time
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Error, Page

from csrf_proof.address import WrongUse
from csrf_proof.application.target import Application
from csrf_proof.browsers import first_line
from csrf_proof.inviting import BAITS, QUIET, SHORTEST, click_over
from csrf_proof.trial import NotJudged
from csrf_proof.windows import Window

NAME = "stored-exploit"
MOST = 1_000_000
_LONGEST = 20.0  # Seconds that a visitor stays at most.
_SLICE, _LOADS = 50, 10_000  # Milliseconds.
_ORIGIN = re.compile(r"https?://(?:127\.0\.0\.1|(?:[a-z0-9_-]+\.)*localhost):[0-9]+", re.IGNORECASE)


def read(exploit: str | Path) -> str:
    """Return the page that is in a file, at an address of this machine, or given as text.

    Raises:
        WrongUse: There's none.
    """
    try:
        if isinstance(exploit, Path):
            with exploit.open("rb") as file:
                body = file.read(MOST + 1)
        elif re.fullmatch(r"http://\S+", exploit):
            body = _fetch(exploit)
        else:
            return exploit
    except FileNotFoundError:
        raise WrongUse(f"There is no {exploit}.") from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        said = getattr(error, "strerror", None) or error
        raise WrongUse(f"{exploit} can't be read: {said}.") from None
    if len(body) > MOST:
        raise WrongUse(f"{exploit} is too long for an exploit: at most {MOST:,} bytes.")
    if not body.strip():
        raise WrongUse(f"{exploit} is empty.")
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise WrongUse(f"{exploit} isn't text in UTF-8, which an exploit has to be.") from None


def _fetch(address: str) -> bytes:
    """Return what is at an address, which names this machine. Not every resolver knows that."""
    parts = urlsplit(address)
    if not _ORIGIN.match(f"http://{parts.hostname}:{parts.port or 80}"):
        raise WrongUse(f"{address} isn't on this machine.")
    with closing(http.client.HTTPConnection("127.0.0.1", parts.port or 80, timeout=10)) as asked:
        path = parts._replace(scheme="", netloc="", fragment="").geturl()
        asked.request("GET", path or "/", headers={"Host": parts.netloc})
        answer = asked.getresponse()
        if answer.status != 200:
            raise WrongUse(f"{address} answers {answer.status}, and no exploit.")
        return answer.read(MOST + 1)


def aimed(page: str, application: str) -> str:
    """Return the page with the application's origin in the place of its other names here: whatever
    on this machine has its port."""
    port = urlsplit(application).port
    return _ORIGIN.sub(
        lambda found: application if urlsplit(found[0]).port == port else found[0], page
    )


def visit(window: Window, app: Application, before: object) -> None:
    """Click once, and stay until the state changes or the page is quiet.

    Raises:
        NotJudged: It invites a click, and can't be clicked.
    """
    _click(window.page)
    began = last = time.monotonic()
    seen = 0
    while (now := time.monotonic()) - began < _LONGEST:
        if window.watch.unanswered or len(window.watch.addresses) != seen:
            seen, last = len(window.watch.addresses), now
        if now - began > SHORTEST and (now - last > QUIET or app.state() != before):
            return
        with suppress(Error):  # The page may have closed its own window.
            window.page.wait_for_timeout(_SLICE)


def _click(page: Page) -> None:
    """Click once, if it invites a click.

    Raises:
        NotJudged: It invites a click, and can't be clicked.
    """
    with suppress(Error):
        page.wait_for_load_state(timeout=_LOADS)
    if not _is_here(page):
        return  # The page has led on by itself.
    bait = page.locator(BAITS).locator("visible=true").first
    try:
        if bait.count():
            click_over(page, bait, _LOADS)
    except Error as error:
        if _is_here(page):
            raise NotJudged(f"The exploit couldn't be clicked: {first_line(error)}") from error


def _is_here(page: Page) -> bool:
    return urlsplit(page.url).path == f"/{NAME}/"
