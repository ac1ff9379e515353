"""What the workflows, pre-commit and the package's metadata name is really there.

Nothing here needs a network.
"""

from __future__ import annotations

import importlib.util
import itertools
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.run import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def jobs(workflow: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(workflow.read_text())["jobs"]
    return found


def steps() -> Iterator[dict[str, Any]]:
    for workflow in WORKFLOWS:
        for job in jobs(workflow).values():
            yield from job.get("steps", [])


def commands() -> list[str]:
    return [line for step in steps() for line in step.get("run", "").splitlines()]


def test_there_are_workflows_with_commands() -> None:
    assert [workflow.name for workflow in WORKFLOWS] == ["check.yml", "release.yml"]
    assert "make check" in commands()


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_each_action_is_pinned_by_commit_and_says_its_version(workflow: Path) -> None:
    lines = re.findall(r"\buses: *(.+)", workflow.read_text())
    assert lines
    for line in lines:
        if line.startswith("./"):
            assert (ROOT / line).is_file(), line
        else:
            assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+(\.\d+)*", line), line


def test_an_action_has_the_same_pin_everywhere() -> None:
    pins = {
        line for workflow in WORKFLOWS for line in re.findall("uses: (.+@.+)", workflow.read_text())
    }
    names = [pin.partition("@")[0] for pin in pins]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_a_job_has_few_rights_and_an_end(workflow: Path) -> None:
    assert yaml.safe_load(workflow.read_text())["permissions"] == {}
    for name, job in jobs(workflow).items():
        assert "permissions" in job, name
        assert "uses" in job or job["timeout-minutes"] <= 60, name
        for step in job.get("steps", []):
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False, name


def test_each_make_target_in_a_workflow_exists() -> None:
    targets = re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE)
    named = [target for line in commands() for target in re.findall(r"\bmake ([a-z-]+)", line)]
    assert named
    assert set(named) <= set(targets)


def test_each_file_and_module_in_a_workflow_exists() -> None:
    modules, files = [], []
    for line in commands():
        words = shlex.split(line)
        modules += [after for word, after in itertools.pairwise(words) if word == "-m"]
        files += [word for word in words if re.fullmatch(r"[\w/.-]+\.(py|txt|toml)", word)]
        if "pytest" in words:
            # What comes right after it: a folder or a file.
            files.append(words[words.index("pytest") + 1])
    assert "pytest" in modules
    assert "requirements/dev.txt" in files
    for module in modules:
        assert importlib.util.find_spec(module), module
    for file in files:
        assert (ROOT / file).exists(), file


def test_each_image_has_its_dockerfile() -> None:
    images = jobs(ROOT / ".github" / "workflows" / "release.yml")["images"]
    sites = images["strategy"]["matrix"]["site"]
    (file,) = (step["with"]["file"] for step in images["steps"] if "file" in step.get("with", {}))
    for site in sites:
        assert (ROOT / file.replace("${{ matrix.site }}", site)).is_file()
    assert len(sites) == len(list(ROOT.glob("*_site/Dockerfile")))


def test_pre_commit_runs_what_make_check_runs() -> None:
    (local,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert local["repo"] == "local"
    check = MAKEFILE.replace("$(VENV)", ".venv").replace("$(RUN)", ".venv/bin/python")
    for hook in local["hooks"]:
        assert f"\t{hook['entry'].removesuffix(' --force-exclude')}" in check, hook["id"]


def test_the_metadata_names_files_that_exist() -> None:
    project = PROJECT["project"]
    for file in (*project["license-files"], project["readme"]):
        assert (ROOT / file).is_file(), file
    assert "MIT License" in (ROOT / "LICENSE").read_text()
    assert project["license"] == "MIT"


def test_the_changelog_knows_the_version() -> None:
    headings = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    version = PROJECT["project"]["version"]
    assert headings[0] == ("Unreleased" if "dev" in version else version)


def test_each_top_level_package_is_in_an_import_contract() -> None:
    linter = PROJECT["tool"]["importlinter"]
    code = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    code |= {path.stem for path in ROOT.glob("*.py")} - {"start", "conftest", "gunicorn.conf"}
    assert set(linter["root_packages"]) == code
    named = {
        name
        for contract in linter["contracts"]
        for key, modules in contract.items()
        if isinstance(modules, list) and key != "ignore_imports"
        # A layer may name several, as in "e2e | tools".
        for name in re.findall(r"(?<![\w.])\w+", " ".join(modules))
    }
    assert named >= code


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="this isn't a checkout")
def test_nothing_that_belongs_to_a_machine_is_tracked() -> None:
    """Such as an environment that is a link: `.venv/` in .gitignore covers folders alone."""
    listed = ["git", "ls-files", "-z", "--stage"]
    tracked = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files = [line.partition("\t") for line in tracked.split("\0") if line]

    assert files
    assert [path for about, _, path in files if about.startswith("120000")] == [], "links"
    assert [path for _, _, path in files if path.split("/")[0] in {".venv", "var"}] == []
