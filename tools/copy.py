"""A copy of the project, for tests that change one of its files and then start the sites."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Everything else is copied, so that a new file or folder is never forgotten.
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "tests", "e2e", "var")


def copy_project(to: Path, root: Path = ROOT) -> Path:
    """Copy the project into a new folder, without its tests, its state and its environment."""

    def left_out(folder: str, names: list[str]) -> set[str]:
        return LEFT_OUT(folder, names) | environments(Path(folder), names)

    shutil.copytree(root, to, ignore=left_out)
    return to


def environments(folder: Path, names: Iterable[str]) -> set[str]:
    """Return which of the names in a folder are environments of Python."""
    return {name for name in names if (folder / name / "pyvenv.cfg").exists()}
