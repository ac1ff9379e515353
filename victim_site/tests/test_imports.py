"""No two packages of the victim site need each other, not even by imports that are hidden.

Weaknesses are imported by name (`discovery.members`), which no contract in `pyproject.toml` sees,
and import the bank. Here these imports are counted too. (Defenses are found in the same way, but
import nothing of the site that could need them.)
"""

from __future__ import annotations

import grimp
from grimp import ImportGraph

from victim_site.weaknesses.registry import all_weaknesses


def graph() -> ImportGraph:
    found = grimp.build_graph("victim_site")
    for module in [*found.modules]:
        if ".tests" in module or module.endswith(".conftest"):
            found.remove_module(module)
    for weakness in all_weaknesses().values():
        name = type(weakness).__module__
        found.add_import(importer="victim_site.weaknesses.registry", imported=name)
    return found


def packages(found: ImportGraph) -> dict[str, set[str]]:
    """Return what each package of the site imports from the others."""
    imports: dict[str, set[str]] = {}
    for module in found.modules - {"victim_site"}:
        package = module.split(".")[1]
        for imported in found.find_modules_directly_imported_by(module) - {"victim_site"}:
            imports.setdefault(package, set()).add(imported.split(".")[1])
    return {package: others - {package} for package, others in imports.items()}


def cycles(imports: dict[str, set[str]]) -> set[str]:
    """Return what is left when everything is taken away that imports nothing that is left."""
    left = dict(imports)
    while free := [name for name, others in left.items() if not others & set(left)]:
        for name in free:
            del left[name]
    return set(left)


def test_no_package_imports_one_that_imports_it() -> None:
    assert cycles(packages(graph())) == set()


def test_no_module_imports_one_that_imports_it() -> None:
    found = graph()

    assert (
        cycles({name: set(found.find_modules_directly_imported_by(name)) for name in found.modules})
        == set()
    )


def test_a_weakness_that_the_bank_needed_would_be_a_cycle() -> None:
    found = graph()
    found.add_import(importer="victim_site.bank.label", imported="victim_site.weaknesses.registry")

    assert {"bank", "weaknesses"} <= cycles(packages(found))
