"""The hosts file holds what the lessons meet, under the learner's name, and nothing by hand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from catalogue.labels import LONGEST_LABEL
from catalogue.lessons import HEADINGS
from tools import hosts
from tools.check import ROOT

SITES = ["playground.localhost", "bank.localhost", "evil.localhost"]
CHECK = "no-defense--for-check.bank.localhost"
LESSON = """---
title: {title}
minutes: 5
attack: link-get
positions: [{positions}]
lab: {lab}
fix: {fix}
claims:
  {claim}: forged
---
""" + "\n".join(f"## {heading}\n- `forged`: A.\n- `n-a`: B.\n" for heading in HEADINGS)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    page = tmp_path / "victim_site" / "teaching" / "check.py"
    page.parent.mkdir(parents=True)
    page.write_text('"""A page."""\n\nLAB = "no-defense--for-check"\n')
    (tmp_path / "docs" / "lessons").mkdir(parents=True)
    return tmp_path


def write(
    tree: Path,
    name: str,
    *,
    lab: str = "no-defense",
    fix: str = "post-only",
    positions: str = "cross-site",
    claim: str = "link-get cross-site no-defense",
) -> None:
    text = LESSON.format(title=name, lab=lab, fix=fix, positions=positions, claim=claim)
    (tree / "docs" / "lessons" / name).write_text(text)


def lessons_hosts(tree: Path, name: str = "otter42") -> set[str]:
    return {host for host in hosts.hosts(name, tree) if host not in SITES and "check" not in host}


def test_without_a_lesson_there_are_the_sites_and_the_pages_that_check_a_browser(
    tree: Path,
) -> None:
    assert hosts.hosts("me", tree) == [*SITES, CHECK, f"community.{CHECK}"]


def test_a_lesson_from_another_site_needs_its_two_labs_alone(tree: Path) -> None:
    write(tree, "01-one.md")

    assert lessons_hosts(tree) == {
        "no-defense--for-otter42.bank.localhost",
        "post-only--for-otter42.bank.localhost",
    }


def test_a_lesson_with_a_choice_of_positions_needs_the_sub_domain_of_both_labs(tree: Path) -> None:
    write(tree, "01-one.md", positions="cross-site, subdomain")

    assert lessons_hosts(tree) == {
        "no-defense--for-otter42.bank.localhost",
        "community.no-defense--for-otter42.bank.localhost",
        "post-only--for-otter42.bank.localhost",
        "community.post-only--for-otter42.bank.localhost",
    }


@pytest.mark.parametrize(
    ("position", "attackers"),
    [
        ("cross-site", set()),
        ("same-origin", set()),
        ("subdomain", {"community.origin-prefix--for-otter42.bank.localhost"}),
        ("lookalike", {"origin-prefix--for-otter42.bank.localhost.evil.localhost"}),
    ],
)
def test_a_claim_needs_its_lab_and_the_attackers_host_of_its_position(
    tree: Path, position: str, attackers: set[str]
) -> None:
    write(tree, "01-one.md")
    before = lessons_hosts(tree)
    write(tree, "01-one.md", claim=f"form-post {position} origin-prefix")

    added = lessons_hosts(tree) - before
    assert added == {"origin-prefix--for-otter42.bank.localhost", *attackers}


def test_a_host_of_two_lessons_stands_there_once(tree: Path) -> None:
    write(tree, "01-one.md")
    write(tree, "02-two.md", fix="csrf-token")

    found = hosts.hosts("me", tree)
    assert len(found) == len(set(found))
    assert "csrf-token--for-me.bank.localhost" in found


def test_what_lies_beside_the_lessons_is_no_lesson(tree: Path) -> None:
    (tree / "docs" / "lessons" / "README.md").write_text("No front matter.\n")

    assert lessons_hosts(tree) == set()


@pytest.mark.parametrize(
    ("arguments", "name"), [(["otter42"], "otter42"), ([], "me"), ([""], "me")]
)
def test_each_host_has_a_line_for_each_loopback_address_and_the_name_is_said(
    tree: Path, arguments: list[str], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tree, "01-one.md")

    assert hosts.main(arguments, tree) == 0

    lines = capsys.readouterr().out.splitlines()
    entries = [tuple(line.split(" ")) for line in lines if not line.startswith("#")]
    assert entries == [
        (address, host) for host in hosts.hosts(name, tree) for address in ("127.0.0.1", "::1")
    ]
    assert any(f"choose the name {name}." in line for line in lines if line.startswith("#"))


@pytest.mark.parametrize(
    "name", ["a" * 13, "Otter", "otter_42", "-otter", "ot--ter", "two words", "otter\n", "ötter"]
)
def test_a_bad_name_is_refused_with_one_sentence(
    tree: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert hosts.main([name], tree) == 2

    said = capsys.readouterr()
    assert said.out == ""
    assert "is not a valid name for a learner" in said.err
    assert said.err.count(". ") == 0


def test_a_name_that_makes_a_label_too_long_is_refused(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tree, "01-one.md", fix="f" * (LONGEST_LABEL - len("--for-me")))
    assert hosts.main(["me"], tree) == 0
    assert hosts.main(["her"], tree) == 2
    assert "“her” is too long" in capsys.readouterr().err


def test_every_lab_that_the_lessons_here_begin_and_end_with_is_there() -> None:
    found = set(hosts.hosts("me"))
    for file in sorted((ROOT / "docs" / "lessons").glob("*.md")):
        for lab in re.findall("^(?:lab|fix): (.+)$", file.read_text("utf-8"), re.MULTILINE):
            assert f"{lab}--for-me.bank.localhost" in found, file.name


def test_the_names_are_those_of_the_configuration(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tree, "01-one.md", positions="cross-site, subdomain", claim="form-post lookalike a")
    environment = {
        "HTTPS": "1",
        "PLAYGROUND_DOMAIN": "play.example.net",
        "BANK_DOMAIN": "bank.test",
        "EVIL_DOMAIN": "evil.example",
    }
    assert hosts.main(["me"], tree, environment) == 0

    said = capsys.readouterr().out
    found = {line.split()[1] for line in said.splitlines() if not line.startswith("#")}
    assert "localhost" not in said
    assert {"play.example.net", "bank.test", "evil.example", "a--for-me.bank.test"} <= found
    assert {"community.post-only--for-me.bank.test", "a--for-me.bank.test.evil.example"} <= found


def test_domains_that_do_not_work_are_told_in_one_sentence(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert hosts.main(["me"], tree, {"BANK_DOMAIN": "bank.test"}) == 2

    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert "set HTTPS=1" in said.err


def test_the_self_check_and_the_cookie_page_are_there() -> None:
    found = hosts.hosts("me")
    assert "no-defense--for-self-check.bank.localhost" in found
    assert "community.no-defense--for-cookies.bank.localhost" in found
    assert all(host.endswith(".localhost") for host in found)
