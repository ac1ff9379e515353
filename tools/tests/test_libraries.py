"""The libraries' applications, their results, and the page that shows them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from csrf_proof.application.tries import NOT_JUDGED, all_tries
from csrf_proof.profile_names import PROFILES
from csrf_proof.trial import FORGED
from tools import libraries, libraries_page
from tools.libraries_page import FOLDER, Library

EVERY = libraries_page.libraries()
RESULTS = libraries_page.results()
TRIED = [each for each in EVERY if each.name in RESULTS]


def row(attack: str, position: str, profile: str, outcome: str, **more: str) -> dict[str, str]:
    said = {"attack": attack, "position": position, "profile": profile, "outcome": outcome}
    return {**said, **more}


FOUND = {
    "version": "1.0",
    "date": "2026-11-29",
    "results": [
        *(
            row(attack, position, profile, "forged")
            for attack in ("form-post", "null-origin-post")
            for position in ("cross-site", "subdomain")
            for profile in PROFILES
        ),
        row("fetch-post", "subdomain", "firefox", "forged"),
        row("fetch-post", "cross-site", "firefox", "blocked", stopped_by="browser"),
        row("fetch-post", "cross-site", "chromium", "blocked", stopped_by="both"),
        row("form-get", "cross-site", "chromium", "blocked", stopped_by="application"),
        row("text-plain-json", "cross-site", "chromium", "not-applicable", note="No JSON."),
        row("image-get", "cross-site", "firefox", "not-judged", note="It's down."),
    ],
}


@pytest.fixture
def one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A page about one library, which is open."""
    about, results = tmp_path / "libraries.toml", tmp_path / "results.json"
    about.write_text('[opened]\ntitle = "Opened"\ndoes = "Nothing."\nforged = "It says so."\n')
    results.write_text(libraries.as_text({"opened": FOUND}), "utf-8")
    (tmp_path / "opened").mkdir()
    (tmp_path / "opened" / "requirements.txt").write_text("opened==1.0\n")
    names = {"FOLDER": tmp_path, "ABOUT": about, "RESULTS": results, "FILE": tmp_path / "page.md"}
    for name, value in names.items():
        monkeypatch.setattr(libraries_page, name, value)
    return tmp_path


def test_a_library_has_an_application_or_a_reason_why_not() -> None:
    folders = {path.name for path in FOLDER.iterdir() if path.is_dir()} - {"__pycache__"}
    assert folders == {each.name for each in EVERY if each.runs}
    assert all(each.does and each.setup for each in EVERY if each.runs)
    assert all(each.tried for each in EVERY if not each.runs)


@pytest.mark.parametrize("library", [e for e in EVERY if e.runs], ids=lambda each: each.name)
def test_an_application_requires_one_version_of_all_and_its_library_first(
    library: Library,
) -> None:
    lines = library.requirements.read_text("utf-8").splitlines()
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in lines)
    assert lines[0].partition("==")[0].lower().replace("_", "-") == library.name
    assert (library.folder / "app.py").exists()


def test_results_are_kept_of_what_may_be_told_alone() -> None:
    assert set(RESULTS) <= {each.name for each in EVERY if each.tells}
    assert TRIED


@pytest.mark.parametrize("library", TRIED, ids=lambda each: each.name)
def test_every_attack_was_tried_once_with_the_required_version(library: Library) -> None:
    found = RESULTS[library.name]
    assert found["version"] == library.version, f"make libraries K={library.name}"
    tried = [(e["attack"], e["position"], e["profile"]) for e in found["results"]]
    every = [each for each in all_tries(PROFILES) if each.attack not in libraries.LEFT_OUT]
    assert tried == [(e.attack, e.position, e.profile) for e in every]
    outcomes = [each["outcome"] for each in found["results"]]
    assert NOT_JUDGED not in outcomes
    assert (FORGED in outcomes) == bool(library.forged), "what gets through is explained"


def test_the_page_counts_and_groups_what_came(one: Path) -> None:
    text = libraries_page.page()
    assert "**Of 1 that were tried, 0 let nothing through.**" in text
    assert "| Opened | 1.0 | 17 | 2 | 1 | **13** | 1 | 1 |" in text
    assert "- Blocked by the application: 2 attacks, 1 of them also by the browser.\n" in text
    assert "- Blocked by the browser alone: 1 attack.\n    - from another site, in Firefox:" in text
    assert (
        "- Forged: 13 attacks. It says so.\n"
        "    - from another site and from a subdomain, in all three browsers: "
        "`form-post`, `null-origin-post`\n"
        "    - from a subdomain, in Firefox: `fetch-post`\n"
    ) in text
    assert "- Not applicable: 1 attack. No JSON.\n" in text
    assert "- Not judged: 1 attack. It's down.\n" in text


def test_the_page_says_nothing_of_what_is_withheld(one: Path) -> None:
    about = one / "libraries.toml"
    about.write_text(about.read_text() + "withheld = true\n")
    text = libraries_page.page()
    assert "| Opened | 1.0 | withheld |" in text
    assert "form-post" not in text


def test_the_page_says_what_was_not_tried_yet(one: Path) -> None:
    (one / "results.json").write_text("{}")
    text = libraries_page.page()
    assert "| Opened | 1.0 | not yet |" in text
    assert "wasn't attacked yet" in text


def test_a_page_that_is_older_than_its_results_is_noticed(
    one: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["libraries_page"])
    assert libraries_page.main() == 0
    monkeypatch.setattr("sys.argv", ["libraries_page", "--check"])
    assert libraries_page.main() == 0
    results = json.loads((one / "results.json").read_text())
    results["opened"]["results"].pop()
    (one / "results.json").write_text(libraries.as_text(results))
    assert libraries_page.main() == 1


def test_one_attack_is_tried_and_the_others_results_are_kept(
    one: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(libraries, "RESULTS", one / "results.json")
    (library,) = libraries_page.libraries()
    before = json.loads((one / "results.json").read_text())["opened"]["results"]
    tried = [row("form-get", "cross-site", "chromium", "forged")]

    libraries.keep(
        library, [*tried, row("form-post", "lookalike", "firefox", "forged")], "form-get"
    )

    after = json.loads((one / "results.json").read_text())["opened"]["results"]
    assert [e for e in after if e["attack"] == "form-get"] == tried
    kept = [e for e in after if e["attack"] != "form-get"]
    others = [e for e in before if e["attack"] != "form-get"]
    assert sorted(kept, key=str) == sorted(others, key=str)


def test_the_file_of_results_has_a_line_for_each_try() -> None:
    found: dict[str, Any] = {"b": FOUND, "a": FOUND}
    text = libraries.as_text(found)
    assert json.loads(text) == found
    assert sum('"attack"' in line for line in text.splitlines()) == 2 * len(FOUND["results"])


def test_a_part_of_a_name_picks_libraries(capsys: pytest.CaptureFixture[str]) -> None:
    assert libraries.main(["tornado", "--list"]) == 0
    assert re.fullmatch(r"Tornado [\d.]+\n", capsys.readouterr().out)
    assert libraries.main(["no-such-library", "--list"]) == 2
