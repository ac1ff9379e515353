"""An attempt in one sentence, and how it ended, in a word and an icon."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from csrf_proof.cookie_rules import relation_of
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
from victim_site.teaching.labs import icons

# What Sec-Fetch-Site says, in words, and what the actions are.
SENDERS = {
    "same-origin": "The bank's own page",
    "same-site": "A page on a sub-domain of the bank",
    "cross-site": "A page of another site",
    "none": "The visitor",
}
DEEDS = {
    "login": "sign somebody in",
    "logout": "sign {user} out",
    "transfer": "move {user}'s money",
    "change-email": "change {user}'s e-mail address",
    "change-password": "change {user}'s password",
    "upload-avatar": "change {user}'s picture",
    "statement": "read {user}'s statement out",
    "enter-transfer": "note a payment of {user}'s",
    "read-message": "mark {user}'s message as read",
}


@dataclass(frozen=True)
class Verdict:
    """How an attempt looks from the victim: a class of the stylesheet, a word, and an icon."""

    slug: str
    word: str
    icon: str


FORGED = Verdict("forged", "forged", icons.WARNING)
DONE = Verdict("done", "done", icons.CHECK)
BLOCKED = Verdict("blocked", "blocked", icons.SHIELD)
KEPT = Verdict("kept", "cookie not sent", icons.CROSSED_OUT)
ANONYMOUS = Verdict("anonymous", "not signed in", icons.PERSON)


def sender(attempt: Attempt, label: Label) -> str:
    """Return how the sender relates to the bank, in the words of Sec-Fetch-Site.

    Chromium says nothing with a WebSocket but the Origin, which tells the same.
    """
    if attempt.kind == WEBSOCKET and attempt.sec_fetch_site is None:
        return relation_of(attempt.origin, label.url, settings.ADDRESSES.domains.bank) or ""
    return attempt.sec_fetch_site or ""


def who(attempt: Attempt, label: Label) -> str:
    """Return who sent it, as the beginning of a sentence."""
    relation = sender(attempt, label)
    if relation == "same-origin" and attempt.kind == ACT and attempt.sec_fetch_dest in FRAMES:
        return "The bank's own page, inside a frame,"
    return SENDERS.get(relation, "Somebody")


def summarize(attempt: Attempt, label: Label) -> tuple[str, Verdict]:
    """Return one sentence, who made the bank do what, or tried to, and the verdict on it."""
    subject = who(attempt, label)
    tried = "made" if attempt.outcome == APPLIED else "tried to make"
    deed = DEEDS[attempt.action].format(user=attempt.user or "somebody")
    story = f"{subject} {tried} the bank {deed}."
    if attempt.kind == FRAMED:
        story = f"{subject} put this page of the bank into a frame."
    if attempt.kind == PREFLIGHT:
        story = f"{subject} had the browser ask whether it may make the bank {deed}."
    return story, _verdict(attempt, sender(attempt, label))


def _verdict(attempt: Attempt, relation: str) -> Verdict:
    """Return how an attempt looks from the victim; what another page made happen is forged."""
    if attempt.outcome == APPLIED:
        foreign = relation in {"cross-site", "same-site"}
        return FORGED if foreign and attempt.kind in {ACT, WEBSOCKET} else DONE
    if attempt.outcome == REFUSED:
        return BLOCKED
    return KEPT if (attempt.reason or "").startswith("cookie-") else ANONYMOUS
