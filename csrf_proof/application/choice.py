"""Which attacks of the catalogue can be aimed at an application, and what each then sends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any
from urllib.parse import urlencode

from csrf_proof.application.recording import Recorded
from csrf_proof.arsenal import (
    FORM_TYPE,
    NO_TYPE,
    SIGNED_IN,
    WITHOUT_BODY,
    Arsenal,
    Attack,
    Click,
    Shot,
)
from csrf_proof.bodies import IN_PARTS, JSON_TYPE, MULTIPART_TYPE, in_parts
from csrf_proof.positions import CROSS_SITE, FETCH_SITE, LOOKALIKE, SUBDOMAIN
from csrf_proof.trial import LAG
from csrf_proof.watching import PING_TYPE

POSITIONS = (CROSS_SITE, SUBDOMAIN, LOOKALIKE)
EMPTY_TOKEN = "empty-token-post"  # noqa: S105
# With what the application gave to the attacker's own account or, if there is none, to a stranger.
TOSSED_COOKIE = "tossed-cookie-post"
WITH_TOKEN = frozenset({"foreign-token-post", TOSSED_COOKIE})
NO_ACCOUNT = "The attacker has no account: --attacker NAME, or Action(attacker=…)."
OVERRIDE, BY_CORS, BY_CLICK = "override-get", "cors-json", "clickjacking"
BY_SOCKET = "websocket-hijack"
# The bank has to be given a weakness for these, which any application may have.
_ANY_MAY_HAVE = {OVERRIDE, BY_CORS}
# These can name another method than their own, one of those, in a field that frameworks look for.
_CAN_OVERRIDE, _OVERRIDABLE = {OVERRIDE, "form-post"}, {"PUT", "PATCH", "DELETE"}


class NotApplicable(Exception):
    """An attack makes no sense for an action; the message is one sentence that says why."""


@cache
def arsenal() -> Arsenal:
    return Arsenal()


@cache
def general() -> tuple[Attack, ...]:
    """Return the attacks that can be aimed at any action, in the catalogue's order."""
    return tuple(
        attack
        for attack in arsenal().attacks.values()
        if (not attack.needs or attack.slug in _ANY_MAY_HAVE)
        and attack.victim == SIGNED_IN
        and not attack.second_click
        # From another site it's never sent, and other attacks by GET are.
        and not attack.speculative
        and (not attack.by_application or attack.slug == BY_CLICK)
        and (
            attack.slug in WITH_TOKEN
            or (attack.slug not in arsenal().servers and CROSS_SITE in attack.positions)
        )
    )


@dataclass(frozen=True)
class Control:
    """What an honest user's act looks like: the request, and which of its fields are secret.

    `value` is what was saved. `secrets` are the names of the fields that an attacker can't know.
    `saves`: the state is then what `act` was given; `shows`: it contains that. `sources` are
    the places from which a script has the headers that it adds, such as a cookie, by header.
    `new` are the names of all fields that are new in each session, `guessed` those of times and
    counters, which an attacker keeps up to date. `lag`: how long after its answer the application
    may take to act, in seconds. `theirs`: all fields of the attacker's own request, where the
    action signs in. `public` are the names of the fields that the attacker's page has too, with
    the same in them. `headers` are those that a script adds, and an attacker can know.
    `click` is what an honest user clicks last.
    """

    recorded: Recorded
    value: str
    secrets: frozenset[str]
    saves: bool
    shows: bool = False
    sources: Mapping[str, str] = field(default_factory=dict)
    guessed: frozenset[str] = frozenset()
    new: frozenset[str] = frozenset()
    lag: float = LAG
    theirs: Mapping[str, Any] | None = None
    public: frozenset[str] = frozenset()
    headers: Mapping[str, str] = field(default_factory=dict)
    click: Click | None = None

    def forged(self, value: str, now: Mapping[str, str] = {}) -> dict[str, Any]:
        """Return what an attacker can know of the fields, with a value of theirs. `now` has what is
        in those that can be guessed."""
        mine = self.recorded.saying(self.value, value) if self.theirs is None else self.theirs
        said = {**mine, **now}
        return {name: text for name, text in said.items() if name not in self.secrets}


