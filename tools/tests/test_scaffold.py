"""The scaffold: what it writes is complete in form, and the linter asks for the rest."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from tools import scaffold
from tools.check import BLANK, ROOT, problems
from tools.tests.test_check import copy_catalogue, tree

__all__ = ["tree"]  # The fixture.


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the catalogue for tests that change nothing in it."""
    return copy_catalogue(tmp_path_factory.mktemp("untouched"))


@pytest.mark.parametrize(
    ("kind", "folder"),
    [
        ("attack", "attacker_site/attacks/my-idea"),
        ("defense", "victim_site/defenses/my_idea"),
        ("flawed", "victim_site/defenses/flawed/my_idea"),
        ("weakness", "victim_site/weaknesses/my_idea"),
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
    form = ("must have the headings", "has no ", "title", "classes", "is not part of")
    where = "/".join(folder.split("/")[-2:])
    assert not [p for p in found if p.startswith(where) and any(words in p for words in form)]
    assert [p for p in found if "my-idea" in p and BLANK not in p], "it asks for more than blanks"


@pytest.mark.parametrize(
    ("kind", "file"),
    [
        ("defense", "victim_site/defenses/my_idea/defense.py"),
        ("flawed", "victim_site/defenses/flawed/my_idea/defense.py"),
        ("weakness", "victim_site/weaknesses/my_idea/weakness.py"),
    ],
)
def test_what_is_new_passes_ruff_and_imports_what_exists(tree: Path, kind: str, file: str) -> None:
    scaffold.main([kind, "my-idea"], tree)

    body = ast.parse((tree / file).read_text(encoding="utf-8")).body
    assert "MyIdea" in {node.name for node in body if isinstance(node, ast.ClassDef)}
    modules = [node.module for node in body if isinstance(node, ast.ImportFrom)]
    assert all(module and importlib.util.find_spec(module) for module in modules), modules
    for command in (["check"], ["format", "--check"]):
        subprocess.run(
            [
                sys.executable,
                "-m",
                "ruff",
                *command,
                f"--config={ROOT}/pyproject.toml",
                tree / file,
            ],
            check=True,
        )


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
        ["attack", "my-idea", "more"],
        ["defense", "csrf-token"],
        ["defense", "2-steps"],
        ["weakness", "open-redirect"],
        ["defense", "origin-suffix"],
        ["flawed", "csrf-token"],
        ["lab", "my-idea"],
    ],
)
def test_what_cannot_be_begun_is_refused_with_a_sentence_and_writes_nothing(
    untouched: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(untouched.rglob("*"))

    assert scaffold.main(arguments, untouched) == 2

    assert capsys.readouterr().err
    assert sorted(untouched.rglob("*")) == before
