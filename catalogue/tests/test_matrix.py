"""The reader of `matrix.toml`: how a line becomes cells, and what it refuses to read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from catalogue import matrix
from catalogue.matrix import Cell, Matrix, MatrixError

Load = Callable[[str], Matrix]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """A function that reads a matrix of two profiles from text."""

    def read(text: str) -> Matrix:
        file = tmp_path / "matrix.toml"
        file.write_text('profiles = ["chromium", "firefox"]\n' + text, encoding="utf-8")
        return matrix.load(file)

    return read


def cell(found: Matrix, name: str) -> Cell:
    """Return the cell of that name, of which there must be one."""
    (only,) = [cell for cell in found.cells() if cell.name == name]
    return only


ROW = """
[post.cross-site]
no-defense = "forged"
"""
# A line of a row whose control is forged, and the outcome, reason, verdict and note in chromium.
LINES = {
    "forged": ('"forged"', ("forged", None, None, "")),
    "a server's reason": (
        '"token-missing"',
        ("blocked", "token-missing", "token-missing", ""),
    ),
    "a browser's reason": ('"cookie-lax"', ("blocked", "cookie-lax", None, "")),
    "not applicable": (
        '"n/a: Nothing is sent: see there."',
        ("n/a", None, None, "Nothing is sent: see there."),
    ),
    "with a note": (
        '"token-missing: Expected forged; the browser does otherwise."',
        (
            "blocked",
            "token-missing",
            "token-missing",
            "Expected forged; the browser does otherwise.",
        ),
    ),
    "forged with a note": (
        '"forged: Expected token-missing: this one forgets."',
        ("forged", None, None, "Expected token-missing: this one forgets."),
    ),
    "by profile": (
        '{ chromium = "cookie-lax", else = "forged" }',
        ("blocked", "cookie-lax", None, ""),
    ),
    "else": ('{ firefox = "cookie-lax", else = "forged" }', ("forged", None, None, "")),
    "by age": ('{ fresh = "forged", old = "cookie-default" }', ("forged", None, None, "")),
    "by profile and age": (
        '{ firefox = "forged", else = { fresh = "cookie-default", old = "forged" } }',
        ("blocked", "cookie-default", None, ""),
    ),
}


@pytest.mark.parametrize(("line", "expected"), LINES.values(), ids=LINES)
def test_a_line_becomes_a_cell(
    load: Load, line: str, expected: tuple[str, str | None, str | None, str]
) -> None:
    found = cell(load(f"{ROW}defense = {line}"), "chromium/post/cross-site/defense")

    assert (found.outcome, found.reason, found.verdict, found.note) == expected


FIRST = """
[image.cross-site]
no-defense = { chromium = "forged", else = "cookie-third-party" }
"""
BROWSER_FIRST = {
    "forged": (
        '"forged"',
        ("blocked", "cookie-third-party", None, "The browser was first."),
    ),
    "a server's reason": (
        '"get-refused"',
        (
            "blocked",
            "cookie-third-party",
            "get-refused",
            "The browser was first; the defense itself says get-refused.",
        ),
    ),
    "a cookie rule of its own": ('"cookie-strict"', ("blocked", "cookie-strict", None, "")),
    "not applicable": ('"n/a: No."', ("n/a", None, None, "No.")),
}


@pytest.mark.parametrize(("line", "expected"), BROWSER_FIRST.values(), ids=BROWSER_FIRST)
def test_where_the_control_is_not_forged_the_browser_was_first(
    load: Load, line: str, expected: tuple[str, str | None, str | None, str]
) -> None:
    found = cell(load(f"{FIRST}defense = {line}"), "firefox/image/cross-site/defense")

    assert (found.outcome, found.reason, found.verdict, found.note) == expected


def test_why_nothing_is_sent_is_said_once_and_goes_for_the_row(load: Load) -> None:
    text = '[rule.cross-site]\nno-defense = "not-sent: It has cookies."\ndefense = "forged"\n'
    found = load(text)

    for lab in ("no-defense", "defense"):
        assert cell(found, f"chromium/rule/cross-site/{lab}").note == "It has cookies."


@pytest.mark.parametrize("line", ["forged", "get-refused", "cookie-lax"])
def test_where_the_control_is_not_sent_nothing_is(load: Load, line: str) -> None:
    text = '[ping.cross-site]\nno-defense = { firefox = "not-sent", else = "forged" }\n'
    found = cell(load(f'{text}defense = "{line}"'), "firefox/ping/cross-site/defense")

    assert (found.outcome, found.reason, found.verdict) == ("blocked", "not-sent", None)
    assert found.note == "This browser makes no such request."


NOT_KEPT = {
    "forged": ("blocked", "cookie-not-kept", None),
    "cookie-not-kept": ("blocked", "cookie-not-kept", None),
    "token-missing": ("blocked", "token-missing", "token-missing"),
}


@pytest.mark.parametrize(("line", "expected"), NOT_KEPT.items())
def test_a_cookie_that_is_not_kept_comes_after_the_bank_has_judged(
    load: Load, line: str, expected: tuple[str, str, str | None]
) -> None:
    text = '[sign-in.cross-site]\nno-defense = { firefox = "cookie-not-kept", else = "forged" }\n'
    found = cell(load(f'{text}defense = "{line}"'), "firefox/sign-in/cross-site/defense")

    assert (found.outcome, found.reason, found.verdict) == expected
    assert not found.browser_first


def test_in_another_profile_it_was_not(load: Load) -> None:
    found = load(f'{FIRST}defense = "get-refused"')

    assert cell(found, "chromium/image/cross-site/defense").reason == "get-refused"


def test_the_control_itself_shows_the_reason_of_the_browser(load: Load) -> None:
    found = cell(load(FIRST), "firefox/image/cross-site/no-defense")

    assert (found.outcome, found.reason, found.note) == (
        "blocked",
        "cookie-third-party",
        "The browser was first.",
    )


def test_a_line_without_an_age_is_one_cell_and_one_with_ages_two(load: Load) -> None:
    found = load(f'{ROW}x = {{ fresh = "forged", old = "cookie-default" }}')

    names = [cell.name for cell in found.cells() if cell.profile == "chromium"]
    assert names == [
        "chromium/post/cross-site/no-defense",
        "chromium/post/cross-site/x",
        "chromium/post/cross-site/x/old",
    ]


def test_like_takes_over_what_the_row_does_not_state_itself(load: Load) -> None:
    found = load(
        ROW + 'a = "cookie-lax"\nb = "token-missing"\n'
        '[fetch.cross-site]\nlike = "post"\nb = "forged"\n'
    )

    lines = {c.defense: c.reason for c in found.cells() if c.name.startswith("firefox/fetch")}
    assert lines == {"no-defense": None, "a": "cookie-lax", "b": None}


def test_like_may_name_another_position(load: Load) -> None:
    found = load(ROW + 'x = "forged"\n[post.lookalike]\nlike = "post.cross-site"\n')

    assert found.rows["post", "lookalike"] == found.rows["post", "cross-site"]


ALSO = '[post.cross-site.also]\nflawed = "token-wrong"\n'


def test_a_label_that_only_one_row_states_is_a_cell(load: Load) -> None:
    found = load(ROW + ALSO)

    assert cell(found, "chromium/post/cross-site/flawed").reason == "token-wrong"
    assert (found.columns, found.labels) == (["no-defense"], ["no-defense", "flawed"])


def test_like_does_not_take_over_what_only_one_row_states(load: Load) -> None:
    found = load(ROW + ALSO + '[fetch.cross-site]\nlike = "post"\n')

    assert found.also["fetch", "cross-site"] == {}


def test_like_may_be_a_chain(load: Load) -> None:
    found = load(ROW + '[a.cross-site]\nlike = "b"\n[b.cross-site]\nlike = "post"\nx = "forged"\n')

    assert list(found.rows["a", "cross-site"]) == ["no-defense", "x"]


def test_like_leaves_the_other_row_as_it_is(load: Load) -> None:
    found = load(ROW + '[a.cross-site]\nlike = "post"\nx = "forged"\n')

    assert list(found.rows["post", "cross-site"]) == ["no-defense"]


REFUSED = {
    "a row without its control": ('[a.cross-site]\nx = "forged"\n', "a.cross-site has no line"),
    "like a row that is not there": (
        '[a.cross-site]\nlike = "b"\n',
        "a.cross-site is like b.cross-site, which has no row",
    ),
    "like a row of another position": (
        ROW + '[a.subdomain]\nlike = "post"\n',
        "a.subdomain is like post.subdomain, which has no row",
    ),
    "like itself": ('[a.cross-site]\nlike = "a"\n', "a.cross-site is like itself"),
    "like each other": (
        '[a.cross-site]\nlike = "b"\n[b.cross-site]\nlike = "a"\n',
        "is like itself",
    ),
}


@pytest.mark.parametrize(("text", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_resolved_is_refused_by_name(load: Load, text: str, sentence: str) -> None:
    with pytest.raises(MatrixError, match=sentence):
        load(text)


# --- The file itself ------------------------------------------------------------------------------

CELLS = list(matrix.load().cells())


def test_no_two_cells_have_one_name() -> None:
    assert len({cell.name for cell in CELLS}) == len(CELLS)


def test_every_row_has_every_column_in_every_profile() -> None:
    found = matrix.load()
    fresh = {(c.profile, c.attack, c.position, c.defense) for c in CELLS if c.cookie_age == "fresh"}

    also = {
        (profile, *row, label)
        for profile in found.profiles
        for row, lines in found.also.items()
        for label in lines
    }
    expected = also | {
        (profile, attack, position, found.lab(attack, column))
        for profile in found.profiles
        for attack, position in found.rows
        for column in found.columns
    }
    assert fresh == expected


# What no browser sends from there, and some from elsewhere.
SENT_ONLY_FROM_ELSEWHERE = {("speculation-get", "cross-site")}


def test_every_row_is_forged_without_a_defense_in_some_profile() -> None:
    found = matrix.load()
    forged = {
        (c.attack, c.position)
        for c in CELLS
        if (c.defense, c.outcome) == (found.lab(c.attack, "no-defense"), "forged")
    }

    assert forged == set(found.rows) - SENT_ONLY_FROM_ELSEWHERE
    assert {attack for attack, _ in SENT_ONLY_FROM_ELSEWHERE} <= {attack for attack, _ in forged}
    silent = [c for c in CELLS if (c.attack, c.position) in SENT_ONLY_FROM_ELSEWHERE]
    assert {c.reason for c in silent} == {"not-sent"}


def test_outcome_and_reason_go_together() -> None:
    wrong = [
        cell.name for cell in CELLS if (cell.outcome == "blocked") != (cell.reason is not None)
    ]

    assert wrong == []


REFUTED_ROW = """
[post.cross-site]
no-defense = "forged"
referer-check = { firefox = "referer-mismatch", else = "referer-missing" }

[post.cross-site.refuted]
"""


def test_what_a_browser_refuted_is_kept_and_changes_no_cell(load: Load) -> None:
    text = REFUTED_ROW + 'referer-check = { firefox = "referer-missing" }\n'

    (one,) = load(text).refuted

    assert (one.defense, one.profile, one.expected) == (
        "referer-check",
        "firefox",
        "referer-missing",
    )
    assert list(load(text).cells()) == list(load(REFUTED_ROW).cells())


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('referer = { firefox = "referer-missing" }', "referer is not a line of the row"),
        ('referer-check = { safari = "referer-missing" }', "safari, which is not a profile"),
        ('referer-check = { firefox = "referer-mismatch" }', "still expects it"),
    ],
)
def test_a_refuted_expectation_must_be_one(load: Load, line: str, sentence: str) -> None:
    with pytest.raises(MatrixError, match=sentence):
        load(REFUTED_ROW + line)
