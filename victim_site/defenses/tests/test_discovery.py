"""What holds for every defense: how it is found, and how its file reads."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from csrf_proof.reasons import REASONS
from victim_site.defenses.base import all_defenses, flawed_defenses

FOLDER = Path(__file__).parents[1]
FILES = sorted([*FOLDER.glob("[a-z]*.py"), *FOLDER.glob("flawed/[a-z]*.py")])
SOUND = sorted(set(all_defenses()) - flawed_defenses())
HEADINGS = ["How it works", "What it does not stop", "In your own project", "Sources"]


def test_every_file_is_a_defense_under_the_slug_of_its_name() -> None:
    slugs = {file.stem.replace("_", "-") for file in FILES} - {"base"}

    assert set(all_defenses()) == slugs


def test_the_flawed_ones_are_those_in_their_own_folder() -> None:
    slugs = {file.stem.replace("_", "-") for file in FOLDER.glob("flawed/[a-z]*.py")}

    assert flawed_defenses() == slugs


@pytest.mark.parametrize("slug", SOUND)
def test_the_docstring_is_the_lesson_under_the_fixed_headings(slug: str) -> None:
    lesson = inspect.getmodule(type(all_defenses()[slug])).__doc__ or ""

    assert re.findall(r"^## (.*)$", lesson, re.MULTILINE) == HEADINGS


def test_every_reason_stands_under_its_own_code_with_a_sentence() -> None:
    bad = [c for c, r in REASONS.items() if r.code != c or not r.sentence.endswith(".")]

    assert bad == []
