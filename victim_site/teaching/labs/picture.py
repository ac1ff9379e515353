"""The picture of an attempt: five cards from top to bottom, drawn as SVG by `lab/_picture.html`.

What stands on the cards, and where each line of text goes, is settled here, in units of a drawing
that is `WIDTH` wide. The server knows no fonts, so a line is broken where DejaVu, which is wide,
would need it. What came with the request may be any text: it is made printable, broken, and cut to
a few lines.

The drawing says what the log knows, and no more. Whether a browser that sent no cookie had one is
not known here, nor what the bank answered.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.urls import Resolver404, resolve

from csrf_proof import reasons
from victim_site.bank.actions import Action
from victim_site.bank.attempts import ACT, ANONYMOUS, APPLIED, FRAMED, PREFLIGHT, WEBSOCKET
from victim_site.bank.label import Label
from victim_site.bank.models import Attempt
from victim_site.bank.urls import addresses
from victim_site.defenses.base import Defense
from victim_site.teaching.labs import attempt_summary

WIDTH, EDGE, PADDING, GAP = 600, 2, 22, 46
RIGHT = WIDTH - EDGE - PADDING
HEADERS = (
    "Content-Type",
    "Origin",
    "Referer",
    "Sec-Fetch-Site",
    "Sec-Fetch-Mode",
    "Sec-Fetch-Dest",
)
# How wide the letters of DejaVu Serif are at most, in parts of its size.
_EMS = {
    0.34: " .,:;'’|/\\-ijl",
    0.48: '!()[]"ftrI',
    0.61: "“”?_*acekosvxyz",
    0.65: "bdghnpqu0123456789${}",
    1.03: "".join(map(chr, range(32, 127))),
}


@dataclass(frozen=True)
class Style:
    """How a line is set: classes of the stylesheet, and a size in units of the drawing."""

    css: str
    size: int

    @property
    def step(self) -> int:
        return round(self.size * 1.36)

    def width(self, text: str) -> float:
        """Return how wide a text is at most in DejaVu; the padding forgives a wider font."""
        if "code" in self.css:
            ems = sum(0.605 if character < "\u0100" else 1.3 for character in text)
        else:
            ems = sum(map(_ems, text)) * (1.13 if "strong" in self.css else 1)
        return ems * self.size


def _ems(character: str) -> float:
    return next((ems for ems, characters in _EMS.items() if character in characters), 1.3)


KICKER, TITLE, TEXT = Style("quiet", 22), Style("strong", 25), Style("", 24)
CODE, ASKED, WORD = Style("code", 22), Style("code strong", 27), Style("strong", 40)

# Where a line may be broken: after a word, else within an address, else anywhere.
BREAKS = (r"\S+ *", r"[^./-]*[./-]+|[^./-]+", r".")

# Line drawings in a square of 16, as in `telling`.
PAGE = "M3 1h7l3 3v11H3zM10 1v3h3"
WINDOW = "M1 2h14v12H1zM1 5h14"
BANK = "M1 6l7-5 7 5zM3 6v7M6.3 6v7M9.7 6v7M13 6v7M1 15h14"
COOKIE = "M14 8a6 6 0 1 1-6-6a3 3 0 0 0 3 3a3 3 0 0 0 3 3zM6 7v.2M6 10.7v.2M9.5 10v.2"
NOTHING = "M3 8h10"

# What Sec-Fetch-Site says, for the browser and for the bank.
RELATIONS = {
    "same-origin": "To the browser, the bank itself.",
    "same-site": "To the browser, the same site.",
    "cross-site": "To the browser, another site.",
    "none": "No page asked for this.",
}
# What a request is, where it is no act.
KINDS = {
    PREFLIGHT: "A preflight: it asks before it sends.",
    FRAMED: "A page of the bank, for a frame.",
    WEBSOCKET: "A handshake, which opens a WebSocket.",
}
# Why no session cookie came along; conditional, as the reasons' own sentences are.
KEPT_BACK = {
    reasons.COOKIE_LAX.code: "If there is one, SameSite=Lax kept it back.",
    reasons.COOKIE_STRICT.code: "If there is one, SameSite=Strict kept it back.",
    reasons.COOKIE_THIRD_PARTY.code: "If there is one, it was kept back as a third-party cookie.",
    reasons.COOKIE_DEFAULT.code: "If there is one, it was kept back: "
    "without SameSite, this browser treats it as Lax.",
    reasons.COOKIE_UNKNOWN.code: "The request does not show why.",
    reasons.NOT_SIGNED_IN.code: "No rule kept one back: this browser is not signed in here.",
}


def printable(text: str) -> str:
    """Return a text without what would break a line, turn it around, or be no XML."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


