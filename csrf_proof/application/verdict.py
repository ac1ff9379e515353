"""What came of an attack on an application, and how to say it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from csrf_proof.positions import CROSS_SITE, SUBDOMAIN
from csrf_proof.reasons import REASONS
from csrf_proof.trial import FORGED
from csrf_proof.watching import Evidence

APPLICATION, BROWSER, BOTH = "application", "browser", "both"
SENDERS = {CROSS_SITE: "Another site", SUBDOMAIN: "A subdomain of your application"}
# The weakness, by its number in the Common Weakness Enumeration.
WEAKNESS = "CWE-352"


@dataclass(frozen=True)
class Verdict:
    """What came of one attack. `reason` and `stopped_by` are empty where nothing stopped it.

    `samesite` is what the application says about the SameSite of each cookie, or nothing.
    `could_also` tells whether the application would have done it, had the browser sent all cookies.
    """

    attack: str
    position: str
    profile: str
    outcome: str
    reason: str | None
    stopped_by: str | None
    evidence: Evidence
    before: Any
    after: Any
    samesite: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.attack}-{self.position}-{self.profile}"


def told(verdict: Verdict, action: str) -> str:
    """Return a verdict in lines, for a terminal."""
    seen, sender = verdict.evidence, SENDERS[verdict.position]
    lines = [(sender, f"did this in the name of the signed-in user: {action}.")]
    path = urlsplit(seen.url).path
    asked = f"{seen.method} {path}".strip() or "nothing that was seen"
    origin = seen.headers.get("origin", "")
    lines.append(("Sent", asked + (f"   Origin: {origin}" if origin else "")))
    lines.append(("Cookie", _cookies(verdict)))
    if seen.status:
        lines.append(("Your app", f"answered {seen.status}"))
    lines.append(("State", f"{verdict.before} → {verdict.after}"))
    if verdict.outcome != FORGED:
        lines[0] = (sender, f"tried this and was stopped: {action}.")
        lines.append(("Stopped", _stopped(verdict)))
    head = f"{verdict.outcome.upper():8}{verdict.id}"
    weakness = f"   {WEAKNESS}" if verdict.outcome == FORGED else ""
    rest = [f"  {name:<10}{said}" for name, said in lines[1:]]
    return "\n".join([head + weakness, f"  {lines[0][0]} {lines[0][1]}", *rest])


def _cookies(verdict: Verdict) -> str:
    seen = verdict.evidence
    said = [_cookie(name, "was sent", verdict) for name in seen.cookies_sent]
    said += [_cookie(name, "was not sent", verdict) for name in seen.cookies_withheld]
    return "; ".join(said) or "none was seen"


def _cookie(name: str, what: str, verdict: Verdict) -> str:
    samesite = verdict.samesite.get(name, "")
    return f"{name} {what} ({f'SameSite={samesite}' if samesite else 'it has no SameSite'})"


def _stopped(verdict: Verdict) -> str:
    why = REASONS[verdict.reason].sentence if verdict.reason else "It refused the request."
    return {
        APPLICATION: f"by your application. {why}",
        BROWSER: f"by the browser alone; your application would have done it. {why}",
        BOTH: f"by the browser, and your application would have refused it too. {why}",
    }[verdict.stopped_by or APPLICATION]
