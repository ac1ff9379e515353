"""How defenses are found: a folder each, and the class in it."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from csrf_proof.reasons import REASONS
from victim_site.defenses.base import Defense, all_defenses, flawed_defenses
from victim_site.discovery import members

FOLDER = Path(__file__).parents[1]
CLASS = """from victim_site.defenses.base import Defense

class {name}(Defense):
    pass
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """An empty package for defenses."""
    module = ModuleType("invented_defenses")
    module.__path__ = [str(tmp_path)]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module


def add(package: ModuleType, folder: str, text: str) -> None:
    path = Path(package.__path__[0]) / folder
    path.mkdir()
    (path / "defense.py").write_text(text, encoding="utf-8")


def test_every_folder_is_a_defense_under_the_slug_of_its_name() -> None:
    folders = [*FOLDER.glob("*/defense.py"), *FOLDER.glob("flawed/*/defense.py")]

    assert set(all_defenses()) == {file.parent.name.replace("_", "-") for file in folders}


def test_the_flawed_ones_are_those_in_their_own_folder() -> None:
    folders = FOLDER.glob("flawed/*/defense.py")

    assert flawed_defenses() == {file.parent.name.replace("_", "-") for file in folders}


def test_a_folder_is_found_by_its_name(package: ModuleType) -> None:
    add(package, "my_idea", CLASS.format(name="MyIdea"))

    found = members(Defense, package)

    assert {slug: defense.slug for slug, defense in found.items()} == {"my-idea": "my-idea"}


@pytest.mark.parametrize(
    "text", ["", CLASS.format(name="One") + CLASS.format(name="Two")], ids=["none", "two"]
)
def test_a_file_has_one_class(package: ModuleType, text: str) -> None:
    add(package, f"odd_{len(text)}", text)

    with pytest.raises(TypeError, match="must have one subclass of Defense"):
        members(Defense, package)


def test_two_folders_of_one_name_are_refused(package: ModuleType) -> None:
    add(package, "twice", CLASS.format(name="Twice"))

    with pytest.raises(TypeError, match="another defense called twice"):
        members(Defense, package, package)


def test_every_reason_stands_under_its_own_code_with_a_sentence() -> None:
    bad = [c for c, r in REASONS.items() if r.code != c or not r.sentence.endswith(".")]

    assert bad == []
