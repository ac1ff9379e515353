"""A question is a cell of the matrix: what will happen, and who decides?

What can be answered is worked out from the matrix too: that it's forged, what the browser may do,
and for what reasons this bank refuses other attacks, or other banks this attack.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.utils.translation import gettext, gettext_noop

from catalogue.labels import BadLabel
from catalogue.matrix import FORGED, NOT_APPLICABLE, Cell
from csrf_proof.reasons import COOKIE_NOT_KEPT, RESPONSE_UNREADABLE
from csrf_proof.reasons import REASONS as ALL_REASONS
from victim_site.label import parse, stacks
from victim_site.teaching import descriptions, expectations
from victim_site.wording import REASONS

# What a browser does, whatever it's called in the matrix.
COOKIE, REQUEST, READING = "cookie", "request", "reading"
SAID = {
    FORGED: gettext_noop("Nobody stops it: it’s forged."),
    COOKIE: gettext_noop("The browser stops it: it sends the request without your cookie."),
    REQUEST: gettext_noop("The browser stops it: it doesn’t send the request at all."),
    READING: gettext_noop("The browser stops it: the attacker’s page can’t read the response."),
}
SURENESS = {
    "guess": gettext_noop("I’m guessing"),
    "fairly": gettext_noop("Fairly sure"),
    "certain": gettext_noop("Certain"),
}
MOST_OF_THE_BANK = 2


@dataclass(frozen=True)
class Question:
    """A cell that can be asked about, and what it's answered with."""

    cell: Cell

    @property
    def right(self) -> str:
        """The answer that is right."""
        return _answer(self.cell.reason) if self.cell.reason else FORGED

    @property
    def choices(self) -> dict[str, str]:
        """The answers to choose from, each with a sentence; the bank's are always as many."""
        browser = [COOKIE, REQUEST]
        if RESPONSE_UNREADABLE.code in _blocked()[1][self.cell.attack]:
            browser.append(READING)
        return {code: said(code) for code in (FORGED, *browser, *self._of_the_bank())}

    def _of_the_bank(self) -> list[str]:
        by_lab, by_attack = _blocked()
        likely = [self.right]
        for found in (by_lab[self.cell.defense], by_attack[self.cell.attack], _given()):
            likely += sorted(found, key=lambda code: (-found[code], code))
        bank = [code for code in dict.fromkeys(likely) if is_the_banks(code)]
        chosen = set(bank[:MOST_OF_THE_BANK])
        return [code for code in REASONS if code in chosen]  # So that the right one isn't first.

    def verdict(self, answer: str) -> str:
        """Return how near an answer is, in a sentence."""
        if answer == self.right:
            return gettext("Right.")
        if is_the_banks(answer) and is_the_banks(self.right):
            return gettext("Half right: the bank does refuse it, for another reason.")
        if {answer, self.right} <= {COOKIE, REQUEST, READING}:
            return gettext("Half right: the browser does stop it, in another way.")
        return gettext("Not this time.")

    @property
    def context(self) -> dict[str, Any]:
        """What a page says of the situation, without the outcome."""
        label = parse(self.cell.defense)
        return {
            "attack": descriptions.attacks()[self.cell.attack],
            "where": descriptions.POSITIONS[self.cell.position],
            "bank": list(_parts(self.cell.defense)),
            "weaknesses": [descriptions.weaknesses()[slug] for slug in label.weakness_slugs],
            "lab": self.cell.defense,
            "profile": self.cell.profile,
        }

    @property
    def outcome(self) -> dict[str, Any]:
        """What a page says of the outcome."""
        reason = REASONS.get(self.cell.reason or "")
        return {"forged": reason is None, "reason": reason, "note": self.cell.note}


def find(attack: str, position: str, lab: str, profile: str) -> Question | None:
    """Return the question about a cell, if there is one, and its outcome depends on nothing else.

    It would on the age of the cookie, or on a weakness that the attack needs and the lab hasn't.
    """
    if expectations.the_matrix().lab(attack, lab) != lab:
        return None
    square = expectations.squares(profile).get((attack, position, lab), [])
    if len(square) != 1 or square[0].outcome == NOT_APPLICABLE:
        return None
    if square[0].reason == COOKIE_NOT_KEPT.code:
        return None  # The request does what it should, and no answer says what the browser does.
    try:
        parse(lab)
    except BadLabel:
        return None
    return Question(square[0])


def said(answer: str) -> str:
    """Return an answer as a sentence."""
    if is_the_banks(answer):
        return gettext("The bank refuses it: %(reason)s.") % {"reason": REASONS[answer].name}
    return gettext(SAID[answer]) if answer in SAID else answer


def sureness(code: str) -> str:
    """Return a degree of sureness in words, or nothing."""
    return gettext(SURENESS[code]) if code in SURENESS else ""


def is_the_banks(answer: str) -> bool:
    """Tell whether an answer is that the bank refuses, and so the code of its reason."""
    return answer in REASONS and REASONS[answer].by == "server"


def _answer(reason: str) -> str:
    if is_the_banks(reason):
        return reason
    if reason.startswith("cookie-"):
        return COOKIE
    return READING if reason == RESPONSE_UNREADABLE.code else REQUEST


def _parts(lab: str) -> Iterator[tuple[str, str]]:
    """Yield what a bank has, as its label says it: what each part is called, and what it does."""
    defenses = descriptions.defenses()
    for slug in lab.partition("--with-")[0].split("--"):
        if slug in stacks():
            titles = [defenses[member].title for member in stacks()[slug]["members"]]
            yield stacks()[slug]["title"], "; ".join(titles)
        else:
            yield defenses[slug].title, defenses[slug].summary


Counted = dict[str, Counter[str]]


@cache
def _blocked() -> tuple[Counted, Counted]:
    """Return how often each reason is given in a lab, and against an attack."""
    by_lab: Counted = {}
    by_attack: Counted = {}
    for cell in expectations.cells():
        for found, key in ((by_lab, cell.defense), (by_attack, cell.attack)):
            counted = found.setdefault(key, Counter())
            counted.update(code for code in {cell.reason, cell.verdict} if code in ALL_REASONS)
    return by_lab, by_attack


@cache
def _given() -> Counter[str]:
    return sum(_blocked()[0].values(), Counter())