def why_not(attack: Attack, control: Control) -> str | None:
    """Return why an attack can't be aimed at an action, or None if it can."""
    request = control.recorded
    if (attack.slug == BY_SOCKET) != bool(request.messages):
        by = "a WebSocket" if request.messages else "a request, and through no WebSocket"
        return f"The application's own page acts by {by}."
    if attack.slug == BY_CLICK:
        return None if control.click else "The honest user clicks on nothing."
    may_be_sent = attack.slug == BY_CORS or (
        attack.slug in _CAN_OVERRIDE and request.method in _OVERRIDABLE
    )
    if request.only_own_page and not may_be_sent:
        return (
            f"A page of another origin can send {request.method} only after the browser has asked "
            "the application."
        )
    if request.is_safe and (attack.method == "POST" or attack.slug == OVERRIDE):
        return "The application's own page does it by GET, and so do other attacks."
    if attack.slug == EMPTY_TOKEN and not control.secrets:
        return "The request has no token that could be empty."
    if attack.slug in WITH_TOKEN and not control.secrets:
        return "The request has no token that could be somebody else's."
    if attack.content_type == MULTIPART_TYPE and request.content_type != MULTIPART_TYPE:
        return "The application's own page sends its fields in another way."
    if attack.slug == BY_CORS and request.only_own_page and not request.content_type:
        return None  # Such as a DELETE.
    if _is_json(attack) and request.content_type != JSON_TYPE:
        return "The application's own page doesn't send JSON."
    if _is_json(attack) and request.text:
        return "The JSON of the application's own page isn't an object with fields."
    return None


def aim(
    attack: Attack, control: Control, origin: str, value: str, now: Mapping[str, str] = {}
) -> Shot:
    """Return the attack, aimed at the action, with a value of the attacker's. `now` has what is in
    the fields that can be guessed."""
    request = control.recorded
    fields = control.forged(value, now)
    if attack.slug == BY_SOCKET:
        messages = request.saying_all(fields, control.value, value)
        return Shot(attack=attack, origin=origin, action_path=request.target, messages=messages)
    if attack.slug == EMPTY_TOKEN:
        fields |= dict.fromkeys(control.secrets, "")
    # Where an attack is about the bank's interface for programs, or its form for a picture, it has
    # their address and field.
    attack, target, click = replace(attack, path="", files=()), request.target, None
    if attack.slug == BY_CLICK and control.click:
        attack, click = replace(attack, method=request.method), control.click.with_fields(fields)
    elif attack.slug == BY_CORS:
        attack = replace(attack, method=request.method, headers=control.headers)
    elif attack.slug == OVERRIDE or request.only_own_page:
        attack = replace(attack, adds={"_method": request.method})
        if attack.method == "POST":  # Some frameworks look only into the query.
            target += ("&" if "?" in target else "?") + urlencode(attack.adds)
    return Shot(attack=attack, origin=origin, action_path=target, forged=fields, click=click)


def body(shot: Shot) -> bytes:
    """Return the body that a browser sends for an aimed attack, or one that says the same."""
    if shot.attack.method in WITHOUT_BODY:
        return b""
    if shot.attack.content_type == PING_TYPE:
        return b"PING"
    if shot.attack.slug == BY_CORS and not shot.fields:
        return b""
    if _is_json(shot.attack):
        # A form adds a name and a value of its own to the end.
        return json.dumps(shot.fields).encode()
    if shot.attack.content_type == MULTIPART_TYPE:
        return in_parts(shot.fields)
    return urlencode(shot.fields).encode()


def headers(shot: Shot, sent: Mapping[str, str], position: str, sender: str) -> dict[str, str]:
    """Return the headers of a browser's request, without its cookies and the connection's own.

    Where the browser didn't tell all that it sent, those by which an application may tell another
    page's request are added: `sender` is the origin of that page.
    """
    apart = {"host", "cookie", "content-length", "accept-encoding", "connection"}
    kept = {k: v for k, v in sent.items() if k not in apart and not k.startswith(":")}
    kept |= {name.lower(): said for name, said in shot.attack.headers.items()}
    if shot.attack.content_type == MULTIPART_TYPE:
        kept["content-type"] = IN_PARTS
    if shot.attack.method == "POST" and shot.attack.content_type != NO_TYPE:
        kept.setdefault("content-type", shot.attack.content_type)
    if shot.attack.method not in WITHOUT_BODY:
        kept.setdefault("origin", "null" if shot.attack.hides_origin else sender)
    relation = FETCH_SITE[CROSS_SITE if shot.attack.sandboxed else position]
    kept.setdefault("sec-fetch-site", "none" if shot.attack.names_nobody else relation)
    return kept


def _is_json(attack: Attack) -> bool:
    kind = attack.content_type.partition(";")[0]
    return kind not in {FORM_TYPE, PING_TYPE, MULTIPART_TYPE} and attack.method not in WITHOUT_BODY
