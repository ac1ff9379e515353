"""The linter of the English finds phrases that nobody would say, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import english

BAD = {
    "is no": ("The body is no JSON object.", "is no JSON"),
    "are no, at the end of a line": ("bytes that are\nno text", "are no text"),
    "in a comment of two lines": ("    # what is no\n    # preflight", "is no preflight"),
    "in a string of two lines": ('"your cookie came "\n    "along"', "came along"),
    "in an f-string of two lines": ('f"{name} comes "\n    f"along"', "comes along"),
    "upper case": ("What Came of It", "What Came of"),
    "comes along": ("A token comes along.", "comes along"),
    "kept back": ("It was kept back.", "kept back"),
    "keeps it back": ("The browser keeps your cookie back.", "keeps your cookie back"),
    "stays behind": ("The cookie stays behind.", "stays behind"),
    "mended by": ("mended by csrf-token", "mended"),
    "stands in": ("The token stands in the form.", "stands in"),
    "stands beside": ("the line that stands beside it", "stands beside"),
    "lies over": ("A frame lies over the button.", "lies over"),
    "had better": ("A GET had better not change anything.", "had better"),
    "does without": ("The form does without it.", "does without it"),
    "the own": ("the own address", "the own"),
    "shall": ("what the server shall do", "shall"),
    "falls to": ("It falls to a form.", "falls to a"),
    "takes it for": ("The bank takes it for JSON.", "takes it for"),
    "had its say": ("before any defense had its say", "had its say"),
    "by thought": ("written by thought", "by thought"),
    "for leave": ("A script must ask for leave to.", "ask for leave"),
    "are written": ("as the lessons are written", "as the lessons are written"),
    "short CSRF": ("forgery, short CSRF", "short CSRF"),
    "well seen": ("Well seen.", "Well seen"),
    "is kept": ("Your prediction is kept.", "prediction is kept"),
    "gets one": ("who has none gets one", "who has none gets one"),
    "in a comment of two lines of a script": ("// The token came\n  // along.", "came along"),
    "anew": ("It is written anew.", "anew"),
    "by way of": ("by way of a stack", "by way of"),
    "to be had": ("There was no token to be had.", "to be had"),
    "comes to the same": ("It comes to the same.", "comes to the same"),
    "nothing comes of it": ("Nothing comes of it.", "Nothing comes of"),
    "in vain": ("It was sent in vain.", "in vain"),
    "one's own": ("a page of one’s own", "one’s own"),
    "puts up with": ("The search puts up with that.", "puts up with"),
    "knows of no": ("An old page knows of no token.", "knows of no"),
    "will do": ("anybody’s will do", "anybody’s will do"),
}
GOOD = [
    "There is no token, and it is no longer sent.",
    "There\n    is no preflight.",
    "There are no more than two.",
    "There was no such lab.",
    "A link isn't a form.",
    "Put the cookie back; it keeps coming back.",
    "I recommend an amendment.",
    "One word stands in for another, and stands out.",
    "What it does without a token, and what it does without one.",
    "The balance falls to zero.",
    "Their own address, and its own.",
    "Sing along, and get along.",
    "You stay on the page.",
    "The browser knows nothing, and I know now.",
    "Put it up with the others.",
    "They came to the same conclusion.",
]


@pytest.mark.parametrize(("text", "said"), BAD.values(), ids=BAD.keys())
def test_a_bad_phrase_is_found(text: str, said: str) -> None:
    assert [hit.said for hit in english.hits(text)] == [said]


@pytest.mark.parametrize("text", GOOD)
def test_good_english_is_left_alone(text: str) -> None:
    assert list(english.hits(text)) == []


def test_a_problem_names_the_file_and_the_line_and_says_what_to_say(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "text.md").write_text("Fine.\n\nA token comes along.\n", encoding="utf-8")

    assert list(english.problems(tmp_path)) == [
        "docs/text.md:3: “comes along”: say “is sent”, “is included”"
    ]


@pytest.mark.parametrize(
    "name", ["text.png", ".hidden/text.md", "var/text.md", "tools/english.py", "env/lib/text.md"]
)
def test_what_nobody_reads_is_left_out(name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("A token comes along.", encoding="utf-8")
    if name.startswith("env"):
        (tmp_path / "env" / "pyvenv.cfg").touch()

    assert list(english.problems(tmp_path)) == []


@pytest.mark.parametrize("name", ["page.js", "page.css", "Makefile", "site/Dockerfile"])
def test_comments_are_read_in_every_language(name: str, tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / name).write_text("# A token comes along.", encoding="utf-8")

    assert [problem.partition(":")[0] for problem in english.problems(tmp_path)] == [name]


@pytest.mark.parametrize("said", ["A token comes along.", "A token is sent."])
def test_the_status_says_whether_there_is_something_to_reword(
    said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text.md").write_text(said, encoding="utf-8")
    monkeypatch.setattr(english.problems, "__defaults__", (tmp_path,))

    assert english.main() == ("comes along" in said)
    assert ("comes along" in capsys.readouterr().err) == ("comes along" in said)


def test_every_phrase_has_a_row() -> None:
    """A pattern that matches nothing would go unnoticed."""
    texts = [text for text, _ in BAD.values()]
    unproven = [p for p in english.PHRASES if not any(p.compiled.search(t) for t in texts)]
    assert unproven == []
