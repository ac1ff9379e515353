"""The catalogue's linter: every attack, defense, reason and cell is there, whole, and known.

``python -m tools.check`` reads the files as text, prints one line for each thing to mend, with
what to do about it, and ends with status 1 if there is any.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matrix

ROOT = Path(__file__).resolve().parents[1]

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
POSITIONS = {"cross-site", "subdomain", "same-origin"}
ATTACK_FILES = {"attack.toml", "exploit.html", "README.md"}
OPTIONAL_ATTACK_FILES = {"server.py"}
ATTACK_KEYS = {
    "title",
    "bait",
    "summary",
    "action",
    "actions",
    "positions",
    "trigger",
    "method",
    "request",
}
OPTIONAL_ATTACK_KEYS = {"content_type", "needs"}
ATTACK_HEADINGS = [
    "What happens",
    "Why the browser allows it",
    "What stops it",
    "What does not stop it",
    "Further reading",
]
DEFENSE_HEADINGS = ["How it works", "What it does not stop", "In your own project", "Sources"]
SHARED_DEFENSE_FILES = {"__init__.py", "base.py", "reasons.py"}
CACHES = {"__pycache__", "tests"}


def problems(root: Path = ROOT) -> Iterator[str]:
    """Yield every problem of a tree, one sentence each."""
    attacks_dir = root / "attacker_site" / "attacks"
    defenses_dir = root / "victim_site" / "defenses"
    reasons = _reasons(defenses_dir / "reasons.py")
    stacks = tomllib.loads((defenses_dir / "stacks.toml").read_text(encoding="utf-8"))
    defenses = {
        file.stem.replace("_", "-")
        for file in defenses_dir.glob("*.py")
        if file.name not in SHARED_DEFENSE_FILES
    }
    attacks: dict[str, dict[str, Any]] = {}
    for folder in sorted(attacks_dir.iterdir()):
        if folder.name not in CACHES:
            yield from _attack(folder, attacks, defenses)
    for file in sorted(defenses_dir.iterdir()):
        yield from _defense(file)
    yield from _stacks(stacks, defenses)
    yield from _matrix(root / "matrix.toml", attacks, defenses | set(stacks), reasons)


def _reasons(file: Path) -> dict[str, str]:
    """Return the sentences of all reasons by code, from the calls of `Reason` in the file."""
    found = {}
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Reason":
            code, _, sentence = (ast.literal_eval(argument) for argument in node.args[:3])
            found[code] = sentence
    return found


def _attack(folder: Path, attacks: dict[str, dict[str, Any]], defenses: set[str]) -> Iterator[str]:
    where = f"attacks/{folder.name}"
    if not folder.is_dir() or not SLUG.fullmatch(folder.name):
        yield f"{where} is no folder with a slug for a name: move it, or name it a-z, 0-9, hyphens."
        return
    files = {file.name for file in folder.iterdir()} - CACHES
    for name in sorted(ATTACK_FILES - files):
        yield f"{where} has no {name}: every attack has {', '.join(sorted(ATTACK_FILES))}."
    for name in sorted(files - ATTACK_FILES - OPTIONAL_ATTACK_FILES):
        yield f"{where}/{name} belongs to no attack: remove it."
    if files < ATTACK_FILES:
        return
    text = (folder / "attack.toml").read_text(encoding="utf-8")
    about = tomllib.loads(text)
    attacks[folder.name] = about
    for key in sorted(ATTACK_KEYS - set(about)):
        yield f"{where}/attack.toml does not say its {key}."
    for key in sorted(set(about) - ATTACK_KEYS - OPTIONAL_ATTACK_KEYS):
        yield f"{where}/attack.toml says {key}, which nothing reads: remove it."
    for key, value in about.items():
        if not value:
            yield f"{where}/attack.toml leaves {key} empty."
    if about.get("action") not in about.get("actions", []):
        yield f"{where}/attack.toml: its action is not among its actions."
    if unknown := set(about.get("positions", [])) - POSITIONS:
        yield f"{where}/attack.toml: {', '.join(unknown)} is no position."
    for slug in sorted(defenses):
        if re.search(rf"(?<![a-z-]){slug}(?![a-z-])", text):
            yield f"{where}/attack.toml names the defense {slug}: an attack knows none."
    exploit = (folder / "exploit.html").read_text(encoding="utf-8")
    if not exploit.startswith("<!doctype html>"):
        yield f"{where}/exploit.html is no complete document: begin it with <!doctype html>."
    if "behind" not in exploit:
        yield f"{where}/exploit.html does not link to what it did: add {{{{ behind }}}}."
    yield from _headings(f"{where}/README.md", (folder / "README.md"), ATTACK_HEADINGS)


def _headings(where: str, file: Path, wanted: list[str]) -> Iterator[str]:
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".py":
        text = ast.get_docstring(ast.parse(text)) or ""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    if parts[1::2] != wanted:
        yield f"{where} must have the headings {', '.join(wanted)}, in this order."
    for heading, body in zip(parts[1::2], parts[2::2], strict=True):
        if not body.strip():
            yield f"{where} says nothing under “{heading}”."


def _defense(file: Path) -> Iterator[str]:
    where = f"defenses/{file.name}"
    if file.name in SHARED_DEFENSE_FILES | CACHES | {"stacks.toml"}:
        return
    if file.suffix != ".py" or not SLUG.fullmatch(file.stem.replace("_", "-")):
        yield f"{where} is no defense: remove it."
        return
    lesson = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    summary = lesson.partition("\n\n")[0]
    if not summary.endswith(".") or "\n" in summary:
        yield f"{where} does not begin with one sentence on one line that says what it is."
    yield from _headings(where, file, DEFENSE_HEADINGS)


def _stacks(stacks: dict[str, dict[str, Any]], defenses: set[str]) -> Iterator[str]:
    for slug, stack in stacks.items():
        if slug in defenses:
            yield f"stacks.toml: {slug} is a defense too; give one of them another name."
        if set(stack) != {"title", "summary", "members"}:
            yield f"stacks.toml: {slug} must say title, summary and members."
        for member in set(stack["members"]) - defenses:
            yield f"stacks.toml: {slug} has a member {member}, which is no defense."


def _matrix(
    file: Path, attacks: dict[str, dict[str, Any]], columns: set[str], reasons: dict[str, str]
) -> Iterator[str]:
    try:
        loaded = matrix.load(file)
    except matrix.MatrixError as error:
        yield f"matrix.toml: {error}"
        return
    expected = {(slug, place) for slug, about in attacks.items() for place in about["positions"]}
    for slug, place in sorted(expected - set(loaded.rows)):
        yield f"matrix.toml has no row [{slug}.{place}]: state what is expected, or why not."
    for slug, place in sorted(set(loaded.rows) - expected):
        yield f"matrix.toml has a row [{slug}.{place}], but there is no such attack or position."
    for (slug, place), row in loaded.rows.items():
        for column in sorted(columns - set(row)):
            yield f"matrix.toml: [{slug}.{place}] does not state {column}."
        for column in sorted(set(row) - columns):
            yield f"matrix.toml: [{slug}.{place}] states {column}, which is no defense or stack."
        for column, line in row.items():
            for value in _values(line):
                if value.startswith("n/a"):
                    if not re.fullmatch(r"n/a: \S.+", value):
                        yield f"matrix.toml: [{slug}.{place}] {column} does not say why it is n/a."
                elif value != matrix.FORGED and value not in reasons:
                    yield f"matrix.toml: [{slug}.{place}] {column}: {value} is no known reason."


def _values(line: Any) -> Iterator[str]:
    """Yield every value that a line states."""
    if isinstance(line, str):
        yield line
        return
    for part in line.values():
        yield from _values(part)


def main() -> int:
    """Print the problems, or how much there is."""
    found = list(problems())
    for problem in found:
        print(problem, file=sys.stderr)
    if found:
        print(f"{len(found)} things to mend in the catalogue.", file=sys.stderr)
        return 1
    loaded = matrix.load()
    print(f"catalogue: {len(loaded.rows)} rows, {len(list(loaded.cells()))} cells, none missing")
    return 0


if __name__ == "__main__":
    sys.exit(main())
