"""The folders of attacks: what `csrf_proof.arsenal`, which reads them, does not ask for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from catalogue.gaps import GAPS_FILE
from csrf_proof.arsenal import FILES, OPTIONAL_FILES, Attack, AttackError, read
from tools.check.files import CACHES, headings

HEADINGS = [
    "What happens",
    "Why the browser allows it",
    "What stops it",
    "What does not stop it",
    "Further reading",
]
# What every attack says, and not with an empty text.
SAID = ("title", "bait", "summary", "action", "actions", "positions", "method", "request")


def read_all(
    parent: Path, defenses: set[str], weaknesses: set[str]
) -> tuple[dict[str, Attack], list[str]]:
    """Return every attack that can be read, by slug, and the problems of all folders."""
    attacks: dict[str, Attack] = {}
    problems: list[str] = []
    for folder in sorted(parent.iterdir()):
        if folder.name in CACHES:
            continue
        if not folder.is_dir():
            problems.append(f"attacks/{folder.name} is not a folder: move it into one, or away.")
            continue
        try:
            attacks[folder.name] = read(folder)
        except AttackError as error:
            problems.append(str(error))
        else:
            problems += _problems(attacks[folder.name], defenses, weaknesses)
    return attacks, problems


def _problems(attack: Attack, defenses: set[str], weaknesses: set[str]) -> Iterator[str]:
    where = f"attacks/{attack.slug}"
    files = {file.name for file in attack.folder.iterdir()} - CACHES
    for name in sorted(files - set(FILES) - {*OPTIONAL_FILES, GAPS_FILE}):
        yield f"{where}/{name} is not part of an attack: remove it."
    for key in SAID:
        if not getattr(attack, key):
            yield f"{where}/attack.toml leaves {key} empty."
    if attack.needs not in weaknesses | {""}:
        yield f"{where}/attack.toml needs {attack.needs}, which is not a weakness."
    text = (attack.folder / "attack.toml").read_text(encoding="utf-8")
    for slug in sorted(defenses):
        if re.search(rf"(?<![a-z-]){slug}(?![a-z-])", text):
            yield f"{where}/attack.toml names the defense {slug}: an attack must not depend on one."
    if not attack.source.startswith("<!doctype html>"):
        yield f"{where}/exploit.html is not a complete document: begin it with <!doctype html>."
    if "behind" not in attack.source:
        yield f"{where}/exploit.html does not link to what it did: add {{{{ behind }}}}."
    if 'id="home"' not in attack.source:
        yield f"{where}/exploit.html has no way back to the bank: add the link with the id home."
    yield from headings(f"{where}/README.md", attack.readme, HEADINGS)
