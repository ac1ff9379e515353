"""Watch somebody use their application, and write down what they did."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from playwright.sync_api import BrowserContext, Error

from csrf_proof.address import WrongUse, address
from csrf_proof.application.known import Known
from csrf_proof.application.submissions import described, note
from csrf_proof.browsers import BrowserMissing, Browsers, end_all
from csrf_proof.command import interrupting
from csrf_proof.command.starting import write_new
from csrf_proof.command.status import Status


def record(url: str, file: Path) -> int:
    """Open a browser, wait until it's closed, and write a file; return the exit status.

    Raises:
        WrongUse: The file already exists, nothing can be shown, or no form was sent.
    """
    where = address(url)
    if file.exists():
        raise WrongUse(f"{file} already exists.")
    where.ask()
    with interrupting.ends_at_once(end_all), Browsers() as browsers:
        try:
            context = browsers.visible().new_context(no_viewport=True)
        except BrowserMissing as error:
            raise WrongUse(str(error)) from None
        noted = note(context)
        with suppress(Error):  # If the window is closed right away, nothing was sent.
            context.new_page().goto(where.origin + where.target)
        print("Sign in, do what you want attacked once, then close the window.", flush=True)
        _wait_until_closed(context)
    write_new(file, as_toml(described(noted)))
    print(f"{file} is there. Start with: csrf-proof run {file}")
    return Status.BLOCKED


def _wait_until_closed(context: BrowserContext) -> None:
    with suppress(Error):  # The whole browser may be closed.
        while context.pages:
            context.pages[-1].wait_for_event("close", timeout=0)


def as_toml(known: Known) -> str:
    """Return what a file says of a form that somebody sent."""
    return "\n".join(_lines(known)) + "\n"


def _lines(known: Known) -> Iterator[str]:
    yield "# What you did. To attack it: csrf-proof run csrf-proof.toml"
    yield f"url = {_text(known.url)}"
    if known.sign_in:
        yield ""
        yield "# The password is asked for, or comes from CSRF_PROOF_PASSWORD."
        yield f"sign-in = {_text(known.sign_in)}"
        yield f"as = {_text(known.as_)}"
    yield ""
    yield "# The field to change."
    yield f"changes = {_text(known.changes or '')}"
    yield ""
    yield "# A page that shows what was saved; without this line, it's looked for."
    yield '# state = "/account"'
    if known.fields:
        yield ""
        yield "# The values of the other fields."
        yield "[fields]"
        yield from (f"{_text(name)} = {_text(said)}" for name, said in known.fields.items())


def _text(said: str) -> str:
    """Return a text as TOML has it, which is as JSON has it, but for one character."""
    return json.dumps(said, ensure_ascii=False).replace("\x7f", "\\u007f")
