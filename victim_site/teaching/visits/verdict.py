"""The result of a visit: a pure function of what the lab and the browser have seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from catalogue.matrix import BLOCKED, FORGED
from csrf_proof.reasons import (
    CSP_REFUSED,
    PREFLIGHT_REFUSED,
    RESPONSE_UNREADABLE,
)
from victim_site.bank.attempts import ACT, APPLIED, PREFLIGHT, WEBSOCKET


class Noted(Protocol):
    """An attempt, as far as it matters here."""

    @property
    def kind(self) -> str: ...
    @property
    def outcome(self) -> str: ...
    @property
    def confirmed(self) -> bool: ...
    @property
    def reason(self) -> str | None: ...


@dataclass(frozen=True)
class Verdict:
    """The outcome, and the code of why it was blocked, if anything says so."""

    outcome: str
    reason: str = ""


def judge(attempts: Sequence[Noted], *, read_nothing: bool, broke_policy: bool) -> Verdict:
    """Return the verdict on what a lab has noted since the exploit was opened, oldest first.

    Where that's nothing, the other two say what the browser did: it let the page read nothing of
    the bank's responses, or a page's policy stopped something.
    """
    if any(each.outcome == APPLIED and each.confirmed for each in attempts):
        return Verdict(FORGED)
    acts = [each for each in attempts if each.kind in {ACT, WEBSOCKET}]
    for each in [*acts, *attempts]:
        if each.kind == PREFLIGHT:
            return Verdict(BLOCKED, PREFLIGHT_REFUSED.code)
        if each.reason:
            return Verdict(BLOCKED, each.reason)
    if broke_policy:
        return Verdict(BLOCKED, CSP_REFUSED.code)
    return Verdict(BLOCKED, RESPONSE_UNREADABLE.code if read_nothing else "")
