"""Folders that an installed package has inside, and a checkout elsewhere."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent


def find(packaged: str, in_checkout: str) -> Path:
    """Return a folder by its name inside the package, or its path inside the checkout."""
    inside = _HERE / packaged
    return inside if inside.is_dir() else _HERE.parent / in_checkout
