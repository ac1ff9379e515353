"""`make sabotage`: its parts, the copy that it starts, and one short trial of a real defense."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from catalogue import matrix
from catalogue.addresses import Domains
from e2e import sabotage
from e2e.bank import Site
from tools.copy import copy_project
from tools.run import Playground

MATRIX = """
profiles = ["chromium", "firefox"]

[image-get.cross-site]
no-defense = "forged"
post-only = "get-refused"
old-default = { fresh = "forged", old = "cookie-default" }
senseless = "n/a: It makes no sense."

[form-post.cross-site]
like = "image-get"
post-only = "forged"

[form-post.cross-site.also]
naive = "token-wrong"
naive--post-only = "token-wrong"
naive--prefix = "header-missing"
"""


def cells(folder: Path, text: str = MATRIX) -> list[matrix.Cell]:
    file = folder / "matrix.toml"
    file.write_text(text, encoding="utf-8")
    return list(matrix.load(file).cells())


def due(cells: list[matrix.Cell], defense: str) -> set[str]:
    others = [cell for cell in cells if cell.profile == sabotage.PROFILE]
    without = partial(sabotage.lab_without, defense)
    return sabotage.differing(sabotage.column(defense, cells), others, without)


@pytest.mark.parametrize(
    ("defense", "names"),
    [
        ("post-only", {"chromium/image-get/cross-site/post-only"}),
        (
            "old-default",
            {
                "chromium/image-get/cross-site/old-default/old",
                "chromium/form-post/cross-site/old-default/old",
            },
        ),
        ("senseless", set()),
        # What is left of a lab of several is compared with that lab, not with the control.
        ("prefix", {"chromium/form-post/cross-site/naive--prefix"}),
        (
            "naive",
            {
                "chromium/form-post/cross-site/naive",
                "chromium/form-post/cross-site/naive--post-only",
            },
        ),
        ("no-defense", set()),
    ],
)
def test_what_is_due_is_what_differs_from_the_control(
    tmp_path: Path, defense: str, names: set[str]
) -> None:
    assert due(cells(tmp_path), defense) == {f"{sabotage.CELL_TEST}[{name}]" for name in names}


@pytest.mark.parametrize("row", [("image-get", "cross-site"), ("form-post", "cross-site")])
def test_a_wrong_line_takes_the_place_of_a_stated_one(tmp_path: Path, row: tuple[str, str]) -> None:
    text = sabotage.with_wrong_line(MATRIX, row, "post-only", "token-missing")
    changed = [cell for cell in cells(tmp_path, text) if cell.reason == "token-missing"]
    assert {(cell.attack, cell.position) for cell in changed} == {row}


def test_a_wrong_line_needs_a_row() -> None:
    with pytest.raises(sabotage.SabotageError, match="no row"):
        sabotage.with_wrong_line(MATRIX, ("link-get", "cross-site"), "post-only", "forged")


def test_the_report_is_read_by_node_id() -> None:
    report = (
        "..F\nPASSED e2e/a.py::b[x - y]\nFAILED e2e/a.py::b[z] - AssertionError: one - two\n"
        "FAILED e2e/a.py::c\n2 failed, 1 passed in 1.00s\n"
    )
    read = sabotage.read_report(report)
    assert read == {"e2e/a.py::b[x - y]": True, "e2e/a.py::b[z]": False, "e2e/a.py::c": False}


def test_a_test_that_could_not_begin_is_not_red() -> None:
    with pytest.raises(sabotage.SabotageError, match="could not begin"):
        sabotage.read_report("ERROR e2e/a.py::b[x] - no browser\n")


@pytest.mark.parametrize(
    ("due", "red", "caught"),
    [
        ({"a", "b"}, ["b", "a"], True),
        ({"a"}, [], False),
        ({"a"}, ["a", "b"], False),
        (set(), [], False),
    ],
)
def test_caught_means_red_where_due_and_nowhere_else(
    due: set[str], red: list[str], caught: bool
) -> None:
    trial = sabotage.Trial("without it", {"a", "b", "c"}, due, red)
    assert trial.caught == caught
    assert ("NOT CAUGHT" in str(trial)) != caught


def test_every_defense_of_the_matrix_has_a_file_to_empty() -> None:
    """Stacks have none, and every file is a line of the matrix."""
    lines = {part for cell in matrix.load().cells() for part in cell.defense.split(sabotage.JOIN)}
    files = set(sabotage.defenses())
    assert files <= lines
    assert {"post-only", "origin-suffix"} <= files
    assert matrix.CONTROL not in files


def test_a_short_trial_has_cells_of_both_kinds(tmp_path: Path) -> None:
    column = sabotage.column("naive", cells(tmp_path))
    must = due(cells(tmp_path), "naive")
    chosen = {f"{sabotage.CELL_TEST}[{cell.name}]" for cell in sabotage.few(column, must)}
    assert chosen & must


# One page of each kind: whatever the sites read while they answer must be in the copy.
DOMAINS = Domains()
PAGES = {
    DOMAINS.playground: [
        "/",
        "/lessons/the-image/",
        "/matrix/",
        "/matrix/pattern/",
        "/defenses/origin-suffix/",
        "/weaknesses/open-redirect/",
        "/attacks/form-post/",
        "/labs/no-defense/",
        "/policies/",
        "/known-labs/",
        "/advisories/",
        "/static/teaching/teaching.css",
    ],
    f"no-defense--with-open-redirect.{DOMAINS.bank}": [
        "/login",
        "/go",
        "/static/weaknesses/open_redirect/go.js",
    ],
    DOMAINS.evil: ["/form-post/?lab=no-defense"],
}


def test_the_copy_has_all_that_the_sites_need(tmp_path: Path) -> None:
    root = copy_project(tmp_path / "copy")
    assert not list(root.glob("**/tests"))
    with Playground(var_dir=tmp_path / "var", root=root) as playground:
        site = Site(playground.victim_port, playground.attacker_port)
        status = {
            (host, page): site.get(host, page).status for host in PAGES for page in PAGES[host]
        }
    assert {page for page, found in status.items() if found != 200} == set()


@pytest.mark.long
def test_a_defense_that_is_taken_away_is_caught(tmp_path: Path) -> None:
    """A whole trial, with a few cells: the copy starts, and they turn red in a real browser."""
    trial = sabotage.without("post-only", tmp_path, short=True)
    assert trial.caught, str(trial)
    assert len(trial.ran) > len(trial.red)
