"""Finds the defenses and the weaknesses: each is a class in a folder of its own."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType
from typing import TypeVar

Kind = TypeVar("Kind")


def members(kind: type[Kind], *packages: ModuleType) -> dict[str, Kind]:
    """Return one instance of the class in each folder of some packages, by slug.

    A `Defense` is in `<folder>/defense.py`, a `Weakness` in `<folder>/weakness.py`. The slug is the
    folder's name with hyphens, and becomes the class's `slug`.

    Raises:
        TypeError: A file doesn't have exactly one such class, or two folders have the same name.
    """
    found: dict[str, Kind] = {}
    file = kind.__name__.lower()
    paths = [
        (f"{package.__name__}.{path.parent.name}.{file}", path.parent.name.replace("_", "-"))
        for package in packages
        for path in Path(package.__path__[0]).glob(f"*/{file}.py")
    ]
    for name, slug in paths:
        if slug in found:
            raise TypeError(f"{name}: there is another {file} called {slug}")
        module = importlib.import_module(name)
        classes = [
            value
            for value in vars(module).values()
            if isinstance(value, type)
            and issubclass(value, kind)
            and value.__module__ == module.__name__
        ]
        if len(classes) != 1:
            raise TypeError(f"{module.__name__} must have one subclass of {kind.__name__}")
        classes[0].slug = slug  # type: ignore[attr-defined]
        found[slug] = classes[0]()
    return dict(sorted(found.items()))
