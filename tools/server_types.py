"""Checks the types of every attack's ``server.py`` in one run of mypy.

The folder of an attack is named by a slug, which isn't the name of a package. So mypy takes each of
these files for a module called ``server``, and refuses two of them at a time; here each has a name
of its own.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from csrf_proof.arsenal import SERVER

ROOT = Path(__file__).resolve().parents[1]


def main(root: Path = ROOT) -> int:
    """Print what mypy says, by the files' own names; return its status."""
    files = {
        f"{file.parent.name.replace('-', '_')}_server.py": file.relative_to(root)
        for file in sorted(root.glob(f"attacker_site/attacks/*/{SERVER}"))
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, file in files.items():
            shutil.copy(root / file, Path(folder) / name)
        command = [sys.executable, "-m", "mypy", "--config-file", "pyproject.toml"]
        done = subprocess.run(
            [*command, *(f"{folder}/{name}" for name in files)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        said = done.stdout
        for name, file in files.items():
            said = said.replace(f"{folder}/{name}", str(file))
    print(said, end="")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
