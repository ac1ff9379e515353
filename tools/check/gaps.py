"""The exercises: each lesson that leaves something to the learner has one, and no other attack."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from catalogue import lessons
from catalogue.gaps import GAPS_FILE, GapsError, exercise_of, fewest_gaps, stage_of
from csrf_proof.arsenal import Attack


def problems(docs: Path, attacks: dict[str, Attack]) -> Iterator[str]:
    """Yield what is wrong with the files, and which are missing or used by no lesson."""
    needed: dict[str, int] = {}
    for lesson in lessons.read_all(docs / "lessons")[0]:
        if stage := stage_of(lesson.number):
            needed[lesson.attack] = max(fewest_gaps(stage), needed.get(lesson.attack, 1))
    for slug, attack in attacks.items():
        where = f"attacks/{slug}/{GAPS_FILE}"
        try:
            exercise = exercise_of(attack)
        except GapsError as mistake:
            yield str(mistake)
            continue
        if exercise is None and slug in needed:
            yield f"{where} is missing, and a lesson from the third on is about this attack."
        elif exercise and slug not in needed:
            yield f"{where}: no lesson from the third on is about this attack. Remove it."
        elif exercise and len(exercise.gaps) < needed[slug]:
            yield f"{where} has fewer gaps than a lesson needs, which is {needed[slug]}."
