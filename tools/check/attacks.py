"""The folders of attacks."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.check.files import CACHES, SLUG, headings

POSITIONS = {"cross-site", "subdomain", "lookalike", "same-origin"}
FILES = {"attack.toml", "exploit.html", "README.md"}
OPTIONAL_FILES = {"caught.html", "server.py"}
KEYS = {
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
OPTIONAL_KEYS = {
    "content_type",
    "path",
    "fields_in_query",
    "hides_origin",
    "sandboxed",
    "by_bank",
    "adds",
    "needs",
    "second_click",
    "victim",
}
HEADINGS = [
    "What happens",
    "Why the browser allows it",
    "What stops it",
    "What does not stop it",
    "Further reading",
]


def read(
    parent: Path, defenses: set[str], weaknesses: set[str]
) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Return what every attack says about itself, by slug, and the problems of the folders."""
    attacks: dict[str, dict[str, Any]] = {}
    problems: list[str] = []
    for folder in sorted(parent.iterdir()):
        if folder.name not in CACHES:
            problems += _problems(folder, attacks, defenses, weaknesses)
    return attacks, problems


def _problems(
    folder: Path, attacks: dict[str, dict[str, Any]], defenses: set[str], weaknesses: set[str]
) -> Iterator[str]:
    where = f"attacks/{folder.name}"
    if not folder.is_dir() or not SLUG.fullmatch(folder.name):
        yield f"{where} is not a folder with a slug for a name: move it, or use a-z, 0-9, hyphens."
        return
    files = {file.name for file in folder.iterdir()} - CACHES
    for name in sorted(FILES - files):
        yield f"{where} has no {name}: every attack has {', '.join(sorted(FILES))}."
    for name in sorted(files - FILES - OPTIONAL_FILES):
        yield f"{where}/{name} is not part of an attack: remove it."
    if not files >= FILES:
        return
    text = (folder / "attack.toml").read_text(encoding="utf-8")
    about = tomllib.loads(text)
    attacks[folder.name] = about
    for key in sorted(KEYS - set(about)):
        yield f"{where}/attack.toml does not say its {key}."
    for key in sorted(set(about) - KEYS - OPTIONAL_KEYS):
        yield f"{where}/attack.toml says {key}, which nothing reads: remove it."
    for key, value in about.items():
        if not value:
            yield f"{where}/attack.toml leaves {key} empty."
    if about.get("action") not in about.get("actions", []):
        yield f"{where}/attack.toml: its action is not among its actions."
    if unknown := set(about.get("positions", [])) - POSITIONS:
        yield f"{where}/attack.toml: {', '.join(unknown)} is not a position."
    if about.get("needs", "") not in weaknesses | {""}:
        yield f"{where}/attack.toml needs {about['needs']}, which is not a weakness."
    for slug in sorted(defenses):
        if re.search(rf"(?<![a-z-]){slug}(?![a-z-])", text):
            yield f"{where}/attack.toml names the defense {slug}: an attack knows none."
    exploit = (folder / "exploit.html").read_text(encoding="utf-8")
    if not exploit.startswith("<!doctype html>"):
        yield f"{where}/exploit.html is not a complete document: begin it with <!doctype html>."
    if "behind" not in exploit:
        yield f"{where}/exploit.html does not link to what it did: add {{{{ behind }}}}."
    readme = (folder / "README.md").read_text(encoding="utf-8")
    yield from headings(f"{where}/README.md", readme, HEADINGS)
