"""The exercise of a lesson: its attack's page with gaps, and what a learner's page did at the bank.

Nothing of it is kept. The address says what was chosen, and the number of the newest attempt at the
lab when it was: what another page has sent since then is the learner's page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext

from catalogue.actions import ACTIONS, MOST
from catalogue.gaps import ALL, Exercise, GapsError, exercise_of, left_open, stage_of
from catalogue.lessons import Lesson
from csrf_proof.arsenal import Shot, render_source
from csrf_proof.visitor import Prepared
from victim_site.bank import reports
from victim_site.bank.attempts import APPLIED
from victim_site.bank.label import Label
from victim_site.bank.models import Attempt
from victim_site.teaching import descriptions
from victim_site.teaching.labs.attempt_summary import initiator, summarize
from victim_site.teaching.lessons import progress
from victim_site.teaching.links import attack_page
from victim_site.teaching.missing import Missing
from victim_site.wording import REASONS


@dataclass(frozen=True)
class Piece:
    """A piece of the page as a learner sees it; `gap` is its number if it's one, from 1."""

    text: str
    gap: int = 0


def exercise_or_404(found: Lesson) -> tuple[Exercise, str]:
    """Return a lesson's exercise, and its stage."""
    stage = stage_of(found.number)
    try:
        exercise = exercise_of(descriptions.attacks()[found.attack]) if stage else None
    except GapsError as mistake:
        raise Missing(str(mistake), "lessons") from None
    if exercise is None:
        sentence = gettext("Lesson %(number)d has no page to write.")
        raise Missing(sentence % {"number": found.number}, "lessons")
    return exercise, stage


def page_of(found: Lesson, label: Label, chosen: Sequence[int | None]) -> dict[str, Any]:
    """Return the page with its gaps, each with what can be chosen there, and what is."""
    exercise, stage = exercise_or_404(found)
    attack = descriptions.attacks()[found.attack]
    action = ACTIONS[attack.action]
    shot = Shot(
        attack=attack,
        origin=label.url,
        action_path=action.path,
        forged=action.fields(MOST, settings.ADDRESSES.domains.evil),
        # What her server brings is known only once the page is opened.
        prepared=Prepared({"token": "…"} if attack.server_source else {}),
    )
    open_gaps = left_open(exercise, stage)
    lines, choices = exercise.pieces(render_source(shot, exercise.shown(open_gaps)))
    return {
        "goal": exercise.goal,
        "stage": stage,
        "pieces": [] if stage == ALL else _pieces(lines, choices, chosen),
        "gaps": [
            {
                "number": at + 1,
                "asks": exercise.gaps[at].asks,
                "explains": exercise.gaps[at].explains,
                "choices": list(enumerate(choices[at])),
                "chosen": chosen[at],
            }
            for at in open_gaps
        ],
    }


def _pieces(
    lines: list[str], choices: list[list[str]], chosen: Sequence[int | None]
) -> list[Piece]:
    found = [Piece(lines[0])]
    for number, after in zip(lines[1::2], lines[2::2], strict=True):
        at = int(number)
        picked = chosen[at]
        indent = found[-1].text.rpartition("\n")[2]
        deeper = "\n" + (indent if indent.isspace() else "")
        text = "" if picked is None else choices[at][picked].replace("\n", deeper)
        found += [Piece(text, at + 1), Piece(after)]
    return found


def result_of(
    found: Lesson, label: Label, numbers: tuple[int, ...], since: int, position: str
) -> dict[str, Any]:
    """Return what a learner's page did at the bank, and what is to be said about it."""
    exercise, _ = exercise_or_404(found)
    attack = descriptions.attacks()[found.attack]
    fill = ".".join(map(str, numbers))
    hold = "hold" if attack.trigger == "load" else ""
    mine = [
        attempt
        for attempt in reversed(reports.attempts(label.text, pk__gt=since))
        if _by_a_page(attempt, label, by_application=attack.by_application)
    ]
    right = [attempt for attempt in mine if _is_the_lessons(found, attempt, label)]
    shown = next(iter([*right, *mine]), None)
    wrong = [
        (at + 1, gap.choices[number].says)
        for at, (gap, number) in enumerate(zip(exercise.gaps, numbers, strict=True))
        if number != gap.right
    ]
    return {
        "fill": fill,
        "since": since,
        "my_page": _address(found, label, fill, position, hold),
        "my_source": _address(found, label, fill, position, "behind"),
        "clicked": attack.trigger == "click",
        "first": "" if mine else _first(label, signed_in=attack.victim == "signed-in"),
        "did_it": bool(right),
        "arrived": shown,
        "applied": shown is not None and shown.outcome == APPLIED,
        "story": summarize(shown, label)[0] if shown else "",
        "said": REASONS.get(shown.reason or "") if shown else None,
        "wrong": wrong,
    }


def _first(label: Label, *, signed_in: bool) -> str:
    """Return what a visitor has to do at the bank before opening the page, if anything."""
    if reports.is_signed_in(label.text, "alice") == signed_in:
        return ""
    return "sign in" if signed_in else "sign out"


def _address(found: Lesson, label: Label, fill: str, position: str, page: str) -> str:
    path = "/".join(part for part in (found.attack, "try", fill, page) if part)
    return attack_page(label, path, position)


def _by_a_page(attempt: Attempt, label: Label, *, by_application: bool) -> bool:
    """Tell whether a page of the attacker's made the browser send this, and not the visitor."""
    if by_application:
        # What the bank's own page is made to send, it sends by script.
        return initiator(attempt, label) == "bank" and attempt.sec_fetch_mode != "navigate"
    return initiator(attempt, label) == "page"


def _is_the_lessons(found: Lesson, attempt: Attempt, label: Label) -> bool:
    result = progress.result(found, attempt, label)
    return result is not None and result in found.outcomes(found.lab).values()
