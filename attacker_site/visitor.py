"""A browser of the attacker's own: visits one lab's bank over HTTP and signs in as mallory.

The attacker is a customer too, so a form and its token are one sign-in away. What a page says that
its forms must carry, and what its script says that requests must bring, is what is sent.

It talks to one address and names one host, and it follows no redirect: a lab is all it can reach.
"""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urlsplit

from attacker_site.targets import Addresses

NAME, PASSWORD = "mallory", "mischief"
TIMEOUT_SECONDS = 5.0
LARGEST_PAGE = 100_000
# What a browser lets no script set: with these a page could ask for another host than its own.
_NOT_FOR_SCRIPTS = re.compile(
    r"host|origin|referer|cookie2?|connection|keep-alive|upgrade|expect|te|trailer|date|via"
    r"|content-length|transfer-encoding|accept-.*|sec-.*|proxy-.*",
    re.IGNORECASE,
)
_GONE = re.compile(r"max-age=(?:0|-[0-9]+)", re.IGNORECASE)


class BankProblem(Exception):
    """The bank could not be used; the message is one sentence that says how."""


@dataclass(frozen=True)
class Prepared:
    """What the attacker's server has got for one attack: form fields and cookies, by name."""

    fields: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Caught:
    """What a browser brought to the attacker's server: fields of its body, and the Referer."""

    fields: Mapping[str, str]
    referer: str = ""


class Visitor:
    """One visit to one lab. `cookies` are those held now, by the names that a browser shows."""

    def __init__(self, addresses: Addresses, lab: str) -> None:
        self._addresses = addresses
        self._origin = addresses.bank(lab)
        self.cookies: dict[str, str] = {}

    def hidden_fields(self, path: str) -> dict[str, str]:
        """Open a page of the bank; return the hidden fields of its forms."""
        return self._open(path).fields

    def sign_in(self) -> None:
        """Sign in as mallory, by the bank's own form."""
        page = self._open("/login")
        fields = {**page.fields, "username": NAME, "password": PASSWORD}
        sent_as_json = page.headers.get("Content-Type") == "application/json"
        body = json.dumps(fields) if sent_as_json else urlencode(fields)
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        status, _ = self._ask("POST", "/login", body, form | page.headers)
        if status != http.client.SEE_OTHER:
            raise BankProblem(f"The bank did not let mallory sign in: it answered {status}.")

    def _open(self, path: str) -> _Page:
        status, text = self._ask("GET", path)
        if status != http.client.OK:
            raise BankProblem(f"The bank did not show {path}: it answered {status}.")
        try:
            return _Page(text)
        except (AssertionError, ValueError, RecursionError):
            # HTMLParser gives up on some markup with an AssertionError.
            raise BankProblem(f"The bank’s page {path} makes no sense.") from None

    def _ask(
        self, method: str, path: str, body: str | None = None, headers: Mapping[str, str] = {}
    ) -> tuple[int, str]:
        """Send one request as the bank's own page would; return status and text."""
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
        connection = self._addresses.connect(TIMEOUT_SECONDS)
        try:
            connection.request(method, path, body, sent)
            with connection.getresponse() as answer:
                page = answer.read(LARGEST_PAGE + 1)
            if len(page) > LARGEST_PAGE:
                raise BankProblem(f"The bank’s answer to {path} is too long to be a page.")
            if answer.length:
                raise http.client.IncompleteRead(page)
        except (OSError, http.client.HTTPException):
            raise BankProblem("The bank does not answer. Is it running?") from None
        except ValueError:
            raise BankProblem("The bank asks for a header that nobody can send.") from None
        finally:
            connection.close()
        for line in answer.msg.get_all("Set-Cookie") or []:
            self._keep(line)
        return answer.status, page.decode("utf-8", "replace")

    def _keep(self, line: str) -> None:
        """Keep a cookie, or forget it, as it stands: a browser knows of no quotes."""
        pair, *attributes = (part.strip() for part in line.split(";"))
        name, equals, value = pair.partition("=")
        if any(_GONE.fullmatch(attribute) for attribute in attributes):
            self.cookies.pop(name, None)
        elif equals:
            self.cookies[name] = value


def hidden_fields(markup: str) -> dict[str, str]:
    """Return the hidden fields in a piece of markup, and none where that makes no sense."""
    try:
        return _Page(markup).fields
    except (AssertionError, ValueError, RecursionError):
        return {}


class _Page(HTMLParser):
    """A page of the bank: the hidden fields of its forms, and the headers that its script sends."""

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
