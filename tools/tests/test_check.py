"""The linter finds what it is there to find: each row spoils a copy of the catalogue in one way."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.check import ROOT, problems
from tools.copy import copy_project

ATTACK = "attacker_site/attacks/form-post"
DEFENSE = "victim_site/defenses/post_only"
WEAKNESS = "victim_site/weaknesses/open_redirect"
NEEDING = "attacker_site/attacks/redirect-307-post/attack.toml"
LESSON = "docs/lessons/02-the-image.md"
GUIDE = "docs/facilitator.md"
MATRIX = "catalogue/matrix.toml"
KNOWN_LABS = "victim_site/teaching/reference/known_labs.toml"
ADVISORIES = "docs/advisories.toml"
GAPS = f"{ATTACK}/gaps.toml"
THREE_GAPS = "attacker_site/attacks/null-origin-post/gaps.toml"
FLAWED = "victim_site/defenses/flawed/origin_suffix"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return copy_catalogue(tmp_path)


def copy_catalogue(to: Path) -> Path:
    """Copy what the linter reads."""
    unread = shutil.ignore_patterns("__pycache__", "tests", "static")
    for folder in (
        "attacker_site/attacks",
        "catalogue",
        "csrf_proof",
        "docs",
        "victim_site/defenses",
        "victim_site/weaknesses",
    ):
        shutil.copytree(ROOT / folder, to / folder, ignore=unread)
    (to / KNOWN_LABS).parent.mkdir(parents=True)
    shutil.copy(ROOT / KNOWN_LABS, to / KNOWN_LABS)
    return to


def edit(file: str, old: str, new: str) -> Callable[[Path], None]:
    def spoil(tree: Path) -> None:
        text = (tree / file).read_text(encoding="utf-8")
        assert old in text
        (tree / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    return spoil


def no_lab_for_sign_ins(tree: Path) -> None:
    """Of fifty advisories, two are about a sign-in."""
    text = (tree / ADVISORIES).read_text(encoding="utf-8")
    lab = 'lab = "no-defense"\nattack = "login-post"\nposition = "cross-site"\n'
    (tree / ADVISORIES).write_text(text.replace(lab, ""), encoding="utf-8")


def keep_gaps(file: Path, count: int) -> None:
    parts = file.read_text(encoding="utf-8").split("[[gaps]]\n")
    file.write_text("[[gaps]]\n".join(parts[: count + 1]), encoding="utf-8")


def test_the_catalogue_as_it_is_has_no_problem() -> None:
    assert list(problems()) == []


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        pytest.param(
            edit(
                LESSON, "image-get cross-site samesite-lax:", "image-get cross-site samesite-lux:"
            ),
            "claims image-get cross-site samesite-lux, which isn't a cell of the matrix",
            id="a lesson that names a missing cell",
        ),
        pytest.param(
            edit(LESSON, "samesite-lax: cookie-lax", "samesite-lax: forged"),
            "claims image-get cross-site samesite-lax: forged, but it is cookie-lax",
            id="a lesson that says what the matrix does not",
        ),
        pytest.param(
            edit(GUIDE, "### 3. Is POST", "### Three. Is POST"),
            "docs/facilitator.md has no notes for lesson 3",
            id="a lesson without notes for the trainer",
        ),
        pytest.param(
            edit(GUIDE, "| | Answer |", "| | Reply |"),
            "docs/facilitator.md, lesson 1, has no row “Answer”",
            id="notes without an answer",
        ),
        pytest.param(
            edit(GUIDE, "| Why | You’ll hear |", "| How | You’ll hear |"),
            "docs/facilitator.md, lesson 1: there is no screen “How”",
            id="notes for a screen that no lesson has",
        ),
        pytest.param(
            edit(GUIDE, "| More | Only if", "| Less | Only if"),
            "must have a note for every lesson on each of The scene, Predict",
            id="a screen without a note for every lesson",
        ),
        pytest.param(
            edit(GUIDE, "| Key | What it does |", "| Key | Effect |"),
            "doesn’t say which keys the presenter view has",
            id="a guide without the keys",
        ),
        pytest.param(
            lambda tree: (tree / LESSON).with_name("12-nothing-helps.md").unlink(),
            "has notes for lesson 12, which doesn’t exist",
            id="notes for a lesson that is not there",
        ),
        pytest.param(
            edit(LESSON, "minutes:", "level:"), "does not say its minutes", id="a broken lesson"
        ),
        pytest.param(
            edit(LESSON, "You’re signed in to", "Here is alice. You are signed in to"),
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
            "form-post/notes.txt is not part of an attack",
            id="stray file",
        ),
        pytest.param(
            lambda tree: (tree / "victim_site/defenses/notes.txt").touch(),
            "defenses/notes.txt is not a defense: remove it, or move it",
            id="stray file next to defenses",
        ),
        pytest.param(
            lambda tree: (tree / DEFENSE / "notes.txt").touch(),
            "post_only/notes.txt is not part of a defense",
            id="stray file in a defense",
        ),
        pytest.param(
            lambda tree: (tree / WEAKNESS / "notes.txt").touch(),
            "open_redirect/notes.txt is not part of a weakness",
            id="stray file in a weakness",
        ),
        *(
            pytest.param(
                lambda tree, name=name: (tree / DEFENSE / name).unlink(),
                f"defenses/post_only has no {name}",
                id=f"defense without {name}",
            )
            for name in ("README.md", "defense.py", "__init__.py")
        ),
        pytest.param(
            lambda tree: (tree / WEAKNESS / "README.md").unlink(),
            "weaknesses/open_redirect has no README.md",
            id="weakness without a lesson",
        ),
        pytest.param(
            lambda tree: (tree / DEFENSE).rename((tree / DEFENSE).with_name("post-only")),
            "defenses/post-only: name the folder",
            id="folder that is not a package",
        ),
        pytest.param(
            edit(f"{DEFENSE}/defense.py", "class PostOnly(Defense):", "class PostOnly:"),
            "post_only/defense.py has 0 classes that extend Defense",
            id="defense without a class",
        ),
        pytest.param(
            edit(
                f"{DEFENSE}/defense.py",
                "class PostOnly(Defense):",
                "class Other(Defense):\n    pass\n\n\nclass PostOnly(Defense):",
            ),
            "post_only/defense.py has 2 classes that extend Defense",
            id="defense with two classes",
        ),
        pytest.param(
            edit(f"{DEFENSE}/defense.py", "class PostOnly(Defense):", "class PostOnly(Defense:"),
            "post_only/defense.py is not valid Python",
            id="defense that is not Python",
        ),
        pytest.param(
            edit(f"{DEFENSE}/README.md", "# POST only", "POST only"),
            "post_only/README.md does not begin with a title",
            id="lesson without a title",
        ),
        pytest.param(
            edit(f"{DEFENSE}/README.md", "change something.", "change something"),
            "post_only/README.md needs one plain sentence",
            id="lesson without its sentence",
        ),
        pytest.param(
            edit(f"{DEFENSE}/defense.py", '"image-get"', '"image-got"'),
            "stops names image-got, which is not an attack",
            id="stops an unknown attack",
        ),
        pytest.param(
            edit(f"{DEFENSE}/defense.py", '"image-get"', '"form-post"'),
            "stops names form-post, but the matrix expects it to be forged: chromium/form-post",
            id="stops what the matrix expects to be forged",
        ),
        pytest.param(
            edit(
                f"{DEFENSE}/defense.py",
                'does_not_stop = ("form-post"',
                'does_not_stop = ("link-get"',
            ),
            "does_not_stop names link-get, but the matrix expects it to be blocked",
            id="does not stop what the matrix expects to be blocked",
        ),
        pytest.param(
            edit(f"{FLAWED}/defense.py", '"form-post.cross-site",', '"image-get.cross-site",'),
            "stops names image-get.cross-site, but no row of it in matrix.toml states",
            id="stops what the matrix does not state",
        ),
        pytest.param(
            edit(f"{DEFENSE}/defense.py", 'stops = ("image-get"', 'stops = (names("image-get")'),
            "stops must be names in quotes, in parentheses",
            id="stops that is not data",
        ),
        pytest.param(
            edit(
                f"{DEFENSE}/defense.py", "    stops =", '    fixed_by = "csrf-token"\n    stops ='
            ),
            "only a flawed defense has bypassed_by and fixed_by",
            id="sound defense with a fix",
        ),
        pytest.param(
            lambda tree: shutil.copytree(
                tree / DEFENSE, tree / "victim_site/defenses/flawed/post_only"
            ),
            "two defenses called post-only",
            id="two defenses of one name",
        ),
        pytest.param(
            lambda tree: (tree / ATTACK / "README.md").unlink(),
            "attacks/form-post: README.md is missing",
            id="file missing",
        ),
        pytest.param(
            lambda tree: (tree / "attacker_site/attacks/Form_Post").mkdir(),
            "attacks/Form_Post: a folder's name is",
            id="folder that isn't a slug",
        ),
        pytest.param(
            edit(f"{ATTACK}/README.md", "## What stops it", "## Remedies"),
            "must have the headings",
            id="heading missing",
        ),
        pytest.param(
            edit(f"{ATTACK}/attack.toml", 'title = "', 'title = "Beats csrf-token: '),
            "names the defense csrf-token",
            id="attack that knows a defense",
        ),
        pytest.param(
            edit(f"{DEFENSE}/README.md", "## Sources", "## Source"),
            "must have the headings",
            id="defense heading",
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
            edit(f"{WEAKNESS}/README.md", "## Fixed by", "## Fixes"),
            "must have the headings",
            id="weakness heading",
        ),
        pytest.param(
            edit(NEEDING, 'needs = "open-redirect"', 'needs = "open-door"'),
            "needs open-door, which is not a weakness",
            id="attack that needs what is not there",
        ),
        pytest.param(
            edit(NEEDING.replace("redirect-307-post", "cors-json"), "needs =", "wants ="),
            "wants isn't a key of an attack",
            id="unknown key",
        ),
        pytest.param(
            lambda tree: (tree / WEAKNESS).rename((tree / WEAKNESS).with_name("new_one")),
            "weaknesses/new-one: no attack needs it",
            id="weakness that nothing needs",
        ),
        pytest.param(
            edit(MATRIX, "no-defense--with-two-step =", "no-defense--with-two-left-feet ="),
            "with-two-left-feet is not a defense, stack or weakness",
            id="lab of an unknown weakness",
        ),
        pytest.param(
            edit(f"{FLAWED}/README.md", "## The flaw", "## Flaws"),
            "must have the headings",
            id="flawed heading",
        ),
        pytest.param(
            edit(f"{FLAWED}/defense.py", "    bypassed_by =", "    comes_from ="),
            "does not say bypassed_by: add a line such as",
            id="flawed without its attack",
        ),
        pytest.param(
            edit(f"{FLAWED}/defense.py", "    fixed_by =", "    see_also ="),
            "does not say fixed_by: add a line such as",
            id="flawed without its fix",
        ),
        pytest.param(
            edit(f"{FLAWED}/README.md", "`form-post` from", "The form from"),
            "bypassed_by is form-post.subdomain; explain that under “Bypassed by”",
            id="flawed whose lesson is about another attack",
        ),
        pytest.param(
            edit(f"{FLAWED}/defense.py", '"form-post.subdomain"', '"form-pest.subdomain"'),
            "bypassed_by is form-pest.subdomain, which is not a row",
            id="flawed that is bypassed by nothing",
        ),
        pytest.param(
            edit(f"{FLAWED}/defense.py", '"form-post.subdomain"', '"form-post"'),
            "bypassed_by is form-post, which is not a row",
            id="flawed that is bypassed from nowhere",
        ),
        pytest.param(
            edit(f"{FLAWED}/defense.py", '"form-post.subdomain"', '"form-post.cross-site"'),
            "is bypassed by form-post.cross-site, but the matrix expects that to be blocked",
            id="flawed that is not bypassed",
        ),
        pytest.param(
            edit(f"{FLAWED}/defense.py", '"origin-check"', '"samesite-strict"'),
            "is fixed by samesite-strict, but in the matrix form-post.subdomain bypasses that too",
            id="fix that does not hold",
        ),
        pytest.param(
            edit(f"{FLAWED}/defense.py", '"origin-check"', '"good-will"'),
            "is fixed by good-will, which is not a sound defense",
            id="fix that is not there",
        ),
        pytest.param(
            edit(MATRIX, 'origin-suffix = "forged"\norigin-prefix = "forged"\n', ""),
            "does not state origin-suffix",
            id="flawed that is not tried by a plain attack",
        ),
        pytest.param(
            edit(MATRIX, "post-only--session-token =", "post-only--session-toke ="),
            "session-toke is not a defense, stack or weakness",
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
            "cookie-lux is not a known reason",
            id="unknown reason over https",
        ),
        pytest.param(
            edit("catalogue/matrix-https.toml", "[image-get.cross-site]", "[image-got.cross-site]"),
            "there is no such attack or position",
            id="unknown attack over https",
        ),
        pytest.param(
            edit("catalogue/matrix-https.toml", "samesite-lax = ", "samesite-lux = "),
            "samesite-lux, which is not a defense or stack",
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
            edit(f"{DEFENSE}/README.md", "## Sources\n", "## Sources\n\nTODO\n"),
            "has “TODO” 1 times",
            id="blank that the scaffold left",
        ),
        pytest.param(
            edit(MATRIX, '"get-refused"', '"get-lost"'),
            "is not a known reason",
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
            "which isn't a profile",
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
            "which is not a defense",
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
            "full-token-post.cross-site against token-if-present (fresh) is not a cell",
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
        pytest.param(
            edit(ADVISORIES, 'lab = "browser-default"', 'lab = "samesite-lax"'),
            "CVE-2021-34637 names form-post.cross-site against samesite-lax, which isn't forged",
            id="an advisory whose lab stops its attack",
        ),
        pytest.param(
            edit(ADVISORIES, 'attack = "form-post"', 'attack = "form-pots"'),
            "CVE-2021-34637 names form-pots.cross-site against browser-default, which isn't forged",
            id="an advisory with an attack that isn't there",
        ),
        pytest.param(
            edit(ADVISORIES, 'position = "cross-site"\n', ""),
            "CVE-2021-34637 needs a lab, an attack and a position, or none of them.",
            id="an advisory without a position",
        ),
        pytest.param(
            edit(ADVISORIES, 'kind = "get"', 'kind = "got"'),
            "CVE-2021-3729 is of the kind got, which [kinds] doesn't have.",
            id="an advisory of an unknown kind",
        ),
        pytest.param(
            edit(ADVISORIES, 'id = "CVE-2021-3729"', 'id = "CVE-2021-34637"'),
            "advisories.toml: CVE-2021-34637 is there twice.",
            id="an advisory that's there twice",
        ),
        pytest.param(
            edit(ADVISORIES, "year = 2021", "year = 2020"),
            "advisories.toml: CVE-2021-34637 is not a CVE of 2020.",
            id="an advisory of another year",
        ),
        pytest.param(
            no_lab_for_sign_ins,
            "advisories.toml: 47 of 50 have a lab, fewer than 95%.",
            id="too many advisories without a lab",
        ),
        pytest.param(
            edit(ADVISORIES, "product =", "produkt ="),
            "advisories.toml: advisory.0.product: Field required.",
            id="an advisory with a misspelled key",
        ),
        pytest.param(
            lambda tree: (tree / ADVISORIES).unlink(),
            "advisories.toml: No such file or directory.",
            id="no advisories",
        ),
        pytest.param(
            edit(GAPS, "text = 'method=\"get\"'", "text = 'method=\"put\"'"),
            'attacks/form-post/gaps.toml: “method="post"” must be one of its own choices',
            id="an exercise that offers the same twice",
        ),
        pytest.param(
            lambda tree: (tree / GAPS).unlink(),
            "attacks/form-post/gaps.toml is missing",
            id="a lesson without its exercise",
        ),
        pytest.param(
            lambda tree: shutil.copy(tree / GAPS, tree / "attacker_site/attacks/upload-post"),
            "attacks/upload-post/gaps.toml",
            id="an exercise that no lesson has",
        ),
        pytest.param(
            lambda tree: keep_gaps(tree / THREE_GAPS, 2),
            "attacks/null-origin-post/gaps.toml has fewer gaps than a lesson needs, which is 3",
            id="an exercise with too few gaps",
        ),
    ],
)
def test_a_spoiled_catalogue_is_found_out(
    tree: Path, spoil: Callable[[Path], None], complaint: str
) -> None:
    spoil(tree)
    assert any(complaint in problem for problem in problems(tree))


# Prints the pages that are about flawed defenses, as the teaching side shows them.
PAGES = """
import django
django.setup()
from django.test import Client
client = Client(headers={"host": "playground.localhost"})
for page in ("/matrix/", "/defenses/", "/defenses/origin-suffix/"):
    answer = client.get(page)
    print(answer.status_code, answer.content.decode().count("/attacks/redirect-307-post/"))
