"""The picture of an attempt: five boxes, from who asked to what changed.

This file decides what each box says, from the log and the lab's label alone. So it doesn't say
whether a browser that sent no cookie had one, nor what the bank answered. `labs/_picture.html`
writes it as HTML, `labs/picture.css` draws the boxes and arrows, and `labs/picture.js` lights them
up one by one: each box and each check has a sentence for then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from http.cookies import Morsel
from urllib.parse import urlsplit

from django.urls import Resolver404, resolve
from django.utils.translation import gettext, gettext_noop

from csrf_proof import reasons
from victim_site.bank.actions import Action
from victim_site.bank.attempts import ACT, ANONYMOUS, APPLIED, FRAMED, PREFLIGHT, WEBSOCKET
from victim_site.bank.label import Label
from victim_site.bank.models import Attempt
from victim_site.bank.urls import addresses
from victim_site.defenses.base import Defense
from victim_site.teaching.labs import attempt_summary
from victim_site.wording import REASONS

HEADERS = (
    "Content-Type",
    "Origin",
    "Referer",
    "Sec-Fetch-Site",
    "Sec-Fetch-Mode",
    "Sec-Fetch-Dest",
)
AT_MOST = 160  # Characters of one text: five lines on a phone.

# What Sec-Fetch-Site says, for the browser and for the bank.
RELATIONS = {
    "same-origin": gettext_noop("To the browser, it’s the bank itself."),
    "same-site": gettext_noop("To the browser, it’s the same site as the bank."),
    "cross-site": gettext_noop("To the browser, it’s a different site from the bank."),
    "none": gettext_noop(
        "The request names no page. This happens, for example, when somebody types the "
        "address, uses a bookmark, or follows a link from outside the browser, and when such an "
        "address redirects here."
    ),
}
UNRELATED = gettext_noop("Nothing shows how it’s related to the bank.")
# The same where Origin and Referer name no page, or one elsewhere: it's true of the request alone.
COUNTS = {
    "same-site": gettext_noop("To the browser, the request counts as the same site’s."),
    "cross-site": gettext_noop("To the browser, the request counts as another site’s."),
}
ELSEWHERE = {
    "same-site": gettext_noop("This happens, for example, when a sub-domain redirects it."),
    "cross-site": gettext_noop(
        "This happens, for example, when the page is in a sandbox, or another site "
        "redirects the request."
    ),
}
# What a request is, unless it's an act.
KINDS = {
    PREFLIGHT: gettext_noop("A preflight: the browser asks before it sends the request."),
    FRAMED: gettext_noop("A page of the bank, for a frame."),
    WEBSOCKET: gettext_noop("A handshake, to open a WebSocket."),
}
# Why no session cookie was sent; conditional, as the reasons' own sentences are.
NOT_SENT = {
    reasons.COOKIE_LAX.code: gettext_noop(
        "If the browser has one, SameSite=Lax is enough to withhold it."
    ),
    reasons.COOKIE_STRICT.code: gettext_noop(
        "If the browser has one, SameSite=Strict is enough to withhold it."
    ),
    reasons.COOKIE_THIRD_PARTY.code: gettext_noop(
        "If the browser has one, either it blocked it as a "
        "third-party cookie, or the page didn’t ask for cookies."
    ),
    reasons.COOKIE_DEFAULT.code: gettext_noop(
        "If the browser has one, it has no SameSite. This browser treats "
        "it as Lax, which is enough to withhold it."
    ),
    reasons.COOKIE_UNKNOWN.code: gettext_noop("The request doesn’t show why."),
    reasons.NOT_SIGNED_IN.code: gettext_noop("Nobody was signed in to this bank, in any browser."),
}
# What a verdict tells about the token in the request; the log keeps no tokens.
TOKENS = {
    reasons.TOKEN_MISSING.code: gettext_noop("none from the bank’s own form"),
    reasons.TOKEN_WRONG.code: gettext_noop("one that doesn’t match"),
}
# What is said while a box is lit up. It's true of every attempt, whoever sent it.
SENDER = gettext_noop(
    "This is where the request began. The bank can only go by what the browser says about it."
)
REQUEST = gettext_noop("The browser wrote this request and sent it to the bank.")
NAMED = gettext_noop("The browser wrote this request. A page can’t make it name a wrong sender.")
SENT = gettext_noop("The browser adds cookies by itself, no matter which page asked.")
LACKING = gettext_noop("A session cookie is how the bank knows you. Here it got none that counts.")
CHECKS = gettext_noop("Now the bank looks: first at who is asking, then at what each defense says.")
ASKED = gettext_noop("The browser has asked for permission first. This is the bank’s answer.")
RESULTS = {
    "forged": gettext_noop("Nothing stopped it, so the bank did what the page wanted."),
    "unconfirmed": gettext_noop("Nothing stopped it, if the browser has kept the new cookie."),
    "done": gettext_noop("The bank did what it was asked to do."),
    "blocked": gettext_noop("One refusal is enough. The bank did nothing."),
    "kept": gettext_noop("Without the cookie, it was nobody’s request. The bank did nothing."),
    "anonymous": gettext_noop("Without a sign-in, it was nobody’s request. The bank did nothing."),
}


@dataclass(frozen=True)
class Line:
    """A sentence of ours, a text from the request, or both, under a name or none.

    `css` is a class of the stylesheet. `said` is the sentence about a check.
    """

    text: str = ""
    raw: str = ""
    name: str = ""
    icon: str = ""
    css: str = ""
    said: str = ""

    @property
    def quoted(self) -> str:
        """What the request said: any text at all, so it's made printable and cut."""
        text = self.raw if len(self.raw) <= AT_MOST else f"{self.raw[: AT_MOST - 1]}…"
        return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


