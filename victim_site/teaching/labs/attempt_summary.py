"""An attempt in one sentence, and how it ended, in a word and an icon."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from django.conf import settings
from django.utils.translation import gettext, gettext_noop

from csrf_proof.cookie_rules import origin_of, relation_of
from csrf_proof.reasons import COOKIE_SHADOWED, SESSION_ENDED
from victim_site.bank.attempts import (
    ACT,
    APPLIED,
    FRAMED,
    FRAMES,
    PREFLIGHT,
    REFUSED,
    WEBSOCKET,
)
from victim_site.bank.label import Label
from victim_site.bank.models import Attempt

# What Sec-Fetch-Site says, in words, and what the actions are. With `none` nobody is named.
SENDERS = {
    "same-origin": gettext_noop("The bank’s own page"),
    "same-site": gettext_noop("A page on a sub-domain of the bank"),
    "cross-site": gettext_noop("A page of another site"),
}
NOBODY_NAMED, UNNAMED_PAGE = gettext_noop("Somebody"), gettext_noop("An unnamed page")
DEEDS = {
    "login": gettext_noop("sign somebody in"),
    "logout": gettext_noop("sign %(user)s out"),
    "transfer": gettext_noop("move %(user)s’s money"),
    "change-email": gettext_noop("change %(user)s’s e-mail address"),
    "change-password": gettext_noop("change %(user)s’s password"),
    "upload-avatar": gettext_noop("change %(user)s’s picture"),
    "branch-payment": gettext_noop("move a customer’s money at the branch"),
    "connect-account": gettext_noop("connect an outside identity to %(user)s’s account"),
    "statement": gettext_noop("send %(user)s’s statement"),
    "enter-transfer": gettext_noop("enter a payment for %(user)s"),
    "read-message": gettext_noop("mark %(user)s’s message as read"),
}


@dataclass(frozen=True)
class Verdict:
    """How an attempt looks from the victim: a class of the stylesheet, a word, and an icon."""

    slug: str
    english: str
    icon: str

    @property
    def word(self) -> str:
        return gettext(self.english)


FORGED = Verdict("forged", gettext_noop("forged"), "triangle-alert")
DONE = Verdict("done", gettext_noop("done"), "check")
BLOCKED = Verdict("blocked", gettext_noop("blocked"), "shield-check")
# A sign-in whose cookie hasn't come back yet: the browser may have thrown it away.
UNCONFIRMED = Verdict("unconfirmed", gettext_noop("perhaps forged"), "triangle-alert")
KEPT = Verdict("kept", gettext_noop("no cookie sent"), "ban")
ANONYMOUS = Verdict("anonymous", gettext_noop("not signed in"), "user")
# A session cookie was sent, and the one that the bank read is nobody's.
SENT_IN_VAIN = {
    SESSION_ENDED.code: Verdict("anonymous", gettext_noop("invalid cookie"), "user"),
    COOKIE_SHADOWED.code: Verdict("anonymous", gettext_noop("wrong cookie read"), "user"),
}

Initiator = Literal["bank", "page", "unnamed"]


def sender(attempt: Attempt, label: Label) -> str:
    """Return how the sender relates to the bank, in the words of Sec-Fetch-Site.

    Chromium says nothing with a WebSocket but the Origin, which tells the same. And `none` says
    only that the browser doesn't know of a page, as with an address that was typed; with a prefetch
    by a page of the same site it's sent as well (measured), and then the Referer names that page.
    """
    if attempt.kind == WEBSOCKET and attempt.sec_fetch_site is None:
        return _relation(attempt.origin, label)
    if attempt.sec_fetch_site == "none":
        return named(attempt, label) or "none"
    return attempt.sec_fetch_site or ""


def named(attempt: Attempt, label: Label) -> str:
    """Return how the page in Origin or Referer relates to the bank, or nothing if there is none.

    Sec-Fetch-Site says less of a page: a redirect by another site makes any request `cross-site`,
    and so does a sandbox.
    """
    origin = attempt.origin if attempt.origin != "null" else None
    relation = _relation(origin or origin_of(attempt.referer), label)
    # Firefox doesn't count http and https as two sites, so then it's the browser that knows.
    foreign = relation == "cross-site" and attempt.sec_fetch_site == "same-site"
    return "same-site" if foreign else relation


def initiator(attempt: Attempt, label: Label) -> Initiator:
    """Return who is named as having asked: the bank itself, another page, or nobody."""
    relation = named(attempt, label) or sender(attempt, label)
    if relation == "same-origin":
        return "bank"
    return "page" if relation in SENDERS else "unnamed"


def _relation(origin: str | None, label: Label) -> str:
    return relation_of(origin, label.url, settings.ADDRESSES.domains.bank) or ""


def cookies(attempt: Attempt) -> str:
    """Return the cookies' names in the order of the request, each once, with how often it came."""
    counts = Counter(attempt.cookies)
    return ", ".join(f"{name} ×{n}" if n > 1 else name for name, n in counts.items())


