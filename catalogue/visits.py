"""How the attacker's site and the victim's browser talk to the queue on the teaching side.

Over loopback HTTP, with a key from `VAR_DIR`. The teaching side checks Django's token on every
unsafe request, so a program that comes with the key brings both halves of a token as well.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from catalogue.addresses import Addresses

SECONDS = 10.0
MOST_ANSWERED = 8_000_000
# States of a visit. A waiting one has a place in the queue.
WAITING, RUNNING, DONE, FAILED = "waiting", "running", "done", "failed"
# State of a delivery whose visits are all done or failed; before, it has one of theirs.
OVER = "over"
# Seconds that alice stays at most: usually, and when asked to stay for long.
STAY, LONG_STAY = 20, 60
_TOKEN = "x" * 32
Connect = Callable[[float], http.client.HTTPConnection]


@dataclass(frozen=True)
class How:
    """How alice is to visit: the text that she clicks, if any, how many seconds she stays at most,
    and whether she opens the exploit at the lab's subdomain."""

    click: str
    stay: int
    subdomain: bool


class NoAnswer(Exception):
    """The teaching side is down, or says something else; the message is one sentence."""


@dataclass(frozen=True)
class Answer:
    """What the queue says: the status, and the JSON if there is any."""

    status: int
    said: Mapping[str, Any]

    @property
    def problem(self) -> str:
        """The sentence that an error comes with."""
        return str(self.said.get("detail", f"The teaching side answered {self.status}."))


@dataclass(frozen=True)
class Queue:
    """The queue of visits, as seen by a program that has the key."""

    where: Addresses
    connect: Connect
    key: str

    def ask(self, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        """Return what the queue answers to a GET or, with a body, a POST.

        Raises:
            NoAnswer: Nothing sensible.
        """
        origin = self.where.playground
        headers = {
            "Host": urlsplit(origin).netloc,
            "Authorization": f"Bearer {self.key}",
            "Content-Type": "application/json",
            "Origin": origin,
            "Cookie": f"csrftoken={_TOKEN}",
            "X-CSRFToken": _TOKEN,
        }
        sent = None if body is None else json.dumps(body)
        method = "GET" if sent is None else "POST"
        try:
            with closing(self.connect(SECONDS)) as connection:
                connection.request(method, f"/api/visits{path}", sent, headers)
                with connection.getresponse() as answer:
                    text = answer.read(MOST_ANSWERED)
            said = json.loads(text) if text else {}
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise NoAnswer(f"The teaching side doesn’t answer: {error}.") from error
        if not isinstance(said, dict):
            raise NoAnswer("The teaching side’s answer makes no sense.")
        return Answer(answer.status, said)