@dataclass(frozen=True)
class Row:
    """A text on a card, with an icon or a name before it, and as many lines as it may take."""

    text: str
    style: Style = TEXT
    name: str = ""
    icon: str = ""
    tone: str = ""
    at_most: int = 4

    @property
    def whole(self) -> str:
        return printable(f"{self.name}: {self.text}" if self.name else self.text)

    @property
    def said(self) -> str:
        return self.whole if self.whole.endswith(".") else f"{self.whole}."


@dataclass(frozen=True)
class Card:
    """A box of the drawing; `over` says in a few words what it is about."""

    rows: list[Row]
    over: str = ""
    icon: str = ""
    tone: str = ""


def draw(attempt: Attempt, label: Label, headers: Sequence[str] = HEADERS) -> dict[str, Any]:
    """Return what `lab/_picture.html` draws of an attempt, as its variable `picture`.

    `headers` names the header lines that are in it, for whom all would be too many.
    """
    story, verdict = attempt_summary.summarize(attempt, label)
    cards = [
        _sender(attempt, label),
        _request(attempt, headers),
        _cookies(attempt, verdict),
        _bank(attempt, label),
        _outcome(attempt, verdict),
    ]
    boxes: list[dict[str, Any]] = []
    arrows: list[dict[str, Any]] = []
    top = EDGE
    for card in cards:
        if boxes:
            arrows.append({"x": WIDTH // 2, "from": top, "to": top + GAP - 4})
            top += GAP
        boxes.append(_box(card, top))
        top += boxes[-1]["height"]
    return {
        "id": f"picture-{attempt.pk}",
        "title": f"Attempt {attempt.pk}: {verdict.word}",
        "desc": printable(" ".join([story, *map(_said, cards)])),
        "width": WIDTH,
        "height": top + EDGE,
        "boxes": boxes,
        "arrows": arrows,
    }


def _said(card: Card) -> str:
    """Return what a card says, for those who hear it."""
    said = " ".join(row.said for row in card.rows)
    return f"{card.over}: {said}" if card.over else said


# --- What stands on the cards ---------------------------------------------------------------------


def _sender(attempt: Attempt, label: Label) -> Card:
    related = attempt_summary.sender(attempt, label)
    who = attempt_summary.who(attempt, label).rstrip(",")
    rows = [Row(who, TITLE)]
    if host := _host(attempt.origin) or _host(attempt.referer):
        rows.append(Row(host, CODE, at_most=3))
    elif related != "none":
        rows.append(Row("The request does not say which."))
    rows.append(Row(RELATIONS.get(related, "Nothing shows its relation to the bank.")))
    icons = {"none": attempt_summary.ANONYMOUS.icon, "same-origin": BANK}
    return Card(rows, "Who asked", icons.get(related, PAGE))


def _host(address: str | None) -> str:
    """Return the host and port in an address that the browser sent, or nothing."""
    try:
        return urlsplit(address or "").netloc
    except ValueError:
        return ""


def _request(attempt: Attempt, headers: Sequence[str]) -> Card:
    rows = [Row(f"{attempt.method} {attempt.path}", ASKED)]
    if attempt.kind in KINDS:
        rows.append(Row(KINDS[attempt.kind]))
    host = _host(attempt.referer)
    lines = {
        "Content-Type": _header("Content-Type", attempt.content_type or None),
        "Origin": _header("Origin", attempt.origin),
        "Referer": _header("Referer host", host) if host else _header("Referer", attempt.referer),
        "Sec-Fetch-Site": _header("Sec-Fetch-Site", attempt.sec_fetch_site),
        "Sec-Fetch-Mode": _header("Sec-Fetch-Mode", attempt.sec_fetch_mode),
        "Sec-Fetch-Dest": _header("Sec-Fetch-Dest", attempt.sec_fetch_dest),
    }
    if not attempt.content_type:  # A request without a body says nothing of its type.
        del lines["Content-Type"]
    rows += [line for name, line in lines.items() if name in headers]
    return Card(rows, "What the browser sent", WINDOW)


def _header(name: str, value: str | None) -> Row:
    text = "not sent" if value is None else value or "empty"
    return Row(text, CODE, name, tone="" if value else "quiet", at_most=3)


def _cookies(attempt: Attempt, verdict: attempt_summary.Verdict) -> Card:
    names = ", ".join(attempt.cookies)
    came = Row(names, CODE, "Cookies that came along", COOKIE)
    if attempt.outcome == ANONYMOUS and attempt.reason in KEPT_BACK:
        why = f"No session cookie came along. {KEPT_BACK[attempt.reason]}"
        rows = [Row(why, icon=verdict.icon)]
        if names:
            rows.append(Row(names, CODE, "Other cookies"))
        return Card(rows, tone="kept")
    if attempt.reason == reasons.SESSION_ENDED.code:
        return Card([came, Row("The sign-in that it belonged to has ended.")], tone="kept")
    if names:
        return Card([came])
    preflight = "A preflight carries no cookies." if attempt.kind == PREFLIGHT else ""
    return Card([Row(preflight or "No cookies came along.", icon=NOTHING)], tone="kept")


def _bank(attempt: Attempt, label: Label) -> Card:
    rows = [Row(label.text, CODE)]
    if attempt.kind == PREFLIGHT:
        rows.append(Row("No defense is asked about a preflight."))
        return Card([*rows, _permission(attempt, label)], "What the bank said", BANK)
    view = _view(attempt, label)
    if attempt.user:
        rows.append(Row(f"To the bank, {attempt.user} asked for this."))
    elif view is None or view.needs_session:
        rows.append(Row("To the bank, nobody is signed in."))
    else:
        rows.append(Row("Nobody is signed in, and nobody need be."))
    asked = view is None or view.checked
    said = {verdict["defense"]: verdict["reason"] for verdict in attempt.verdicts}
    for defense in label.defenses:
        rows.append(_check(defense, said.pop(defense.slug, ""), attempt.kind, asked))
    # What is left was refused by a feature of the bank.
    rows += [_refused(f"with-{slug}", f"refused: {reason}") for slug, reason in said.items()]
    return Card(rows, "What the bank checked", BANK)


def _view(attempt: Attempt, label: Label) -> Action | None:
    """Return the action of the bank that an act was for."""
    try:
        view = resolve(attempt.path, addresses(label.weaknesses)).func
    except Resolver404:
        return None
    return view if isinstance(view, Action) else None


def _permission(attempt: Attempt, label: Label) -> Row:
    opens = next((weakness.slug for weakness in label.weaknesses if weakness.opens_cors), "")
    if attempt.outcome == APPLIED:
        return Row("permission given", CODE, f"with-{opens}", attempt_summary.DONE.icon)
    return _refused("permission", f"refused: {attempt.reason}")


def _refused(name: str, text: str) -> Row:
    return Row(text, CODE, name, attempt_summary.BLOCKED.icon, "blocked")


def _check(defense: Defense, reason: str, kind: str, asked: bool) -> Row:
    """Return the line of one defense: its verdict, or why it gave none."""
    if reason:
        tells = "tells the browser" if kind == FRAMED else "refused"
        return _refused(defense.slug, f"{tells}: {reason}")
    if (silence := _silence(defense, kind, asked)) is not None:
        return Row(silence, CODE, defense.slug, NOTHING, "quiet")
    return Row("let it through", CODE, defense.slug, attempt_summary.DONE.icon)


def _silence(defense: Defense, kind: str, asked: bool) -> str | None:
    """Return why a defense has no say in a request, or None if it has."""
    hooks = type(defense)
    if kind == FRAMED:
        return "is not about frames" if hooks.framing is Defense.framing else None
    if hooks.refusal is Defense.refusal:
        tells = (
            hooks.session_cookie is not Defense.session_cookie
            or hooks.framing is not Defense.framing
            or hooks.cookie_prefix
            or hooks.policy
        )
        if tells:
            return "says it to the browser"
        late = hooks.declare is not Defense.declare
        return "looks afterwards" if late else "checks nothing"
    if kind == ACT and not asked:
        return "not asked at this step"
    return "is about acts alone" if kind == WEBSOCKET and defense.at_view else None


def _outcome(attempt: Attempt, verdict: attempt_summary.Verdict) -> Card:
    rows = [Row(verdict.word.capitalize(), WORD, icon=verdict.icon, tone=verdict.slug)]
    applied = attempt.outcome == APPLIED
    if applied and attempt.kind == ACT and attempt.change:
        rows.append(Row(attempt.change, name="Changed", at_most=6))
    else:
        rows.append(Row("Nothing changed."))
    if attempt.kind == PREFLIGHT:
        may = "the browser may send" if applied else "no browser sends"
        rows.append(Row(f"So {may} the request."))
    elif attempt.kind == WEBSOCKET and applied:
        rows.append(Row("The statement goes to whoever asked."))
    return Card(rows, "What came of it", tone=verdict.slug)


# --- Where it stands ------------------------------------------------------------------------------


def _box(card: Card, top: int) -> dict[str, Any]:
    """Return a card as a box at a height of the drawing, with its lines and icons placed in it."""
    lines: list[dict[str, Any]] = []
    icons: list[dict[str, Any]] = []
    y = PADDING - 6
    if card.icon:
        icons.append(_icon(card.icon, RIGHT - 30, y, 30))
    named = True
    for row in [Row(card.over, KICKER), *card.rows] if card.over else card.rows:
        name = f"{row.name}:" if row.name else ""
        if name and not named:
            y += 8  # A list of named values stands apart from the sentence over it.
        named = bool(name)
        size, step, x = row.style.size, row.style.step, EDGE + PADDING
        if row.icon:
            icons.append(_icon(row.icon, x, y + (step - size) // 2, size, row.tone))
            x += size + 10
        css = f"{row.style.css} {row.tone}".strip()
        for text in wrapped(row.whole, row.style, RIGHT - x, row.at_most):
            line = {"x": x, "y": y + size, "size": size, "css": css, "name": name}
            lines.append(line | {"text": text.removeprefix(name)})
            name = ""
            y += step
    height = y + PADDING - 6
    return {"top": top, "height": height, "tone": card.tone, "lines": lines, "icons": icons}


def _icon(path: str, x: int, y: int, side: int, tone: str = "") -> dict[str, Any]:
    return {"path": path, "x": x, "y": y, "scale": side / 16, "css": tone}


def wrapped(text: str, style: Style, room: int, at_most: int) -> list[str]:
    """Break a printable text into lines that fit into a room, and cut it after so many."""
    lines = [""]
    _fill(lines, text.strip(), style, room, *BREAKS)
    if len(lines) > at_most:
        last = lines[at_most - 1]
        while style.width(f"{last}…") > room:
            last = last[:-1]
        lines[at_most - 1 :] = [f"{last}…"]
    return [line.rstrip() for line in lines]


def _fill(lines: list[str], text: str, style: Style, room: int, unit: str, *smaller: str) -> None:
    """Put a text at the end of lines, unit by unit; one that no line holds is broken further."""
    for part in re.findall(unit, text):
        if style.width((lines[-1] + part).rstrip()) <= room:
            lines[-1] += part
        elif style.width(part.rstrip()) <= room:
            lines.append(part)
        else:
            _fill(lines, part, style, room, *smaller)