"""


def test_a_flaw_may_be_bypassed_by_an_attack_with_digits_that_needs_a_weakness(
    tmp_path: Path,
) -> None:
    """The linter and the pages must agree about it: redirect-307-post is both."""
    tree = copy_project(tmp_path / "copy")
    bypass = "redirect-307-post.cross-site"
    edit(f"{FLAWED}/defense.py", '"form-post.subdomain"', f'"{bypass}"')(tree)
    edit(f"{FLAWED}/README.md", "`form-post` from", "`redirect-307-post` from")(tree)

    assert list(problems(tree)) == [
        f"matrix.toml: [{bypass}.also] does not state origin-suffix--with-open-redirect."
    ]

    line = 'origin-suffix--with-open-redirect = "forged"'
    with (tree / MATRIX).open("a", encoding="utf-8") as file:
        file.write(f"\n[{bypass}.also]\n{line}\n")

    assert list(problems(tree)) == []
    names = {"DJANGO_SETTINGS_MODULE": "victim_site.config.settings", "VAR_DIR": str(tmp_path)}
    shown = subprocess.run(
        [sys.executable, "-c", PAGES],
        cwd=tree,
        env=os.environ | names,
        capture_output=True,
        text=True,
        check=True,
    )
    pages = [line.split() for line in shown.stdout.splitlines()]
    assert [status for status, _ in pages] == ["200"] * 3
    assert all(int(links) >= 1 for _, links in pages)
