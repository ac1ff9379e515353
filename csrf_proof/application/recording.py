"""The request by which an application's own page does an action, and which part of it is secret."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote_plus, urlsplit

from playwright.sync_api import BrowserContext, Error, Page, Request, Response, WebSocket

from csrf_proof.address import http_of, target_of
from csrf_proof.arsenal import FORM_TYPE
from csrf_proof.bodies import JSON_TYPE, MULTIPART_TYPE, TEXT_TYPE, fields_of

SAFE = {"GET", "HEAD", "OPTIONS"}
FORM_TYPES = {FORM_TYPE, MULTIPART_TYPE, TEXT_TYPE}
# Headers that browsers add to what a script sends; all others are the script's own.
_BY_BROWSER = re.compile(
    r"(sec|if|content|access-control|proxy)-.*|accept.*|user-agent|referer|origin|host|connection"
    r"|cookie|cache-control|pragma|priority|dnt|range|te|:.*"
)
_OF_SCRIPTS = {"fetch", "xhr", "eventsource"}
# Seconds without a request after which a page is done, and after which nobody waits for that.
QUIET, PATIENCE = 0.1, 10.0
_TIME = re.compile(
    r"(?=\d)(\d{4}-\d\d-\d\d)?[T .]?(\d\d:\d\d(:\d\d([.,]\d+)?)?)?(Z|[+-]\d\d:?\d\d)?"
)
_NUMBER = re.compile(r"\d+(\.\d+)?")
# A word that nobody would write by hand.
_LOOKS_RANDOM = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[\w+/=.:-]{16,}")
# A counter grows by a few, and the time since 1970 by little of itself. Random ones rarely do.
_FEW, _SOON = 10, 0.00001
_A_TURN = "() => new Promise((done) => setTimeout(done))"


@dataclass(frozen=True)
class Recorded:
    """One request of an application's own page.

    `path` has no query, `query` is without its question mark. `fields` are those of a form's or a
    JSON object's body or, for a GET, of the query. `headers` are those that a script added. `page`
    is the path of the page that sent it, with its query. `text` is a body that has no fields,
    such as XML.

    `messages` is what the page said through a WebSocket, if it opened one there; the last of them
    acted, and has the fields or the text.
    """

    method: str
    path: str
    query: str = ""
    content_type: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    page: str = "/"
    text: str = ""
    messages: Sequence[str] = ()

    @property
    def only_own_page(self) -> bool:
        """Whether another page can't send it before the browser has asked for permission."""
        return self.method not in {*SAFE, "POST"}

    @property
    def is_safe(self) -> bool:
        return self.method in SAFE and not self.messages

    @property
    def by_script(self) -> bool:
        """Whether no form can send it."""
        by_form = self.is_safe or (not self.only_own_page and self.content_type in FORM_TYPES)
        return bool(self.headers) or not by_form

    @property
    def target(self) -> str:
        """The path, with the part of the query that isn't a field."""
        return self.path + (f"?{self.query}" if self.query and not self.is_safe else "")

    def saying(self, old: str, new: str) -> dict[str, Any]:
        """Return the fields with one value replaced by another, wherever it occurs."""
        return {name: _replaced(said, old, new) for name, said in self.fields.items()}

    def saying_all(self, fields: Mapping[str, Any], old: str, new: str) -> list[str]:
        """Return the messages; in the last of them these fields or, if it has none, another text in
        place of one."""
        last = json.dumps(fields) if self.fields else self.text.replace(old, new)
        return [*self.messages[:-1], last]


@dataclass(frozen=True)
class Asked:
    """A request, and the address of the page that sent it."""

    request: Request
    page: str


@dataclass(frozen=True)
class Spoken:
    """A WebSocket, by its address, the address of its page, and what that has said so far."""

    url: str
    page: str
    messages: list[str | bytes]


@dataclass
class Traffic:
    """What a browser asks for and says, in order, and whether it's over."""

    asked: list[Asked] = field(default_factory=list)
    spoken: list[Spoken] = field(default_factory=list)
    _open: set[Request] = field(default_factory=set)

    def hear(self, page: Page, socket: WebSocket) -> None:
        spoken = Spoken(socket.url, page.url, [])
        self.spoken.append(spoken)
        socket.on("framesent", lambda said: spoken.messages.append(said))

    @property
    def _length(self) -> int:
        return len(self.asked) + sum(len(spoken.messages) for spoken in self.spoken)

    def see(self, request: Request) -> None:
        with suppress(Error):  # What a service worker asks for has no page.
            self.asked.append(Asked(request, request.frame.url))
            self._open.add(request)

    def answer(self, response: Response) -> None:
        """Take what a script asked for as over when its answer begins: it may leave the rest
        unread, or the server go on sending events."""
        if response.request.resource_type in _OF_SCRIPTS:
            self._open.discard(response.request)

    def end(self, request: Request) -> None:
        self._open.discard(request)

    def with_answer(self, sentence: str, origin: str) -> str:
        """Return a sentence, and what an origin answered to the last request that may have done
        something, if there was one and an answer."""
        acts = [asked.request for asked in self.asked if _may_act(asked.request, origin)]
        response = acts[-1].response() if acts else None
        if response is None:
            return sentence
        where = urlsplit(acts[-1].url).path
        return f"{sentence} The answer to {acts[-1].method} {where} was {response.status}."

    def settle(self, page: Page) -> None:
        """Wait until nothing is on its way, for three turns of the page or at least 0.1 s.

        What a click begins may start after the click is over, later the busier the machine is.
        Gives up after ten seconds: some pages never stop asking.
        """
        deadline = time.monotonic() + PATIENCE
        seen, since = self._length, time.monotonic()
        while (now := time.monotonic()) < deadline:
            with suppress(Error):  # The page may be leaving.
                page.evaluate(_A_TURN)
            turn = time.monotonic() - now
            if self._open or self._length != seen:
                seen, since = self._length, time.monotonic()
            elif time.monotonic() - since > max(QUIET, 3 * turn):
                return
            page.wait_for_timeout(20)


