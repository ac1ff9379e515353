"""What an attempt in the log means, in words."""

from __future__ import annotations

from victim_site.bank.attempts import (
    ACT,
    APPLIED,
    FRAMED,
    FRAMES,
    PREFLIGHT,
    REFUSED,
    WEBSOCKET,
    origin_relation,
)
from victim_site.bank.models import Attempt
from victim_site.label import Label

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


def sender(attempt: Attempt, label: Label) -> str:
    """Return how the sender relates to the bank, in the words of Sec-Fetch-Site.

    Chromium says nothing with a WebSocket but the Origin, which tells the same.
    """
    if attempt.kind == WEBSOCKET and attempt.sec_fetch_site is None:
        return origin_relation(attempt.origin, label.url) or ""
    return attempt.sec_fetch_site or ""


def told(attempt: Attempt, label: Label) -> tuple[str, str]:
    """Return one sentence, who made the bank do what, or tried to, and the verdict on it."""
    relation = sender(attempt, label)
    who = SENDERS.get(relation, "Somebody")
    if relation == "same-origin" and attempt.kind == ACT and attempt.sec_fetch_dest in FRAMES:
        who = "The bank's own page, inside a frame,"
    tried = "made" if attempt.outcome == APPLIED else "tried to make"
    deed = DEEDS[attempt.action].format(user=attempt.user or "somebody")
    story = f"{who} {tried} the bank {deed}."
    if attempt.kind == FRAMED:
        story = f"{who} put this page of the bank into a frame."
    if attempt.kind == PREFLIGHT:
        story = f"{who} had the browser ask whether it may make the bank {deed}."
    return story, _verdict(attempt, relation)


def _verdict(attempt: Attempt, relation: str) -> str:
    """Return how an attempt looks from the victim; what another page made happen is forged."""
    if attempt.outcome == APPLIED:
        foreign = relation in {"cross-site", "same-site"}
        return "forged" if foreign and attempt.kind in {ACT, WEBSOCKET} else "done"
    if attempt.outcome == REFUSED:
        return "blocked"
    return "kept" if (attempt.reason or "").startswith("cookie-") else "anonymous"
