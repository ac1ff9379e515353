"""A defense works at any site, so its code names none of the bank's addresses."""

from __future__ import annotations

import ast
from pathlib import Path

from catalogue.applications import FILES as APPLICATIONS
from victim_site.bank import urls
from victim_site.weaknesses.registry import all_weaknesses

FOLDER = Path(__file__).parents[1] / "defenses"
# The applications next to a defense have addresses of their own.
FILES = [
    file
    for file in FOLDER.rglob("*.py")
    if "tests" not in file.parts and file.name not in APPLICATIONS.values()
]


def addresses() -> set[str]:
    """Every address of the bank but the first page's, which any site has."""
    own = {str(pattern.pattern) for pattern in urls.urlpatterns}
    weak = {where for weakness in all_weaknesses().values() for where in weakness.pages()}
    return {f"/{where}" for where in own | weak if where}


def texts(file: Path) -> set[str]:
    """Return each text in the code of a file; lessons are docstrings, and may name anything."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_no_defense_names_an_address_of_the_bank() -> None:
    known = addresses()

    assert {"/transfer", "/api/transfer", "/logout"} <= known
    assert {
        str(file.relative_to(FOLDER)): found for file in FILES if (found := known & texts(file))
    } == {}
