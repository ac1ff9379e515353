"""The result of an attack on an application, and how to say it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from csrf_proof.application.choice import BY_CLICK, BY_CORS, BY_SOCKET
from csrf_proof.application.recording import SAFE
from csrf_proof.positions import CROSS_SITE, LOOKALIKE, SUBDOMAIN
from csrf_proof.reasons import REASONS
from csrf_proof.trial import FORGED
from csrf_proof.watching import Evidence

APPLICATION, BROWSER, BOTH = "application", "browser", "both"
SENDERS = {
    CROSS_SITE: "Another site",
    SUBDOMAIN: "A subdomain of your application",
    LOOKALIKE: "Another site whose name begins like yours",
}


@dataclass(frozen=True)
class Weakness:
    """A weakness by its number in the Common Weakness Enumeration, what it's called, and what
    OWASP's Application Security Verification Standard, version 5.0, asks for instead."""

    cwe: str
    name: str
    asvs: str

    @property
    def violates(self) -> str:
        return f"OWASP ASVS 5.0, {self.asvs}"


# Requests are known to come from the application itself; GET and HEAD change nothing.
_FORGERY = Weakness("CWE-352", "cross-site request forgery", "3.5.1")
_BY_SAFE = Weakness("CWE-352", "cross-site request forgery", "3.5.3")
_OF = {
    BY_CLICK: Weakness("CWE-1021", "a page that others may show in a frame", "3.4.6"),
    BY_CORS: Weakness("CWE-942", "a yes to an origin that isn't trusted", "3.4.2"),
    BY_SOCKET: Weakness("CWE-1385", "a WebSocket that opens for any origin", "4.4.2"),
}


@dataclass(frozen=True)
class Try:
    """One attack from one position in the browser of one profile. `page` is what somebody has
    written, if that's the attack."""

    attack: str
    position: str
    profile: str
    page: str = field(default="", repr=False)

    @property
    def id(self) -> str:
        return f"{self.attack}-{self.position}-{self.profile}"


@dataclass(frozen=True)
class Verdict:
    """The result of one attack. `reason` and `stopped_by` are empty where nothing stopped it, and
    of a page that somebody has written.

    `samesite` is what the application says about the SameSite of each cookie that it was seen to
    set, or nothing. `page` is the attacker's page, and `planted` are the names of the cookies that
    it set for the application.
    """

    one: Try
    outcome: str
    reason: str | None
    stopped_by: str | None
    evidence: Evidence
    before: Any
    after: Any
    samesite: Mapping[str, str] = field(default_factory=dict)
    page: str = ""
    planted: tuple[str, ...] = ()


def weakness(attack: str, method: str) -> Weakness:
    """Return what is wrong with an application in which an attack did this by a method."""
    return _OF.get(attack) or (_BY_SAFE if method in SAFE else _FORGERY)


def told(verdict: Verdict, action: str) -> str:
    """Return a verdict in lines, for a terminal."""
    seen, sender = verdict.evidence, SENDERS[verdict.one.position]
    wrong = weakness(verdict.one.attack, seen.method)
    head, deed = f"{verdict.outcome.upper():8}{verdict.one.id}", "tried this and was stopped"
    if verdict.outcome == FORGED:
        head, deed = f"{head}   {wrong.cwe}", "made the user's browser do this"
    asked = f"{seen.method} {urlsplit(seen.url).path}".strip() or "no request was seen"
    origin = seen.headers.get("origin", "")
    facts = {
        "Sent": asked + (f"   Origin: {origin}" if origin else ""),
        "Cookie": cookies(verdict),
        "Your app": f"answered {seen.status}" if seen.status else "",
        "State": changed(verdict),
        "Stopped": "" if verdict.outcome == FORGED else stopped(verdict),
        "Violates": wrong.violates if verdict.outcome == FORGED else "",
    }
    lines = [f"  {name:<10}{said}" for name, said in facts.items() if said]
    return "\n".join([head, f"  {sender} {deed}: {action}.", *lines])


def changed(verdict: Verdict) -> str:
    """Return what was there and what is; of a page's text, the lines that aren't in both."""
    before, after = str(verdict.before), str(verdict.after)
    if before == after:
        return "nothing changed"
    if "\n" in before:
        old, new = before.splitlines(), after.splitlines()
        before = " / ".join(line for line in old if line not in new)
        after = " / ".join(line for line in new if line not in old)
    return f"{before} → {after}"


def cookies(verdict: Verdict) -> str:
    """Return which cookies were sent, and which weren't."""
    seen = verdict.evidence
    said = [_cookie(name, "was sent", verdict) for name in seen.cookies_sent]
    said += [_cookie(name, "was not sent", verdict) for name in seen.cookies_withheld]
    text = "; ".join(said) or "none was seen"
    if verdict.outcome == FORGED and seen.cookies_withheld and not seen.cookies_sent:
        # Such as a sign-out, whose response deletes the cookie anyway.
        text += "; it wasn't needed"
    return text


def _cookie(name: str, what: str, verdict: Verdict) -> str:
    if name in verdict.planted:
        return f"{name} {what} (the attacker's page set it too)"
    if name not in verdict.samesite:
        return f"{name} {what}"
    samesite = verdict.samesite[name]
    said = f"SameSite={samesite}" if samesite else "it has no SameSite"
    one, seen = verdict.one, verdict.evidence
    young = not samesite and name in seen.cookies_sent and seen.method not in SAFE
    if young and one.profile.startswith("chromium") and one.position != SUBDOMAIN:
        said += ", and Chromium sends such a cookie with a POST for two minutes"
    return f"{name} {what} ({said})"


def stopped(verdict: Verdict) -> str:
    """Return who stopped a blocked attack, and how."""
    if verdict.stopped_by is None:  # Nothing is known of what somebody has written.
        who = "by the browser or by your application."
        if verdict.evidence.method:
            return who
        return f"{who} The page sent other requests than an honest user: is it for this action?"
    is_told = verdict.reason or "host" in verdict.evidence.headers
    if verdict.stopped_by == APPLICATION and not is_told:
        return (
            "by your application, which doesn't do it even with the cookies. This browser doesn't "
            "show whether it sent them."
        )
    who = {
        APPLICATION: "by your application.",
        BROWSER: "by the browser alone; your application would have done it.",
        BOTH: "by the browser, and your application would have refused it too.",
    }[verdict.stopped_by]
    if verdict.one.attack == BY_CLICK and verdict.stopped_by == BROWSER:
        who = "by the browser, which didn't send all cookies into the frame."
    return f"{who} {REASONS[verdict.reason].sentence}" if verdict.reason else who