def is_ahead_of_time(attempt: Attempt) -> bool:
    """Tell whether the browser asked before anybody opened the address (Sec-Purpose)."""
    return (attempt.sec_purpose or "").startswith("prefetch")


def who(attempt: Attempt, label: Label) -> str:
    """Return who sent it, as the beginning of a sentence."""
    relation = sender(attempt, label)
    if relation == "same-origin" and attempt.kind == ACT and attempt.sec_fetch_dest in FRAMES:
        return gettext("The bank’s own page, inside a frame,")
    if relation == "same-origin" and attempt.action == "login":
        # The attacker's server signs in as well, and sends what a browser would.
        return gettext("The bank’s own page, or a program that says so,")
    if relation not in SENDERS and is_ahead_of_time(attempt):
        return gettext("The browser, ahead of time,")
    if page := named(attempt, label):
        return gettext(SENDERS[page])
    if relation in {"cross-site", "same-site"}:
        return gettext(UNNAMED_PAGE)
    return gettext(SENDERS.get(relation, NOBODY_NAMED))


def summarize(attempt: Attempt, label: Label) -> tuple[str, Verdict]:
    """Return one sentence, who made the bank do what, or tried to, and the verdict on it."""
    said = {
        "who": who(attempt, label),
        "deed": gettext(DEEDS[attempt.action]) % {"user": attempt.user or gettext("somebody")},
    }
    if attempt.kind == PREFLIGHT:
        story = gettext("%(who)s made the browser ask the bank for permission to %(deed)s.")
    elif attempt.kind == FRAMED:
        story = gettext("%(who)s requested this page of the bank for a frame.")
    elif attempt.outcome == APPLIED:
        story = gettext("%(who)s made the bank %(deed)s.")
    elif said["who"] == gettext(NOBODY_NAMED):
        # A visitor who follows a link may not know what it does, so maybe nobody tried anything.
        story = gettext("The bank was asked to %(deed)s.")
    else:
        story = gettext("%(who)s tried to make the bank %(deed)s.")
    story %= said
    verdict = _verdict(attempt, sender(attempt, label) or named(attempt, label))
    if verdict is UNCONFIRMED:
        hint = gettext("If a later request carries the new session cookie, the browser kept it.")
        story = f"{story} {hint}"
    return story, verdict


def _verdict(attempt: Attempt, relation: str) -> Verdict:
    """Return how an attempt looks from the victim; what another page made happen is forged."""
    if attempt.outcome == APPLIED:
        foreign = relation in {"cross-site", "same-site"}
        if foreign and attempt.kind in {ACT, WEBSOCKET}:
            return FORGED if attempt.confirmed else UNCONFIRMED
        return DONE
    if attempt.outcome == REFUSED:
        return BLOCKED
    if attempt.reason in SENT_IN_VAIN:
        return SENT_IN_VAIN[attempt.reason]
    return KEPT if (attempt.reason or "").startswith("cookie-") else ANONYMOUS
