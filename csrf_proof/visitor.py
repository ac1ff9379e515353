"""The attacker's own visit to the application under attack: over HTTP, with their own account.

The attacker can be a customer too, so a form and its token are one sign-in away. A visitor sends
what a page says its forms and scripts must send.

It talks to one address and names one host, and follows no redirect: it can reach nothing else.
"""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urlsplit

TIMEOUT_SECONDS = 5.0
LARGEST_PAGE = 100_000
# Headers that a browser doesn't let scripts set: with them, a page could name another host.
_NOT_FOR_SCRIPTS = re.compile(
    r"host|origin|referer|cookie2?|connection|keep-alive|upgrade|expect|te|trailer|date|via"
    r"|content-length|transfer-encoding|accept-.*|sec-.*|proxy-.*",
    re.IGNORECASE,
)
_GONE = re.compile(r"max-age=(?:0|-[0-9]+)", re.IGNORECASE)
# Opens a connection to the application, with a time limit in seconds.
Connect = Callable[[float], http.client.HTTPConnection]


class VisitProblem(Exception):
    """The visit failed; the message is one sentence that says why."""


@dataclass(frozen=True)
class Prepared:
    """What the attacker's server got for one attack: form fields and cookies, by name, and the
    paths that the cookies are planted for."""

    fields: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)
    paths: Sequence[str] = ("/",)


@dataclass(frozen=True)
class Caught:
    """What a browser sent to the attacker's server: fields of its body, and the Referer."""

    fields: Mapping[str, str]
    referer: str = ""


@dataclass(frozen=True)
class Account:
    """The attacker's own account, and the path of the form that signs in to it."""

    username: str
    password: str
    sign_in: str = "/login"


class Visitor:
    """One visit. `cookies` are those held now, under the names that a browser would show.

    `origin` is the application's, `name` what messages call it ("the bank").
    """

    def __init__(
        self, origin: str, connect: Connect, account: Account, name: str = "the application"
    ) -> None:
        self._origin = origin
        self._connect = connect
        self._account = account
        self._at_start = name[0].upper() + name[1:]
        self.cookies: dict[str, str] = {}

    @property
    def plantable_cookies(self) -> dict[str, str]:
        """What can be planted on a victim who must keep a session of her own: all cookies but the
        session's, by the names that Django and Flask give it."""
        session = ("sessionid", "session")
        return {k: v for k, v in self.cookies.items() if not k.endswith(session)}

    def hidden_fields(self, path: str) -> dict[str, str]:
        """Open a page of the application; return the hidden fields of its forms."""
        return self._open(path).fields

    def sign_in(self) -> None:
        """Sign in to the attacker's account with the application's own form.

        Raises:
            VisitProblem: There is no such form, or it doesn't answer with a redirect.
        """
        status, _ = self._sign_in_at(self._account.sign_in)
        if status not in {http.client.FOUND, http.client.SEE_OTHER}:
            raise self._not_let_in(status)

    def identify(self, path: str) -> dict[str, str]:
        """Say who the attacker is on a page that asks for it, as that of another sign-in service;
        return the hidden fields with which the page that follows leads on.

        Raises:
            VisitProblem: There is no such form, or it isn't answered with a page.
        """
        status, text = self._sign_in_at(path)
        if status != http.client.OK:
            raise self._not_let_in(status)
        return self._read(path, text).fields

    def _sign_in_at(self, path: str) -> tuple[int, str]:
        """Fill in and send a page's form with the attacker's name and password."""
        page = self._open(path)
        account = self._account
        fields = {**page.fields, "username": account.username, "password": account.password}
        sent_as_json = page.headers.get("Content-Type") == "application/json"
        body = json.dumps(fields) if sent_as_json else urlencode(fields)
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._ask("POST", path, body, form | page.headers)

    def _not_let_in(self, status: int) -> VisitProblem:
        who = self._account.username
        return VisitProblem(f"{self._at_start} didn't let {who} sign in: it answered {status}.")

    def _open(self, path: str) -> _Page:
        status, text = self._ask("GET", path)
        if status != http.client.OK:
            raise VisitProblem(f"{self._at_start} didn't show {path}: it answered {status}.")
        return self._read(path, text)

    def _read(self, path: str, text: str) -> _Page:
        try:
            return _Page(text)
        except (AssertionError, ValueError, RecursionError):
            # HTMLParser gives up on some markup with an AssertionError.
            raise VisitProblem(f"{self._at_start}'s page {path} can't be read.") from None

    def _ask(
        self, method: str, path: str, body: str | None = None, headers: Mapping[str, str] = {}
    ) -> tuple[int, str]:
        """Send one request as the application's own page would; return status and text."""
        sent = {
            "Host": urlsplit(self._origin).netloc,
            "Origin": self._origin,
            "Referer": f"{self._origin}{path}",
            "Sec-Fetch-Site": "same-origin",
            "Sec-Fetch-Mode": "navigate",
            "Sec-Fetch-Dest": "document",
            **headers,
        }
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection = self._connect(TIMEOUT_SECONDS)
        try:
            connection.request(method, path, body, sent)
            with connection.getresponse() as answer:
                page = answer.read(LARGEST_PAGE + 1)
            if len(page) > LARGEST_PAGE:
                raise VisitProblem(f"{self._at_start}'s answer to {path} is too long for a page.")
            if answer.length:
                raise http.client.IncompleteRead(page)
        except (OSError, http.client.HTTPException):
            raise VisitProblem(f"{self._at_start} doesn't answer. Is it running?") from None
        except ValueError:
            raise VisitProblem(f"{self._at_start} asks for a header that can't be sent.") from None
        finally:
            connection.close()
        for line in answer.msg.get_all("Set-Cookie") or []:
            self._keep(line)
        return answer.status, page.decode("utf-8", "replace")

    def _keep(self, line: str) -> None:
        """Keep a cookie as it is, or forget it. Browsers keep quotes as part of the value."""
        pair, *attributes = (part.strip() for part in line.split(";"))
        name, equals, value = pair.partition("=")
        if any(_GONE.fullmatch(attribute) for attribute in attributes):
            self.cookies.pop(name, None)
        elif equals:
            self.cookies[name] = value


def hidden_fields(markup: str) -> dict[str, str]:
    """Return the hidden fields in a piece of markup; none if it can't be parsed."""
    try:
        return _Page(markup).fields
    except (AssertionError, ValueError, RecursionError):
        return {}


class _Page(HTMLParser):
    """A page: the hidden fields of its forms, and the headers that its script sends."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.headers: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        name = attributes.get("name")
        if tag == "input" and name and attributes.get("type") == "hidden":
            self.fields[name] = attributes.get("value") or ""
        if tag == "script" and (text := attributes.get("data-headers")):
            self.headers = _script_headers(json.loads(text))


def _script_headers(said: object) -> dict[str, str]:
    """Return the headers that a page's script sends, without those that it cannot set."""
    if not isinstance(said, dict) or not all(isinstance(value, str) for value in said.values()):
        raise ValueError("Headers are an object of texts.")
    return {name: value for name, value in said.items() if not _NOT_FOR_SCRIPTS.fullmatch(name)}
