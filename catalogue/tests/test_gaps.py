"""What the reader of exercises makes of them, and of files with mistakes in them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from catalogue.actions import ACTIONS, MOST
from catalogue.gaps import (
    ALL,
    EXPLAINED,
    GAPS_FILE,
    ONE,
    THREE,
    Exercise,
    GapsError,
    exercise_of,
    left_open,
    stage_of,
)
from csrf_proof.arsenal import Attack, Shot, read_all, render_source
from csrf_proof.arsenal import read as read_attack
from csrf_proof.visitor import Prepared

ATTACKS = read_all()
EXERCISES = {slug: found for slug in ATTACKS if (found := exercise_of(ATTACKS[slug]))}
FORM = EXERCISES["form-post"]


def shot_of(attack: Attack) -> Shot:
    return Shot(
        attack=attack,
        origin="http://no-defense.bank.localhost:8000",
        action_path=ACTIONS[attack.action].path,
        forged=ACTIONS[attack.action].fields(MOST, "evil.localhost"),
        prepared=Prepared({"token": "q8Zr"}),
    )


@pytest.mark.parametrize("slug", EXERCISES)
def test_the_right_choices_make_the_attacks_own_page(slug: str) -> None:
    found = EXERCISES[slug]

    assert found.filled(found.right) == ATTACKS[slug].source


@pytest.mark.parametrize("slug", EXERCISES)
def test_every_choice_makes_a_page_of_its_own(slug: str) -> None:
    found, pages = EXERCISES[slug], set()
    for at, gap in enumerate(found.gaps):
        for number in range(len(gap.choices)):
            chosen = (*found.right[:at], number, *found.right[at + 1 :])
            pages.add(render_source(shot_of(ATTACKS[slug]), found.filled(chosen)))

    assert len(pages) == 1 + sum(len(gap.choices) - 1 for gap in found.gaps)


@pytest.mark.parametrize("slug", EXERCISES)
def test_what_a_learner_sees_has_every_open_gap_and_every_choice(slug: str) -> None:
    found = EXERCISES[slug]
    for stage in (EXPLAINED, ONE, THREE):
        open_gaps = left_open(found, stage)
        shown = render_source(shot_of(ATTACKS[slug]), found.shown(open_gaps))

        lines, choices = found.pieces(shown)

        # A gap inside what the page encodes can't be told, so only its last lesson has that attack.
        if slug != "injected-script-post":
            assert [int(number) for number in lines[1::2]] == list(open_gaps)
        assert [len(each) for each in choices] == [len(gap.choices) for gap in found.gaps]
        assert all("{" + "{" not in said for each in choices for said in each)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1.0.2", (1, 0, 2)),
        ("1.0", None),
        ("1.0.2.0", None),
        ("1.0.3", None),
        ("1.0.-1", None),
        ("1.0.²", None),
        ("01.0.2", None),
        ("", None),
        ("<b>.0.2", None),
    ],
)
def test_choices_are_numbers_that_exist_and_nothing_else(
    text: str, numbers: tuple[int, ...] | None
) -> None:
    assert FORM.numbers(text) == numbers


def test_lessons_leave_more_and_more_to_the_learner() -> None:
    stages = [stage_of(number) for number in range(1, 13)]

    assert stages == ["", "", *[EXPLAINED] * 2, *[ONE] * 3, *[THREE] * 3, *[ALL] * 2]
    assert left_open(FORM, ONE) == (2,)
    assert left_open(FORM, THREE) == left_open(FORM, ALL) == (0, 1, 2)


def broken(tmp_path: Path, old: str, new: str) -> Exercise | None:
    folder = tmp_path / "form-post"
    shutil.copytree(ATTACKS["form-post"].folder, folder)
    text = (folder / GAPS_FILE).read_text(encoding="utf-8")
    assert old in text
    (folder / GAPS_FILE).write_text(text.replace(old, new, 1), encoding="utf-8")
    return exercise_of(read_attack(folder))


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("[[gaps]]\n", "[[gaps\n", "isn't written"),
        ("goal = ", "aim = ", "isn't written"),
        ("asks = ", "ask = ", "isn't written"),
        ("text = 'method=\"post\"'\nasks", "asks", "isn't written"),
        ("text = 'method=\"post\"'", "text = 'method'", "must be one of its own choices"),
        ("text = 'method=\"post\"'", "text = 'type=\"hidden\"'", "one of its own choices"),
        ("text = 'method=\"post\"'", "text = 'method=\"POST\"'", "in the page exactly once"),
        ("text = 'method=\"put\"'", "text = 'method=\"get\"'", "each of them once"),
        ('says = "A form knows', 'shown = "A form knows', "what happens with each wrong choice"),
        ('explains = "The method decides', 'explains = ""  # "', "explain something"),
        ('goal = "Make', 'goal = ""  # "', "say the goal"),
    ],
)
def test_a_broken_file_says_what_is_wrong(
    tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    with pytest.raises(GapsError, match=complaint) as raised:
        broken(tmp_path, old, new)

    assert str(raised.value).startswith("attacks/form-post/gaps.toml")


def test_gaps_come_in_the_order_of_the_page(tmp_path: Path) -> None:
    text = (ATTACKS["form-post"].folder / GAPS_FILE).read_text(encoding="utf-8")
    first, second, *rest = text.split("[[gaps]]\n")[1:]

    with pytest.raises(GapsError, match="order of the page"):
        broken(tmp_path, text, "[[gaps]]\n".join(['goal = "x"\n', second, first, *rest]))
