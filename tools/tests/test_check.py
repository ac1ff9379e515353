"""The linter finds what it is there to find: each row spoils a copy of the catalogue in one way."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.check import ROOT, problems

ATTACK = "attacker_site/attacks/form-post"
DEFENSE = "victim_site/defenses/post_only.py"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for folder in ("attacker_site/attacks", "victim_site/defenses"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copy(ROOT / "matrix.toml", tmp_path)
    return tmp_path


def edit(file: str, old: str, new: str) -> Callable[[Path], None]:
    def spoil(tree: Path) -> None:
        text = (tree / file).read_text(encoding="utf-8")
        assert old in text
        (tree / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    return spoil


def test_the_catalogue_as_it_is_has_no_problem() -> None:
    assert list(problems()) == []


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        pytest.param(
            lambda tree: (tree / ATTACK / "notes.txt").touch(),
            "belongs to no attack",
            id="stray file",
        ),
        pytest.param(
            lambda tree: (tree / "victim_site/defenses/notes.txt").touch(),
            "is no defense",
            id="stray file beside defenses",
        ),
        pytest.param(
            lambda tree: (tree / ATTACK / "README.md").unlink(),
            "has no README.md",
            id="file missing",
        ),
        pytest.param(
            lambda tree: (tree / "attacker_site/attacks/Form_Post").mkdir(),
            "slug for a name",
            id="folder that is no slug",
        ),
        pytest.param(
            edit(f"{ATTACK}/README.md", "## What stops it", "## Remedies"),
            "must have the headings",
            id="heading missing",
        ),
        pytest.param(
            edit(f"{ATTACK}/attack.toml", "title =", 'beats = "csrf-token"\ntitle ='),
            "names the defense csrf-token",
            id="attack that knows a defense",
        ),
        pytest.param(
            edit(DEFENSE, "## Sources", "## Source"), "must have the headings", id="defense heading"
        ),
        pytest.param(
            edit(f"{ATTACK}/attack.toml", '"subdomain"]', '"subdomain", "same-origin"]'),
            "no row [form-post.same-origin]",
            id="row missing",
        ),
        pytest.param(
            edit("matrix.toml", 'post-only = "get-refused"\n', ""),
            "does not state post-only",
            id="cell missing",
        ),
        pytest.param(
            edit("matrix.toml", '"get-refused"', '"get-lost"'),
            "no known reason",
            id="unknown reason",
        ),
        pytest.param(
            edit("matrix.toml", '"get-refused"', '"n/a"'), "does not say why", id="n/a without why"
        ),
        pytest.param(
            edit(
                "matrix.toml", '{ chromium = "forged", else =', '{ chromium = "forged", firefox ='
            ),
            "does not state every profile",
            id="profile missing",
        ),
        pytest.param(
            edit("matrix.toml", "default = { firefox =", "default = { firefoxx ="),
            "which is no profile",
            id="misspelt profile",
        ),
        pytest.param(
            edit("matrix.toml", 'like = "image-get"', 'like = "image-got"'),
            "which has no row",
            id="like nothing",
        ),
        pytest.param(
            edit(
                "victim_site/defenses/stacks.toml",
                '["post-only", "csrf-token"]',
                '["post-only", "csrf-toke"]',
            ),
            "which is no defense",
            id="stack of nothing",
        ),
    ],
)
def test_a_spoiled_catalogue_is_found_out(
    tree: Path, spoil: Callable[[Path], None], complaint: str
) -> None:
    spoil(tree)
    assert any(complaint in problem for problem in problems(tree))