@dataclass(frozen=True)
class Box:
    """One of the five.

    `slug` identifies it, `about` is its title, `facts` are lines with names, and `said` is the
    sentence about it.
    """

    slug: str
    about: str
    icon: str
    said: str
    lines: list[Line]
    facts: list[Line] = field(default_factory=list)
    css: str = ""


@dataclass(frozen=True)
class Picture:
    number: int
    story: str
    verdict: attempt_summary.Verdict
    boxes: list[Box]


def draw(attempt: Attempt, label: Label, headers: Sequence[str] = HEADERS) -> Picture:
    """Return the picture of an attempt, with those header lines that `headers` names."""
    story, verdict = attempt_summary.summarize(attempt, label)
    boxes = [
        _sender(attempt, label),
        _request(attempt, headers),
        _cookies(attempt, verdict),
        _bank(attempt, label),
        _result(attempt, verdict),
    ]
    return Picture(attempt.pk, story, verdict, boxes)


def _sender(attempt: Attempt, label: Label) -> Box:
    related = attempt_summary.sender(attempt, label)
    lines = [Line(attempt_summary.who(attempt, label).rstrip(","), css="title")]
    if host := _host(attempt.origin) or _host(attempt.referer):
        lines.append(Line(raw=host))
    elif related != "none":
        lines.append(Line(gettext("The request doesn’t say which.")))
    lines.append(Line(_relation(related, attempt_summary.named(attempt, label))))
    if attempt_summary.is_ahead_of_time(attempt):
        lines.append(
            Line(gettext("The browser fetched this ahead of time:"), attempt.sec_purpose or "")
        )
    known = {"none": "user", "same-origin": "landmark"}
    return Box("sender", gettext("Who asked"), known.get(related, "file"), gettext(SENDER), lines)


def _relation(related: str, named: str) -> str:
    """Say how the sender, or else the request, relates to the bank."""
    if related not in COUNTS or named == related:
        return gettext(RELATIONS.get(related or named, UNRELATED))
    counts = gettext(COUNTS[related])
    return f"{counts} {gettext(ELSEWHERE[related])}" if named else counts


def _host(address: str | None) -> str:
    """Return the host and port in an address that the browser sent, or nothing."""
    try:
        return urlsplit(address or "").netloc
    except ValueError:
        return ""


