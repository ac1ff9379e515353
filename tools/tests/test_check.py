"""The linter finds what it is there to find: each row spoils a copy of the catalogue in one way."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.check import ROOT, problems

ATTACK = "attacker_site/attacks/form-post"
DEFENSE = "victim_site/defenses/post_only.py"
WEAKNESS = "victim_site/weaknesses/open_redirect.py"
NEEDING = "attacker_site/attacks/redirect-307-post/attack.toml"
LESSON = "docs/lessons/02-the-image.md"
MATRIX = "catalogue/matrix.toml"
KNOWN_LABS = "victim_site/teaching/reference/known_labs.toml"
FLAWED = "victim_site/defenses/flawed/origin_suffix.py"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for folder in ("attacker_site/attacks", "victim_site/defenses", "victim_site/weaknesses"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    for name in ("catalogue", "csrf_proof"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / KNOWN_LABS).parent.mkdir(parents=True)
    shutil.copy(ROOT / KNOWN_LABS, tmp_path / KNOWN_LABS)
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
            edit(
                LESSON, "image-get cross-site samesite-lax:", "image-get cross-site samesite-lux:"
            ),
            "claims image-get cross-site samesite-lux, which is no cell of the matrix",
            id="a lesson that names a missing cell",
        ),
        pytest.param(
            edit(LESSON, "samesite-lax: cookie-lax", "samesite-lax: forged"),
            "claims image-get cross-site samesite-lax: forged, but it is cookie-lax",
            id="a lesson that says what the matrix does not",
        ),
        pytest.param(
            edit(LESSON, "minutes:", "level:"), "does not say its minutes", id="a broken lesson"
        ),
        pytest.param(
            edit(LESSON, "You are signed in to", "Here is alice. You are signed in to"),
            "the scene must be two sentences",
            id="a long scene",
        ),
        pytest.param(
            edit(LESSON, "01-get-and-post.md", "01-get.md"),
            "links to 01-get.md, which is not there",
            id="a link to no lesson",
        ),
        pytest.param(
            lambda tree: (tree / LESSON).rename(tree / "docs/lessons/14-the-image.md"),
            "number the lessons",
            id="a gap between lessons",
        ),
        pytest.param(
            edit("docs/glossary.md", "## samesite", "## same-site cookies"),
            "does not explain samesite",
            id="a term without explanation",
        ),
        pytest.param(
            edit("docs/glossary.md", "## samesite", "## fax\n\nOld.\n\n## samesite"),
            "explains fax, to which no lesson links",
            id="a term that no lesson uses",
        ),
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
            edit(f"{ATTACK}/attack.toml", '"subdomain", ', '"subdomain", "same-origin", '),
            "no row [form-post.same-origin]",
            id="row missing",
        ),
        pytest.param(
            edit(MATRIX, 'post-only = "get-refused"\n', ""),
            "does not state post-only",
            id="cell missing",
        ),
        pytest.param(
            edit(WEAKNESS, "## Mended by", "## Mending"),
            "must have the headings",
            id="weakness heading",
        ),
        pytest.param(
            edit(NEEDING, 'needs = "open-redirect"', 'needs = "open-door"'),
            "needs open-door, which is no weakness",
            id="attack that needs what is not there",
        ),
        pytest.param(
            edit(NEEDING.replace("redirect-307-post", "cors-json"), "needs =", "wants ="),
            "says wants, which nothing reads",
            id="unknown key",
        ),
        pytest.param(
            lambda tree: (tree / WEAKNESS).rename((tree / WEAKNESS).with_name("new_one.py")),
            "weaknesses/new-one is needed by no attack",
            id="weakness that nothing needs",
        ),
        pytest.param(
            edit(MATRIX, "no-defense--with-two-step =", "no-defense--with-two-left-feet ="),
            "with-two-left-feet is no defense, stack or weakness",
            id="lab of an unknown weakness",
        ),
        pytest.param(
            edit(FLAWED, "## The flaw", "## Flaws"), "must have the headings", id="flawed heading"
        ),
        pytest.param(
            edit(FLAWED, "`form-post` from `subdomain`: ", "`form-post` from below: "),
            "does not begin “Falls to”",
            id="flawed without its attack",
        ),
        pytest.param(
            edit(FLAWED, "`origin-check`: ", "An exact comparison: "),
            "does not begin “Mended by”",
            id="flawed without its mend",
        ),
        pytest.param(
            edit(FLAWED, "`form-post` from `subdomain`: ", "`form-pest` from `subdomain`: "),
            "falls to form-pest.subdomain, which is no row",
            id="flawed that falls to nothing",
        ),
        pytest.param(
            edit(FLAWED, "`form-post` from `subdomain`: ", "`form-post` from `cross-site`: "),
            "but the matrix expects it to hold",
            id="flawed that does not fall",
        ),
        pytest.param(
            edit(FLAWED, "`origin-check`: ", "`samesite-strict`: "),
            "but the matrix expects that to fall too",
            id="mend that does not hold",
        ),
        pytest.param(
            edit(FLAWED, "`origin-check`: ", "`good-will`: "),
            "mended by good-will, which is no column",
            id="mend that is not there",
        ),
        pytest.param(
            edit(MATRIX, 'origin-suffix = "forged"\norigin-prefix = "forged"\n', ""),
            "does not state origin-suffix",
            id="flawed that is not tried by a plain attack",
        ),
        pytest.param(
            edit(MATRIX, "post-only--session-token =", "post-only--session-toke ="),
            "session-toke is no defense, stack or weakness",
            id="lab of an unknown defense",
        ),
        pytest.param(
            edit(MATRIX, "post-only--session-token =", "post-only ="),
            "states post-only twice",
            id="column stated again",
        ),
        pytest.param(
            edit(MATRIX, 'everything = "cookie-strict"', 'evrything = "cookie-strict"'),
            "is it for .also?",
            id="unknown column",
        ),
        pytest.param(
            edit("catalogue/matrix-https.toml", '"cookie-lax"', '"cookie-lux"'),
            "cookie-lux is no known reason",
            id="unknown reason over https",
        ),
        pytest.param(
            edit("catalogue/matrix-https.toml", "[image-get.cross-site]", "[image-got.cross-site]"),
            "is of no such attack or position",
            id="unknown attack over https",
        ),
        pytest.param(
            edit("catalogue/matrix-https.toml", "samesite-lax = ", "samesite-lux = "),
            "samesite-lux, which is no defense or stack",
            id="unknown defense over https",
        ),
        pytest.param(
            edit("catalogue/matrix-https.toml", 'csrf-token = "forged"\n', ""),
            "states other columns",
            id="cell missing over https",
        ),
        pytest.param(
            edit("catalogue/matrix-https.toml", 'no-defense = "forged"\n', ""),
            "matrix-https.toml: form-post.insecure-subdomain has no line for its control",
            id="control missing over https",
        ),
        pytest.param(
            edit(DEFENSE, "## Sources\n", "## Sources\n\nTODO\n"),
            "has “TODO” 1 times",
            id="blank that the scaffold left",
        ),
        pytest.param(
            edit(MATRIX, '"get-refused"', '"get-lost"'),
            "no known reason",
            id="unknown reason",
        ),
        pytest.param(
            edit(MATRIX, '"get-refused"', '"n/a"'), "does not say why", id="n/a without why"
        ),
        pytest.param(
            edit(MATRIX, '{ chromium = "forged", else =', '{ chromium = "forged", firefox ='),
            "does not state every profile",
            id="profile missing",
        ),
        pytest.param(
            edit(MATRIX, "default = { firefox =", "default = { firefoxx ="),
            "which is no profile",
            id="misspelt profile",
        ),
        pytest.param(
            edit(MATRIX, 'like = "image-get"', 'like = "image-got"'),
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
        pytest.param(
            edit(KNOWN_LABS, 'lab = "token-if-present"', 'lab = "samesite-lax"'),
            "“CSRF where token validation depends on token being present”: "
            "empty-token-post.cross-site against samesite-lax (fresh) is blocked in the matrix",
            id="known lab that its attack does not solve",
        ),
        pytest.param(
            edit(KNOWN_LABS, 'attack = "empty-token-post"', 'attack = "full-token-post"'),
            "full-token-post.cross-site against token-if-present (fresh) is no cell of the matrix",
            id="known lab without a cell",
        ),
        pytest.param(
            edit(
                KNOWN_LABS,
                'lab = "csrf-token", attack = "form-post"',
                'lab = "no-defense", attack = "form-post"',
            ),
            "against no-defense (fresh) is forged in the matrix, and should be blocked",
            id="known lab that does not hold",
        ),
    ],
)
def test_a_spoiled_catalogue_is_found_out(
    tree: Path, spoil: Callable[[Path], None], complaint: str
) -> None:
    spoil(tree)
    assert any(complaint in problem for problem in problems(tree))
