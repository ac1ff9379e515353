"""The result of an application's actions: as JSON, as a page, and in a few sentences."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from textwrap import indent
from typing import Any

from jinja2 import Environment, PackageLoader

from csrf_proof.address import target_of
from csrf_proof.application import stored
from csrf_proof.application.choice import (
    BY_CLICK,
    BY_CORS,
    BY_SOCKET,
    NO_ACCOUNT,
    OVERRIDE,
    WITH_TOKEN,
    arsenal,
)
from csrf_proof.application.fixes import fix
from csrf_proof.application.known import Source
from csrf_proof.application.tries import NOT_JUDGED, Tried
from csrf_proof.application.verdict import BROWSER, SENDERS, Verdict, changed, cookies, stopped
from csrf_proof.marked import Block
from csrf_proof.positions import CROSS_SITE, SUBDOMAIN
from csrf_proof.trial import BLOCKED, FORGED

SCHEMA = 1
# What stops an attack that a secret in the form doesn't stop.
_ADVICE = {
    BY_CLICK: "To stop clicks in a frame, send Content-Security-Policy: frame-ancestors 'none'.",
    BY_CORS: "To stop scripts on other origins, send Access-Control-Allow-Credentials only to "
    "your own.",
    BY_SOCKET: "To stop WebSockets from other pages, accept one only if the Origin is your own.",
    OVERRIDE: "To stop a GET that says _method=…, accept another method's name only in a POST.",
    stored.NAME: "For advice, leave out --exploit: csrf-proof then tries attacks of its own, and "
    "says what stops those that get through.",
}

# What an attack is called here, where the bank's is about something else.
_TITLES = {BY_SOCKET: "A page that opens your WebSocket", stored.NAME: "A page of your own"}


@dataclass
class Done:
    """One action's result. `honest` and `replayed`: in every browser the honest user could act,
    and their request could be sent again. `source` is where the action is described, if it is."""

    name: str
    source: Source | None = None
    honest: bool = True
    replayed: bool = True
    results: list[Tried] = field(default_factory=list)

    def count(self, outcome: str) -> int:
        return sum(each.outcome == outcome for each in self.results)

    @property
    def accepted(self) -> int:
        """How many were forged, as was known."""
        return sum(each.accepted is not None for each in self.results)


def summary(done: Done) -> str:
    """Return one or two sentences about an action."""
    forged, blocked = done.count(FORGED), done.count(BLOCKED)
    judged = forged + blocked
    if not judged and done.results and not done.count(NOT_JUDGED):
        return "None of the attacks apply to this request."
    if not judged:
        return "None of the attacks could be judged."
    if forged:
        said = f"{forged} of {judged} attacks" if judged > 1 else "The attack"
        said += " succeeded."
        if done.accepted:
            said += f" You accept {done.accepted} of them for now."
    else:
        said = f"All {judged} attacks were blocked." if judged > 1 else "The attack was blocked."
    only_browser = any(e.verdict and e.verdict.stopped_by == BROWSER for e in done.results)
    if only_browser and not _forged_from(done, CROSS_SITE):
        said += " Only the browser protects your users from other sites"
        said += "; attacks from a subdomain work." if _forged_from(done, SUBDOMAIN) else "."
    if alone := sum(each.note == NO_ACCOUNT for each in done.results):
        said += f" Not tried without an account for the attacker (--attacker NAME): {alone}."
    if unsaid := done.count(NOT_JUDGED):
        said += f" {unsaid} could not be judged."
    return said


def _forged_from(done: Done, position: str) -> bool:
    return any(e.outcome == FORGED and e.one.position == position for e in done.results)


@dataclass(frozen=True)
class Advice:
    """What stops some attacks: a sentence, and the code that does it, if that's known."""

    sentence: str
    code: Sequence[Block] = ()

    def __str__(self) -> str:
        return "\n\n".join([self.sentence, *(indent(block.text, "    ") for block in self.code)])