def _request(attempt: Attempt, headers: Sequence[str]) -> Box:
    lines = [Line(raw=f"{attempt.method} {attempt.path}", css="title")]
    if attempt.kind in KINDS:
        lines.append(Line(gettext(KINDS[attempt.kind])))
    host = _host(attempt.referer)
    facts = {
        "Content-Type": _header("Content-Type", attempt.content_type or None),
        "Origin": _header("Origin", attempt.origin),
        "Referer": _header(gettext("Referer host"), host)
        if host
        else _header("Referer", attempt.referer),
        "Sec-Fetch-Site": _header("Sec-Fetch-Site", attempt.sec_fetch_site),
        "Sec-Fetch-Mode": _header("Sec-Fetch-Mode", attempt.sec_fetch_mode),
        "Sec-Fetch-Dest": _header("Sec-Fetch-Dest", attempt.sec_fetch_dest),
    }
    if not attempt.content_type:  # A request without a body doesn't state its type.
        del facts["Content-Type"]
    chosen = [fact for name, fact in facts.items() if name in headers]
    said = gettext(NAMED if chosen else REQUEST)
    tokens = {verdict["reason"] for verdict in attempt.verdicts} & TOKENS.keys()
    if len(tokens) == 1:  # Two defenses may look for it in different places.
        chosen.append(Line(gettext(TOKENS[tokens.pop()]), name=gettext("Token")))
    return Box("request", gettext("What the browser sent"), "app-window", said, lines, chosen)


def _header(name: str, value: str | None) -> Line:
    if value:
        return Line(name=name, raw=value)
    text = gettext("not sent") if value is None else gettext("empty")
    return Line(text, name=name, css="quiet")


def _cookies(attempt: Attempt, verdict: attempt_summary.Verdict) -> Box:
    names = attempt_summary.cookies(attempt)
    sent, css = [Line(raw=names)] if names else [], "lacking"
    if attempt.outcome == ANONYMOUS and attempt.reason in NOT_SENT:
        why = f"{gettext('No session cookie was sent.')} {gettext(NOT_SENT[attempt.reason])}"
        lines = [Line(why, icon=verdict.icon)]
        if names:
            lines.append(Line(gettext("Other cookies:"), names))
    elif attempt.reason == reasons.SESSION_ENDED.code:
        lines = [*sent, Line(gettext("It doesn’t belong to a current sign-in here."))]
    elif attempt.reason == reasons.COOKIE_SHADOWED.code:
        lines = [
            *sent,
            Line(
                gettext("The bank read an invalid one. Another one belongs to a current sign-in.")
            ),
        ]
    elif sent:
        lines, css = sent, ""
    elif attempt.kind == PREFLIGHT:
        lines = [Line(gettext("Preflights don’t include cookies."), icon="minus")]
    else:
        lines = [Line(gettext("No cookies were sent."), icon="minus")]
    said = gettext(LACKING if css else SENT)
    return Box("cookies", gettext("Cookies sent"), "cookie", said, lines, css=css)


def _bank(attempt: Attempt, label: Label) -> Box:
    lines = [Line(gettext("Lab:"), label.text)]
    if attempt.kind == PREFLIGHT:
        lines.append(Line(gettext("Defenses don’t check preflights.")))
        facts = [_permission(attempt, label)]
        return Box("bank", gettext("What the bank said"), "landmark", gettext(ASKED), lines, facts)
    view = _view(attempt, label)
    if attempt.user:
        lines.append(
            Line(gettext("To the bank, %(user)s asked for this.") % {"user": attempt.user})
        )
    elif view is None or view.needs_session:
        lines.append(Line(gettext("The bank doesn’t know who sent this request.")))
    else:
        lines.append(
            Line(gettext("The bank doesn’t know who sent this request. It needs no sign-in."))
        )
    asked = view is None or view.checked
    said = {verdict["defense"]: verdict["reason"] for verdict in attempt.verdicts}
    facts = [
        _check(defense, said.pop(defense.slug, ""), attempt.kind, asked)
        for defense in label.defenses
    ]
    why = REASONS.get(attempt.reason or "")
    if label.mystery and why and why.by == "server":
        facts.append(_refused(gettext("A check"), why.code))
    # What is left was refused by a feature of the bank.
    facts += [_refused(f"with-{slug}", reason) for slug, reason in said.items()]
    return Box("bank", gettext("What the bank checked"), "landmark", gettext(CHECKS), lines, facts)


