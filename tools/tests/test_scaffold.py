"""The scaffold: what it writes is complete in form, and the linter asks for the rest."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tools import scaffold
from tools.check import BLANK, problems
from tools.tests.test_check import tree

__all__ = ["tree"]  # The fixture.


@pytest.mark.parametrize(
    ("kind", "folder"),
    [
        ("attack", "attacker_site/attacks/my-idea"),
        ("defense", "victim_site/defenses"),
        ("flawed", "victim_site/defenses/flawed"),
    ],
)
def test_the_linter_asks_for_what_the_scaffold_leaves_open_and_for_its_cells(
    tree: Path, kind: str, folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scaffold.main([kind, "my-idea"], tree) == 0

    written = [line for line in capsys.readouterr().out.splitlines() if line.startswith(folder)]
    found = list(problems(tree))
    assert written
    assert all(any(line in p and BLANK in p for p in found) for line in written)
    assert not [problem for problem in found if "must have the headings" in problem]
    assert [p for p in found if "my-idea" in p and BLANK not in p], "it asks for more than blanks"


@pytest.mark.parametrize("kind", ["defense", "flawed"])
def test_a_new_defense_is_python(tree: Path, kind: str) -> None:
    (file,) = scaffold.defense("my-idea", tree, flawed=kind == "flawed")

    assert "MyIdea" in {n.name for n in ast.parse(file.read_text()).body if hasattr(n, "name")}


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["attack"],
        ["attack", ""],
        ["attack", "../up"],
        ["attack", "My-Idea"],
        ["attack", "a" * 64],
        ["attack", "form-post"],
        ["defense", "csrf-token"],
        ["defense", "origin-suffix"],
        ["flawed", "csrf-token"],
        ["lab", "my-idea"],
    ],
)
def test_what_cannot_be_begun_is_refused_with_a_sentence_and_writes_nothing(
    tree: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(tree.rglob("*"))

    assert scaffold.main(arguments, tree) == 2

    assert capsys.readouterr().err
    assert sorted(tree.rglob("*")) == before
