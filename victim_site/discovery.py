"""Defenses and weaknesses register themselves by being there: one class in one file of a folder."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType
from typing import TypeVar

Kind = TypeVar("Kind")
# Files of such a folder that hold no member of it.
SHARED = {"base", "registry"}


def members(kind: type[Kind], *packages: ModuleType) -> dict[str, Kind]:
    """Return one instance of each module's subclass of a kind, by slug, and set its `slug`.

    The slug is the module's name with hyphens.

    Raises:
        TypeError: A module does not hold exactly one subclass.
    """
    found: dict[str, Kind] = {}
    for name in sorted(name for package in packages for name in module_names(package)):
        module = importlib.import_module(name)
        classes = [
            value
            for value in vars(module).values()
            if isinstance(value, type)
            and issubclass(value, kind)
            and value.__module__ == module.__name__
        ]
        if len(classes) != 1:
            raise TypeError(f"{module.__name__} must hold one subclass of {kind.__name__}")
        slug = name.rpartition(".")[2].replace("_", "-")
        classes[0].slug = slug  # type: ignore[attr-defined]
        found[slug] = classes[0]()
    return dict(sorted(found.items()))


def module_names(package: ModuleType) -> set[str]:
    """Return the full names of a package's modules that hold a member."""
    return {
        f"{package.__name__}.{module.name}"
        for module in pkgutil.iter_modules(package.__path__)
        if not module.ispkg and module.name not in SHARED
    }
