"""One archive that starts without the internet, on a machine with the same system: `make bundle`.

It has the checkout and the packages of `requirements/run.txt`. Unpacked, `python3 start.py`
installs them from there: `tools/runner/environment.py` looks for the folder `wheels`.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from tools.runner.environment import WHEELS

ROOT = Path(__file__).resolve().parents[1]
NAME = "csrf-playground"


def files(root: Path) -> list[str]:
    """Return what belongs to the project, by git."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True
    )
    return [name for name in listed.stdout.split("\0") if name and (root / name).exists()]


def download(root: Path, folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--require-hashes"]
    lists = ["-r", str(root / "requirements/run.txt")]
    subprocess.run([*command, "--disable-pip-version-check", *lists, "-d", str(folder)], check=True)


def write(root: Path, archive: Path, wheels: Path) -> None:
    """Write the archive, with the packages of a folder."""
    with tarfile.open(archive, "w:gz") as tar:
        for name in files(root):
            tar.add(root / name, f"{NAME}/{name}")
        for wheel in sorted(wheels.iterdir()):
            tar.add(wheel, f"{NAME}/{WHEELS}/{wheel.name}")


def main() -> int:
    archive = Path(sys.argv[1] if len(sys.argv) > 1 else f"{NAME}.tar.gz").resolve()
    with tempfile.TemporaryDirectory() as folder:
        print("Fetching the packages …", flush=True)
        try:
            download(ROOT, Path(folder))
        except subprocess.CalledProcessError:
            print("The packages can't be fetched; this step needs the internet.", file=sys.stderr)
            return 1
        write(ROOT, archive, Path(folder))
    size = archive.stat().st_size / 1_000_000
    print(f"{archive} ({size:.0f} MB)")
    print(f"On the other machine: tar xf {archive.name}, then in {NAME}: python3 start.py")
    print("To open a room from it: ROOM=1 python3 start.py")
    return 0


if __name__ == "__main__":
    sys.exit(main())
