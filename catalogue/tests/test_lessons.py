"""What the reader of lessons makes of files that somebody has just begun, or broken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from catalogue import matrix
from catalogue.documents import DocumentError
from catalogue.lessons import FOLDER, problems, read, read_all

IMAGE = FOLDER / "02-the-image.md"


def test_every_lesson_can_be_read_and_the_first_comes_first() -> None:
    found, mistakes = read_all()

    assert mistakes == []
    assert [lesson.number for lesson in found] == list(range(1, len(found) + 1))


def test_a_lesson_knows_its_labs_its_choices_and_its_further_claims() -> None:
    lesson = read(IMAGE)

    assert lesson.labs == ("no-defense", "post-only")
    assert lesson.outcomes("no-defense") == {"cross-site": "forged", "subdomain": "forged"}
    assert lesson.choices["forged"] == "You’re signed out of the bank."
    assert [letter for letter, _, _ in lesson.lettered] == ["A", "B", "C", "D"]
    assert {code: said for _, code, said in lesson.lettered} == lesson.choices
    assert "forged" not in lesson.sections["Predict"]
    assert ("image-get", "samesite-lax") in {(one.attack, one.lab) for one in lesson.further}


@pytest.mark.parametrize(
    ("profile", "position"),
    [("chromium", "cross-site"), ("chromium-no-3pc", "subdomain"), ("firefox", "subdomain")],
)
def test_a_lesson_goes_where_the_browser_does_not_stop_its_attack(
    profile: str, position: str
) -> None:
    assert read(IMAGE).position(matrix.load(), profile) == position


def edit(old: str, new: str) -> Callable[[str], str]:
    def spoil(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return spoil


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        pytest.param(lambda text: "", "has no front matter", id="empty"),
        pytest.param(
            lambda text: text.split("---\n", 2)[2], "has no front matter", id="no front matter"
        ),
        pytest.param(edit("---\ntitle", "---\n- title"), "has", id="front matter of another kind"),
        pytest.param(edit("title: ", "title: ["), "isn't YAML", id="broken front matter"),
        pytest.param(edit("attack: image-get\n", ""), "does not say its attack", id="no attack"),
        pytest.param(edit("minutes: ", "minutes: about "), "its minutes", id="minutes in words"),
        pytest.param(edit("minutes", "level: 3\nminutes"), "says level", id="an unknown key"),
        pytest.param(edit("image-get cross-site no", "image-get no"), "claims", id="two words"),
        pytest.param(edit("## Why", "## How"), "under the headings", id="another heading"),
        pytest.param(lambda text: text.partition("## Hint")[0], "headings", id="half a lesson"),
        pytest.param(
            lambda text: text.replace("\n- `", "\n- "),
            "fewer than two predictions",
            id="no choices",
        ),
    ],
)
def test_a_file_that_is_no_lesson_says_what_to_do(
    tmp_path: Path, spoil: Callable[[str], str], complaint: str
) -> None:
    file = tmp_path / IMAGE.name
    file.write_text(spoil(IMAGE.read_text(encoding="utf-8")), encoding="utf-8")

    with pytest.raises(DocumentError, match=complaint) as raised:
        read(file)

    assert str(raised.value).startswith(IMAGE.name)


def test_a_broken_file_does_not_hide_the_others(tmp_path: Path) -> None:
    (tmp_path / IMAGE.name).write_bytes(IMAGE.read_bytes())
    (tmp_path / "03-latin.md").write_bytes("---\ntitle: Möwe".encode("latin-1"))
    (tmp_path / "notes.md").touch()

    found, mistakes = read_all(tmp_path)

    assert [lesson.slug for lesson in found] == ["the-image"]
    assert [mistake.partition(" ")[0] for mistake in mistakes] == ["03-latin.md", "notes.md"]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"attack": "image-gte"}, "does not claim image-gte cross-site no-defense"),
        ({"lab": "post-onyl"}, "does not claim image-get cross-site post-onyl"),
        ({"choices": {"get-refused": "No.", "csp-refused": "No."}}, "lets nobody predict forged"),
    ],
)
def test_what_the_matrix_does_not_know_is_said(change: dict[str, Any], complaint: str) -> None:
    assert any(
        complaint in said for said in problems(replace(read(IMAGE), **change), matrix.load())
    )


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"lab": "no-defnese"}, "which isn't a cell of the matrix"),
        ({"says": "token-missing"}, "claims image-get cross-site no-defense: token-missing, but"),
    ],
)
def test_a_claim_must_be_a_cell(change: dict[str, str], complaint: str) -> None:
    lesson = read(IMAGE)
    claims = (replace(lesson.claims[0], **change), *lesson.claims[1:])

    said = list(problems(replace(lesson, claims=claims), matrix.load()))

    assert any(complaint in sentence for sentence in said)
