"""The two halves of a lesson: the attack on its first lab, and the attack on the fixed one."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext

from catalogue.lessons import Lesson
from csrf_proof.reasons import COOKIE_THIRD_PARTY, COOKIE_UNKNOWN, NOT_SIGNED_IN, SESSION_ENDED
from victim_site.bank import reports
from victim_site.bank.attempts import ACT
from victim_site.bank.label import Label
from victim_site.bank.models import Attempt
from victim_site.teaching import descriptions
from victim_site.teaching.labs import picture
from victim_site.teaching.lessons import progress
from victim_site.teaching.lessons.markdown import as_page
from victim_site.teaching.links import attack_page, walk
from victim_site.wording import REASONS

TRIED, FIXED = "tried", "fixed"
# The lessons that explain the header lines of a request.
EXPLAINED_IN = {"Origin": 4, "Sec-Fetch-Site": 8}


def step_of(
    found: Lesson, label: Label, visited: bool, position: str, step: str, outcome: str
) -> dict[str, Any]:
    """Return one half of a lesson, the attack on one of its labs, as far as it has come.

    `visited`: anything has arrived at the lab, so there's something to read.
    """
    launched = _launched(found, label) if visited else []
    arrived = launched[0][1] if launched else None
    shown = next((attempt for attempt, result in launched if result == outcome), None)
    return {
        "lab": label,
        "summaries": descriptions.summaries(label),
        "walk": walk(label.text, found.attack, position, f"{found.slug}.{step}"),
        "attack_page": attack_page(label, found.attack, position),
        "outcome": outcome,
        "reason": REASONS.get(outcome),
        "came_of_it": as_page(_came_of_it(found, outcome), inline=True),
        "attempt": shown,
        "picture": picture.draw(shown, label, _headers(found)) if shown else None,
        "missing": "" if outcome else _missing(found, label, visited, arrived or ""),
        # By a browser that the lesson doesn't know yet.
        "kept_cookie": arrived == COOKIE_THIRD_PARTY.code,
    }


def _launched(found: Lesson, label: Label) -> list[tuple[Attempt, str]]:
    """Return the attempts at a lab that are the lesson's attack, newest first, with results.

    Two lessons may share a lab, and their attacks look alike there.
    """
    attack = descriptions.attacks()[found.attack]
    alike = reports.attempts(label.text, kind=ACT, action=attack.action, method=attack.method)
    results = [(attempt, progress.result(found, attempt, label)) for attempt in reversed(alike)]
    return [
        (attempt, result)
        for attempt, result in results
        if result and not progress.is_of_another(found, result, label.without_owner)
    ]


def _came_of_it(found: Lesson, outcome: str) -> str:
    """Return an outcome in the words of the choice that foretold it, or of its reason."""
    reason = REASONS.get(outcome)
    return found.choices.get(outcome) or (reason.sentence if reason else "")


def _headers(found: Lesson) -> tuple[str, ...]:
    """Return the header lines that a lesson's picture has: those that were explained by then."""
    return tuple(name for name, lesson in EXPLAINED_IN.items() if lesson <= found.number)


def _missing(found: Lesson, label: Label, visited: bool, arrived: str) -> str:
    """Return what is still to be done for a step, given the result of the newest try, if any."""
    if arrived == COOKIE_THIRD_PARTY.code and "subdomain" in found.positions:
        return gettext(
            "The request arrived, but your browser didn’t send the cookie. Launch the attack from "
            "the bank’s sub-domain instead. Once this browser is checked, this page does."
        )
    if arrived == COOKIE_UNKNOWN.code:
        return gettext(
            "A request arrived without a session cookie. Open this lab’s bank in this browser, and "
            "sign in if it asks you to. Then open the attacker’s page again."
        )
    if arrived in {NOT_SIGNED_IN.code, SESSION_ENDED.code}:
        return gettext(
            "The request arrived, but you weren’t signed in. Sign in to this lab’s bank, then open "
            "the attacker’s page again."
        )
    if arrived:
        sentence = gettext(
            "A request arrived, and the result was %(result)s, which isn’t what this step is "
            "about. Use its buttons: the bank first, then the attacker’s page. Or start the lesson "
            "over."
        )
        return sentence % {"result": arrived}
    attack = descriptions.attacks()[found.attack]
    # The attacker's own server signs in too, as mallory, for some attacks.
    signed_in = visited and reports.is_signed_in(label.text, "alice")
    if attack.victim == "signed-out":
        if signed_in:
            return gettext("Sign out of this lab’s bank. Then open the attacker’s page.")
        return gettext("Open the attacker’s page while you’re signed out of this lab’s bank.")
    if not signed_in:
        return gettext("Nothing has arrived yet. “Show me, step by step” begins at the bank.")
    if attack.trigger == "click":
        return gettext(
            "You’re signed in at this bank, and nothing has arrived yet. “Show me, step by step” "
            "leads to the attacker’s page: open it and click what it offers."
        )
    if attack.trigger == "address":
        return gettext(
            "You’re signed in at this bank, and nothing has arrived yet. “Show me, step by step” "
            "leads to the attacker’s page: open it and paste its address."
        )
    if attack.trigger != "load":
        return gettext(
            "You’re signed in at this bank, and nothing has arrived yet. “Show me, step by step” "
            "leads to the attacker’s page: open it and do what it asks for."
        )
    return gettext(
        "You’re signed in at this bank, and nothing has arrived yet. “Show me, step by step” leads "
        "to the attacker’s page: open it."
    )