def _view(attempt: Attempt, label: Label) -> Action | None:
    """Return the action of the bank that an act was for."""
    try:
        view = resolve(attempt.path, addresses(label.weaknesses)).func
    except Resolver404:
        return None
    return view if isinstance(view, Action) else None


def _permission(attempt: Attempt, label: Label) -> Line:
    opens = next((weakness.slug for weakness in label.weaknesses if weakness.opens_cors), "")
    if attempt.outcome == APPLIED:
        name = f"with-{opens}"
        said = gettext("%(defense)s gives it.") % {"defense": name}
        return Line(gettext("permission given"), name=name, icon="check", said=said)
    return _refused(gettext("permission"), attempt.reason or "")


def _refused(name: str, reason: str, framed: bool = False) -> Line:
    if why := REASONS.get(reason):
        told = gettext("%(defense)s tells the browser: %(why)s")
        said = told if framed else gettext("%(defense)s refused: %(why)s")
        said %= {"defense": name, "why": why.sentence}
    else:
        said = gettext("%(defense)s refuses it.") % {"defense": name}
    text = gettext("tells the browser:") if framed else gettext("refused:")
    return Line(text, reason, name, "shield-check", "blocked", said)


def _check(defense: Defense, reason: str, kind: str, asked: bool) -> Line:
    """Return the line of one defense: its verdict, or why it gave none."""
    if reason:
        return _refused(defense.slug, reason, kind == FRAMED)
    if (silence := _silence(defense, kind, asked)) is not None:
        said = f"{defense.slug} {silence}."
        return Line(silence, name=defense.slug, icon="minus", css="quiet", said=said)
    said = gettext("%(defense)s finds nothing wrong with it.") % {"defense": defense.slug}
    return Line(gettext("let it through"), name=defense.slug, icon="check", said=said)


def _silence(defense: Defense, kind: str, asked: bool) -> str | None:
    """Return why a defense doesn't judge a request, or None if it does."""
    hooks = type(defense)
    if kind == FRAMED:
        return gettext("doesn’t cover frames") if hooks.framing is Defense.framing else None
    if hooks.refusal is Defense.refusal:
        if _leaves_samesite_out(defense):
            return gettext("checks nothing; the cookie has no SameSite, so the browser decides")
        tells = (
            hooks.session_cookie is not Defense.session_cookie
            or hooks.framing is not Defense.framing
            or hooks.cookie_prefix
            or hooks.policy
        )
        if tells:
            return gettext("checks nothing itself; it tells the browser what to do")
        if hooks.script:
            return gettext("checks no request; its script watches the clicks on a page")
        late = hooks.declare is not Defense.declare
        return gettext("checks afterwards") if late else gettext("checks nothing")
    if kind == ACT and not asked:
        return gettext("doesn’t check this step")
    return gettext("doesn’t cover WebSockets") if kind == WEBSOCKET and defense.at_view else None


def _leaves_samesite_out(defense: Defense) -> bool:
    cookie: Morsel[str] = Morsel()
    cookie["samesite"] = "Lax"
    defense.session_cookie(cookie)
    return not cookie["samesite"]


def _result(attempt: Attempt, verdict: attempt_summary.Verdict) -> Box:
    lines = [Line(verdict.word.capitalize(), icon=verdict.icon, css="word")]
    applied = attempt.outcome == APPLIED
    if applied and attempt.kind == ACT and attempt.change:
        lines.append(Line(gettext("Changed:"), attempt.change, css="change"))
    else:
        lines.append(Line(gettext("Nothing changed.")))
    if attempt.kind == PREFLIGHT:
        if applied:
            lines.append(Line(gettext("So the browser may send the request.")))
        else:
            lines.append(Line(gettext("So no browser sends the request.")))
    elif attempt.kind == WEBSOCKET and applied:
        lines.append(Line(gettext("The statement goes to the page that asked.")))
    said = gettext(RESULTS[verdict.slug])
    return Box("result", gettext("Result"), "flag", said, lines, css=verdict.slug)