@contextmanager
def watching(context: BrowserContext) -> Iterator[Traffic]:
    traffic = Traffic()

    def listen(page: Page) -> None:
        page.on("websocket", lambda socket: traffic.hear(page, socket))

    for page in context.pages:
        listen(page)
    listeners = {
        "page": listen,
        "request": traffic.see,
        "response": traffic.answer,
        "requestfinished": traffic.end,
        "requestfailed": traffic.end,
    }
    for event, listener in listeners.items():
        context.on(event, listener)  # type: ignore[call-overload]
    try:
        yield traffic
    finally:
        for event, listener in listeners.items():
            context.remove_listener(event, listener)


def recorded(
    found: Traffic, origin: str, value: str, *, by_opening: bool = False
) -> Recorded | None:
    """Return the request that did the action: the one that carries its value, and best by POST;
    else the WebSocket through which that was said; else the last request by POST. `by_opening`:
    else the last page that was opened, as by a link.

    None if nothing was sent to the application that could have done it.
    """
    own = [asked for asked in found.asked if _origin(asked.request.url) == origin]
    unsafe = [asked for asked in found.asked if _may_act(asked.request, origin)]
    by_body = [a for a in unsafe if value in unquote_plus(_body(a.request))]
    by_query = [a for a in own if value in unquote_plus(urlsplit(a.request.url).query)]
    pages = [a for a in own if a.request.is_navigation_request()]
    opened = [a for a in pages if by_opening and not a.request.redirected_from]
    with_value = (*by_body, *(a for a in by_query if a in unsafe), *by_query)
    if not with_value and (said := _said(found.spoken, origin, value)):
        return said
    in_order = (*with_value, *unsafe[-1:], *opened[-1:])
    return _recorded(in_order[0]) if in_order else None


def _said(all_spoken: Sequence[Spoken], origin: str, value: str) -> Recorded | None:
    """Return what was said through a WebSocket until a value was, if it all was text."""
    for spoken in all_spoken:
        parts = urlsplit(spoken.url)
        texts = [said for said in spoken.messages if isinstance(said, str)]
        last = next((n for n, said in enumerate(texts) if value in said), None)
        if http_of(spoken.url).startswith(f"{origin}/") and last is not None:
            if texts[: last + 1] != spoken.messages[: last + 1]:
                return None
            fields, messages = fields_of(JSON_TYPE, texts[last]), texts[: last + 1]
            return Recorded(
                "GET",
                parts.path,
                parts.query,
                fields=fields,
                page=target_of(spoken.page),
                text="" if fields else texts[last],
                messages=messages,
            )
    return None


def _body(request: Request) -> str:
    """Return what was sent; files may be no text."""
    return (request.post_data_buffer or b"").decode("utf-8", "replace")


def _may_act(request: Request, origin: str) -> bool:
    return _origin(request.url) == origin and request.method not in SAFE


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _recorded(asked: Asked) -> Recorded:
    request, parts = asked.request, urlsplit(asked.request.url)
    content_type = request.headers.get("content-type", "")
    body = _body(request)
    found = Recorded(
        request.method,
        parts.path,
        parts.query,
        content_type.partition(";")[0],
        fields_of(FORM_TYPE, parts.query)
        if request.method in SAFE
        else fields_of(content_type, body),
        {
            name: said
            for name, said in request.headers.items()
            if not (request.is_navigation_request() or _BY_BROWSER.fullmatch(name))
        },
        target_of(asked.page),
    )
    return found if found.fields else replace(found, text=body)


def other_fields(
    first: Recorded, one: str, second: Recorded, two: str
) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Return the names of the fields that another session doesn't have, or has other values in:
    all, those that are secret, and times and counters, whose next value anybody can guess.

    `one` and `two` are the values that were saved, which may stand anywhere. Of a number that is
    neither, an old one is all that an attacker has.
    """
    mine, theirs = first.saying(one, ""), second.saying(two, "")
    other = {name for name, said in mine.items() if theirs.get(name) != said}
    guessed = {n for n in other if n in theirs and _follows(str(mine[n]), str(theirs[n]))}
    numbers = {name for name in other if name in theirs and str(mine[name]).isdecimal()}
    return frozenset(other), frozenset(other - guessed - numbers), frozenset(guessed)


def looks_secret(text: str) -> bool:
    """Tell whether a text has a word that may be a secret, by its look."""
    return any(_LOOKS_RANDOM.fullmatch(word) for word in text.split())


def _follows(one: str, two: str) -> bool:
    """Tell whether one is a time or a counter, and two what it is a little later."""
    if _TIME.fullmatch(one) and _TIME.fullmatch(two):
        return True
    if not (_NUMBER.fullmatch(one) and _NUMBER.fullmatch(two)):
        return False
    return 0 <= float(two) - float(one) <= max(_FEW, float(one) * _SOON)


def _replaced(said: Any, old: str, new: str) -> Any:
    """Return a JSON value with a text replaced, also where it's a part of another, unless it's only
    digits; numbers stay numbers."""
    if isinstance(said, str):
        whole = old.isdecimal()
        return said.replace(old, new) if not whole else new if said == old else said
    if isinstance(said, list):
        return [_replaced(item, old, new) for item in said]
    if isinstance(said, dict):
        return {name: _replaced(item, old, new) for name, item in said.items()}
    if isinstance(said, (int, float)) and str(said) == old:
        return type(said)(new) if new else new
    return said
