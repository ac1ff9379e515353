"""The reader of `gaps.toml`: an attack's page as an exercise, with lines for a learner to choose.

Next to an attack's page, the file says what the page should do (`goal`), and then, in the order of
the page, which parts of it can be left out (`gaps`). A gap is filled with one of its choices, never
with words of somebody's own, so a page is named by numbers: `1.0.2` takes the second choice for the
first gap. The attacker's site serves such pages, and the lessons offer them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from inspect import cleandoc
from pathlib import Path
from textwrap import dedent
from typing import Any

from csrf_proof.arsenal import Attack, AttackError

GAPS_FILE = "gaps.toml"
FEWEST_CHOICES, MOST_CHOICES = 2, 4
# What is left to the learner, by the first lesson in which it is.
EXPLAINED, ONE, THREE, ALL = "explained", "one", "three", "all"
STAGES = {3: EXPLAINED, 5: ONE, 8: THREE, 11: ALL}
_HOW_MANY = {ONE: 1, THREE: 3}
# No page has this character.
_SEPARATOR = "\ue000"


class GapsError(AttackError):
    """A file that isn't an exercise; the message says which, and what to do."""


@dataclass(frozen=True)
class Choice:
    """What can be in a gap: a piece of the page, and what happens with it if it's the wrong one.

    `shown` is what a learner sees of it, as a piece of a page as well.
    """

    text: str
    says: str = ""
    shown: str = ""


@dataclass(frozen=True)
class Gap:
    """A part of the page: what to decide there, and what the right choice does."""

    text: str
    asks: str
    explains: str
    choices: tuple[Choice, ...]

    @property
    def right(self) -> int:
        return [choice.text for choice in self.choices].index(self.text)


@dataclass(frozen=True)
class Exercise:
    """An attack's page with gaps. A `Sequence` of numbers is a choice for each of them."""

    source: str
    goal: str
    gaps: tuple[Gap, ...]

    @property
    def right(self) -> tuple[int, ...]:
        return tuple(gap.right for gap in self.gaps)

    def numbers(self, text: str) -> tuple[int, ...] | None:
        """Return the choices that a text such as `1.0.2` names, or nothing if it names none."""
        named = text.split(".")
        if len(named) != len(self.gaps):
            return None
        known = [[str(at) for at in range(len(gap.choices))] for gap in self.gaps]
        if not all(one in there for one, there in zip(named, known, strict=True)):
            return None
        return tuple(map(int, named))

    def filled(self, numbers: Sequence[int]) -> str:
        """Return the source of the page with these choices."""
        return self._with(
            [gap.choices[at].text for gap, at in zip(self.gaps, numbers, strict=True)]
        )

    def shown(self, open_gaps: Sequence[int]) -> str:
        """Return what to render for a learner: the lines that attack, and every choice.

        The gaps that are open stay; `pieces` takes apart what was rendered. The lines come without
        the comment above them, which gives too much away.
        """
        left = [
            f"{_indent(gap.text)}{_SEPARATOR}{at}{_SEPARATOR}" if at in open_gaps else gap.text
            for at, gap in enumerate(self.gaps)
        ]
        _, _, rest = self._with(left).partition(" -->\n")
        lines = rest.partition('    <p><a href="{{ behind }}">')[0]
        choices = [choice.shown or choice.text for gap in self.gaps for choice in gap.choices]
        return (2 * _SEPARATOR).join([lines, *choices])

    def pieces(self, rendered: str) -> tuple[list[str], list[list[str]]]:
        """Return the lines with the number of each open gap in between, and each gap's choices."""
        lines, *choices = rendered.split(2 * _SEPARATOR)
        left = map(cleandoc, choices)
        by_gap = [[next(left) for _ in gap.choices] for gap in self.gaps]
        return dedent(lines).strip().split(_SEPARATOR), by_gap

    def _with(self, texts: Sequence[str]) -> str:
        page = self.source
        for gap, text in zip(self.gaps, texts, strict=True):
            before, _, after = page.partition(gap.text)
            page = before + text + after
        return page


def stage_of(lesson: int) -> str:
    """Return what a lesson leaves to the learner; nothing in the first ones."""
    return next((stage for first, stage in reversed(STAGES.items()) if lesson >= first), "")


def left_open(exercise: Exercise, stage: str) -> tuple[int, ...]:
    """Return which gaps a learner fills: the last ones first, as they come last in the example."""
    everything = tuple(range(len(exercise.gaps)))
    return everything[-_HOW_MANY[stage] :] if stage in _HOW_MANY else everything


def exercise_of(attack: Attack) -> Exercise | None:
    """Return an attack's exercise, if it has one.

    Raises:
        GapsError: The file isn't one.
    """
    file = attack.folder / GAPS_FILE
    return read(file, attack.source) if file.exists() else None


@cache
def read(file: Path, source: str) -> Exercise:
    """Return the exercise in a file, which is about a page with that source.

    Raises:
        GapsError: The file isn't one.
    """
    where = f"attacks/{file.parent.name}/{file.name}"
    try:
        said = tomllib.loads(file.read_text(encoding="utf-8"))
        gaps = tuple(_gap(dict(gap)) for gap in said.pop("gaps"))
        found = Exercise(source, **said, gaps=gaps)
    except KeyError as error:
        raise GapsError(f"{where} leaves out {error}.") from error
    except (TypeError, ValueError) as error:
        raise GapsError(f"{where} isn't written as the others are: {error}.") from error
    if mistake := _mistake(found):
        raise GapsError(f"{where}: {mistake}.")
    return found


def _gap(said: dict[str, Any]) -> Gap:
    return Gap(choices=tuple(Choice(**choice) for choice in said.pop("choices")), **said)


def _mistake(found: Exercise) -> str:
    if not found.gaps or not found.goal:
        return "say the goal, and at least one gap"
    for gap in found.gaps:
        name = f"“{gap.text.strip()}”"
        texts = [choice.text for choice in gap.choices]
        if found.source.count(gap.text) != 1:
            return f"{name} must be in the page exactly once"
        if texts.count(gap.text) != 1 or len(set(texts)) != len(texts):
            return f"{name} must be one of its own choices, each of them once"
        if not FEWEST_CHOICES <= len(texts) <= MOST_CHOICES:
            return f"{name} must have {FEWEST_CHOICES} to {MOST_CHOICES} choices"
        if not gap.asks or not gap.explains:
            return f"{name} must ask and explain something"
        if not all(choice.says for choice in gap.choices if choice.text != gap.text):
            return f"{name} must say what happens with each wrong choice"
    places = [found.source.index(gap.text) for gap in found.gaps]
    ends = [place + len(gap.text) for place, gap in zip(places, found.gaps, strict=True)]
    if any(after < end for end, after in zip(ends, places[1:], strict=False)):
        return "put the gaps into the order of the page, without overlaps"
    return ""


def fewest_gaps(stage: str) -> int:
    """Return how many gaps an exercise needs for a stage."""
    return _HOW_MANY.get(stage, 1)


def _indent(text: str) -> str:
    return text[: len(text) - len(text.lstrip())]