def advice(done: Done) -> list[Advice]:
    """Return what stops the attacks that got through.

    That a token stops all by POST, and neither GET nor HEAD, is what the matrix of the playground
    says of `csrf-token`.
    """
    attacks = arsenal().attacks
    forged = {each.one.attack for each in done.results if each.outcome == FORGED}
    methods = {attacks[slug].method for slug in forged - WITH_TOKEN - set(_ADVICE)}
    said = []
    if forged & WITH_TOKEN:
        said.append(
            Advice(
                "To stop those with the attacker's own token, accept a token only in the session "
                "that it was issued to."
            )
        )
    if "GET" in methods:  # Whatever method it names.
        forged.discard(OVERRIDE)
    said += [Advice(sentence) for slug, sentence in _ADVICE.items() if slug in forged]
    if "POST" in methods:
        needed = "To stop those by POST, put a secret into the form and check it."
        if found := fix(done.results):
            where = "that means the application, each form, what scripts send, and the sign-in"
            said.append(Advice(f"{needed} In {found.framework}, {where}:", found.blocks))
        else:
            in_django = "In Django, that's {% csrf_token %} with CsrfViewMiddleware"
            said.append(Advice(f"{needed} {in_django}; in Flask, Flask-WTF's CSRFProtect."))
    if other := " and ".join(sorted(methods - {"POST"})):
        said.append(Advice(f"To stop those by {other}, act only on POST."))
    return said


def as_json(application: str, actions: Sequence[Done]) -> str:
    """Return the report by its schema, which is in the documentation."""
    report = {
        "schema": SCHEMA,
        "application": application,
        "actions": [
            {
                "name": done.name,
                "control": {"honest": done.honest, "replayed": done.replayed},
                "results": [_result(each) for each in done.results],
            }
            for done in actions
        ],
    }
    return json.dumps(report, indent=2, default=str, ensure_ascii=False) + "\n"


def as_html(application: str, actions: Sequence[Done]) -> str:
    """Return the report as a page that needs nothing else."""
    pages = Environment(loader=PackageLoader("csrf_proof.application", "."), autoescape=True)
    return pages.get_template("report.html").render(
        application=application,
        actions=actions,
        when=datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
        summary=summary,
        advice=advice,
        title=title,
        cookies=cookies,
        senders=SENDERS,
        sender=_sender,
        changed=changed,
        stopped=stopped,
    )


def _sender(verdict: Verdict) -> str:
    """Return what is known of the page that sent the request."""
    if verdict.one.attack == BY_CLICK:
        return "your own page, which it shows in a frame"
    return verdict.evidence.headers.get("origin", "no Origin was seen")


def title(slug: str) -> str:
    """Return an attack's title in the words of these reports, without what it does to the
    playground's bank."""
    if slug in _TITLES:
        return _TITLES[slug]
    at_bank = r" (that (sends your money|signs you out)|with a file that you did not choose)$"
    told = re.sub(at_bank, "", arsenal().attacks[slug].title)
    return told.replace("bank", "application").replace("sub-domain", "subdomain")


def _result(each: Tried) -> dict[str, Any]:
    verdict = each.verdict
    result: dict[str, Any] = {
        "attack": each.one.attack,
        "position": each.one.position,
        "profile": each.one.profile,
        "cookie_age": "fresh",
        "outcome": each.outcome,
        "reason": verdict.reason if verdict else None,
        "stopped_by": verdict.stopped_by if verdict else None,
        "evidence": None,
    }
    if verdict:
        seen = verdict.evidence
        result["evidence"] = {
            "request": f"{seen.method} {target_of(seen.url)}".strip(),
            "cookies_sent": list(seen.cookies_sent),
            "cookies_withheld": list(seen.cookies_withheld),
            "status": seen.status,
            "state_before": verdict.before,
            "state_after": verdict.after,
        }
    if each.note:
        result["note"] = each.note
    if each.accepted:
        until = each.accepted.until.isoformat()
        result["accepted"] = {"reason": each.accepted.reason, "until": until}
    return result


def write(path: Path, text: str) -> None:
    """Write a report whole or not at all.

    Raises:
        OSError: It can't be written.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
