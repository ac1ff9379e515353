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

from catalogue import lessons, matrix

ROOT = Path(__file__).resolve().parents[1]

# What the scaffold leaves for people to write.
BLANK = "TODO"
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
PLACES = ("cross-site", "subdomain")
POSITIONS = {"cross-site", "subdomain", "lookalike", "same-origin"}
ATTACK_FILES = {"attack.toml", "exploit.html", "README.md"}
OPTIONAL_ATTACK_FILES = {"caught.html", "server.py"}
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
OPTIONAL_ATTACK_KEYS = {
    "format_version",
    "content_type",
    "path",
    "fields_in_query",
    "hides_origin",
    "sandboxed",
    "by_application",
    "adds",
    "needs",
    "second_click",
    "victim",
}
ATTACK_HEADINGS = [
    "What happens",
    "Why the browser allows it",
    "What stops it",
    "What does not stop it",
    "Further reading",
]
DEFENSE_HEADINGS = ["How it works", "What it does not stop", "In your own project", "Sources"]
WEAKNESS_HEADINGS = ["What the bank does", "What it breaks", "Mended by", "Sources"]
FLAWED_HEADINGS = ["How it works", "The flaw", "Falls to", "Mended by", "Sources"]
# How a flawed defense's docstring names the attack that defeats it, and the defense that mends it.
FALLS_TO = re.compile(r"^## Falls to\n\n`([a-z0-9-]+)` from `([a-z-]+)`: \S", re.MULTILINE)
MENDED_BY = re.compile(r"^## Mended by\n\n`([a-z0-9-]+)`: \S", re.MULTILINE)
# Every flawed defense says what it makes of these, since that is why people ship it, or should not.
PLAIN = [(attack, place) for attack in ("form-post", "link-get") for place in PLACES]
# A newcomer walks a lesson in about three minutes, one of which is reading.
MOST_WORDS = 350
# The end of a sentence of a lesson, and a link to a file beside it.
SENTENCE_END = re.compile(r"[.!?](?=\s|$)")
FILE_LINK = re.compile(r"\]\(([^):#]+\.md)(?:#([^)]+))?\)")
SHARED_DEFENSE_FILES = {"__init__.py", "base.py", "registry.py"}
NO_WEAKNESS_FILES = {"templates", "static"}
CACHES = {"__pycache__", "tests"}


def problems(root: Path = ROOT) -> Iterator[str]:
    """Yield every problem of a tree, one sentence each."""
    attacks_dir = root / "attacker_site" / "attacks"
    defenses_dir = root / "victim_site" / "defenses"
    reasons = _reasons(root / "csrf_proof" / "reasons.py")
    stacks = tomllib.loads((defenses_dir / "stacks.toml").read_text(encoding="utf-8"))
    sound, flawed = (_slugs(folder) for folder in (defenses_dir, defenses_dir / "flawed"))
    weaknesses_dir = root / "victim_site" / "weaknesses"
    weaknesses = _slugs(weaknesses_dir)
    yield from _blanks(root, [attacks_dir, defenses_dir, weaknesses_dir])
    attacks: dict[str, dict[str, Any]] = {}
    for folder in sorted(attacks_dir.iterdir()):
        if folder.name not in CACHES:
            yield from _attack(folder, attacks, sound | flawed, weaknesses)
    for file in sorted(defenses_dir.iterdir()):
        yield from _defense(file, DEFENSE_HEADINGS)
    for file in sorted((defenses_dir / "flawed").iterdir()):
        yield from _defense(file, FLAWED_HEADINGS)
    for file in sorted(weaknesses_dir.iterdir()):
        if file.name not in NO_WEAKNESS_FILES:
            yield from _defense(file, WEAKNESS_HEADINGS)
    needed = {about.get("needs") for about in attacks.values()}
    for slug in sorted(weaknesses - needed):
        yield f"weaknesses/{slug} is needed by no attack, so nothing shows what it breaks."
    yield from _stacks(stacks, sound | flawed)
    try:
        loaded = matrix.load(root / "catalogue" / "matrix.toml", attacks_dir)
    except matrix.MatrixError as error:
        yield f"matrix.toml: {error}"
        return
    yield from _rows(loaded, attacks)
    yield from _columns(loaded, sound | set(stacks), flawed, weaknesses, reasons)
    yield from _over_https(root, attacks, sound | set(stacks) | flawed, reasons)
    for slug in sorted(flawed):
        file = defenses_dir / "flawed" / f"{slug.replace('-', '_')}.py"
        yield from _flaw(slug, _lesson(file), loaded)
    yield from _known_labs(
        root / "victim_site" / "teaching" / "reference" / "known_labs.toml", loaded
    )
    yield from _lessons(root / "docs", loaded)


def _blanks(root: Path, folders: list[Path]) -> Iterator[str]:
    """Yield every file with something left to write."""
    for file in (file for folder in folders for file in sorted(folder.rglob("*.*"))):
        if file.suffix in {".py", ".toml", ".html", ".md"} and "tests" not in file.parts:
            count = file.read_text(encoding="utf-8").count(BLANK)
            if count:
                yield f"{file.relative_to(root)} has “{BLANK}” {count} times: write it."


def _slugs(folder: Path) -> set[str]:
    """Return the slugs of the defenses in a folder."""
    files = (file for file in folder.glob("*.py") if file.name not in SHARED_DEFENSE_FILES)
    return {file.stem.replace("_", "-") for file in files}


def _lesson(file: Path) -> str:
    return ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""


def _reasons(file: Path) -> dict[str, str]:
    """Return the sentences of all reasons by code, from the calls of `Reason` in the file."""
    found = {}
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Reason":
            code, _, sentence = (ast.literal_eval(argument) for argument in node.args[:3])
            found[code] = sentence
    return found


def _attack(
    folder: Path, attacks: dict[str, dict[str, Any]], defenses: set[str], weaknesses: set[str]
) -> Iterator[str]:
    where = f"attacks/{folder.name}"
    if not folder.is_dir() or not SLUG.fullmatch(folder.name):
        yield f"{where} is no folder with a slug for a name: move it, or name it a-z, 0-9, hyphens."
        return
    files = {file.name for file in folder.iterdir()} - CACHES
    for name in sorted(ATTACK_FILES - files):
        yield f"{where} has no {name}: every attack has {', '.join(sorted(ATTACK_FILES))}."
    for name in sorted(files - ATTACK_FILES - OPTIONAL_ATTACK_FILES):
        yield f"{where}/{name} belongs to no attack: remove it."
    if not files >= ATTACK_FILES:
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
    if about.get("needs", "") not in weaknesses | {""}:
        yield f"{where}/attack.toml needs {about['needs']}, which is no weakness."
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
    text = _lesson(file) if file.suffix == ".py" else file.read_text(encoding="utf-8")
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    if parts[1::2] != wanted:
        yield f"{where} must have the headings {', '.join(wanted)}, in this order."
    for heading, body in zip(parts[1::2], parts[2::2], strict=True):
        if not body.strip():
            yield f"{where} says nothing under “{heading}”."


def _defense(file: Path, headings: list[str]) -> Iterator[str]:
    where = f"{file.parent.name}/{file.name}"
    if file.name in SHARED_DEFENSE_FILES | CACHES | {"stacks.toml", "flawed"}:
        return
    if file.suffix != ".py" or not SLUG.fullmatch(file.stem.replace("_", "-")):
        yield f"{where} is no defense: remove it."
        return
    summary = _lesson(file).partition("\n\n")[0]
    if not summary.endswith(".") or "\n" in summary or "`" in summary:
        yield f"{where} does not begin with one plain sentence on one line that says what it is."
    yield from _headings(where, file, headings)


def _stacks(stacks: dict[str, dict[str, Any]], defenses: set[str]) -> Iterator[str]:
    for slug, stack in stacks.items():
        if slug in defenses:
            yield f"stacks.toml: {slug} is a defense too; give one of them another name."
        if set(stack) != {"title", "summary", "members"}:
            yield f"stacks.toml: {slug} must say title, summary and members."
        for member in set(stack["members"]) - defenses:
            yield f"stacks.toml: {slug} has a member {member}, which is no defense."


def _rows(loaded: matrix.Matrix, attacks: dict[str, dict[str, Any]]) -> Iterator[str]:
    expected = {(slug, place) for slug, about in attacks.items() for place in about["positions"]}
    for slug, place in sorted(expected - set(loaded.rows)):
        yield f"matrix.toml has no row [{slug}.{place}]: state what is expected, or why not."
    for slug, place in sorted(set(loaded.rows) - expected):
        yield f"matrix.toml has a row [{slug}.{place}], but there is no such attack or position."


def _columns(
    loaded: matrix.Matrix,
    columns: set[str],
    flawed: set[str],
    weaknesses: set[str],
    reasons: dict[str, str],
) -> Iterator[str]:
    names = columns | flawed | {f"with-{weakness}" for weakness in weaknesses}
    for (slug, place), row in loaded.rows.items():
        where = f"matrix.toml: [{slug}.{place}]"
        for column in sorted(columns - set(row)):
            yield f"{where} does not state {column}."
        for column in sorted(set(row) - columns):
            yield f"{where} states {column}, which is no defense or stack; is it for .also?"
        also = loaded.also[slug, place]
        for label in sorted(set(also) & {loaded.lab(slug, column) for column in columns}):
            yield f"{where} states {label} twice: it is a column, and needs no line in .also."
        for label in sorted(also):
            if unknown := set(label.split("--")) - names:
                yield (
                    f"{where} also states {label}, but {min(unknown)} is no defense, stack or "
                    "weakness."
                )
        yield from _outcomes(where, {**row, **also}, reasons)


def _outcomes(where: str, row: dict[str, Any], reasons: dict[str, str]) -> Iterator[str]:
    for column, line in row.items():
        for value in _values(line):
            outcome = value.partition(": ")[0]
            if outcome == matrix.NOT_APPLICABLE:
                if not re.fullmatch(r"n/a: \S.+", value):
                    yield f"{where} {column} does not say why it is n/a."
            elif outcome != matrix.FORGED and outcome not in reasons:
                yield f"{where} {column}: {outcome} is no known reason."


def _over_https(
    root: Path, attacks: dict[str, dict[str, Any]], labels: set[str], reasons: dict[str, str]
) -> Iterator[str]:
    """Yield the problems of `matrix-https.toml`, which has the rows and columns that it likes."""
    try:
        loaded = matrix.load(
            root / "catalogue" / "matrix-https.toml", root / "attacker_site" / "attacks"
        )
    except matrix.MatrixError as error:
        yield f"matrix-https.toml: {error}"
        return
    for (slug, place), row in loaded.rows.items():
        where = f"matrix-https.toml: [{slug}.{place}]"
        # A sub-domain's page that came by http is an attack from the sub-domain all the same.
        if place.removeprefix("insecure-") not in attacks.get(slug, {}).get("positions", []):
            yield f"{where} is of no such attack or position."
        if list(row) != loaded.columns:
            yield f"{where} states other columns than the first row."
        for label in sorted(set(row) - labels):
            yield f"{where} states {label}, which is no defense or stack."
        yield from _outcomes(where, row, reasons)


def _flaw(slug: str, lesson: str, loaded: matrix.Matrix) -> Iterator[str]:
    """Yield what is not stated of a flawed defense: why it is shipped, its fall, and its mend."""
    where = f"flawed/{slug}"
    falls_to, mended_by = FALLS_TO.search(lesson), MENDED_BY.search(lesson)
    if not falls_to:
        yield f"{where} does not begin “Falls to” with `attack` from `position`: and a sentence."
    if not mended_by:
        yield f"{where} does not begin “Mended by” with `defense`: and a sentence."
    if not falls_to or not mended_by:
        return
    row = (falls_to[1], falls_to[2])
    if row not in loaded.rows:
        yield f"{where} falls to {'.'.join(row)}, which is no row of the matrix."
        return
    for attack, place in [*PLAIN, row]:
        if slug not in loaded.also[attack, place]:
            yield f"matrix.toml: [{attack}.{place}.also] does not state {slug}."
    if matrix.FORGED not in _values(loaded.also[row].get(slug, matrix.FORGED)):
        yield f"{where} falls to {'.'.join(row)}, but the matrix expects it to hold."
    if mended_by[1] not in loaded.rows[row]:
        yield f"{where} is mended by {mended_by[1]}, which is no column of the matrix."
    elif matrix.FORGED in _values(loaded.rows[row][mended_by[1]]):
        yield f"{where} is mended by {mended_by[1]}, but the matrix expects that to fall too."


def _known_labs(file: Path, loaded: matrix.Matrix) -> Iterator[str]:
    """Yield every lab of others whose solution the matrix does not know, or does not expect."""
    outcomes = {
        (cell.attack, cell.position, cell.defense, cell.cookie_age): cell.outcome
        for cell in loaded.cells()
        if cell.profile == loaded.profiles[0]
    }
    lists = tomllib.loads(file.read_text(encoding="utf-8")).values()
    for lab in (lab for labs in lists for lab in labs if "page" not in lab):
        cell = (lab["attack"], lab["position"], lab["lab"], lab.get("age", "fresh"))
        said = f"{file.name}: “{lab['name']}”: {cell[0]}.{cell[1]} against {cell[2]} ({cell[3]})"
        wanted = matrix.BLOCKED if lab.get("holds") else matrix.FORGED
        if cell not in outcomes:
            yield f"{said} is no cell of the matrix."
        elif outcomes[cell] != wanted:
            yield f"{said} is {outcomes[cell]} in the matrix, and should be {wanted}."


def _lessons(docs: Path, loaded: matrix.Matrix) -> Iterator[str]:
    """Yield what the matrix does not know of the lessons, and links that lead nowhere."""
    found, mistakes = lessons.read_all(docs / "lessons")
    yield from mistakes
    if [lesson.number for lesson in found] != list(range(1, len(found) + 1)):
        yield "docs/lessons: number the lessons 01, 02, 03 and so on, each number once."
    terms = _anchors(docs / "glossary.md")
    linked: set[str] = set()
    for lesson in found:
        yield from lessons.problems(lesson, loaded)
        if len(SENTENCE_END.findall(lesson.sections["The scene"])) != 2:
            yield f"{lesson.file}: the scene must be two sentences."
        if lesson.words > MOST_WORDS:
            yield f"{lesson.file} has {lesson.words} words to read: move some to More, or cut them."
        text = (docs / "lessons" / lesson.file).read_text(encoding="utf-8")
        for file, anchor in FILE_LINK.findall(text):
            if not (docs / "lessons" / file).resolve().exists():
                yield f"{lesson.file} links to {file}, which is not there."
            elif file == "../glossary.md":
                linked.add(anchor)
    for anchor in sorted(linked - terms):
        yield f"docs/glossary.md does not explain {anchor}, to which a lesson links."
    for anchor in sorted(terms - linked):
        yield f"docs/glossary.md explains {anchor}, to which no lesson links."


def _anchors(file: Path) -> set[str]:
    """Return the anchors of a Markdown file's headings of the second level."""
    titles = re.findall(r"^## (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return {lessons.anchor(title) for title in titles}


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
    print(f"lessons: {len(lessons.read_all()[0])}, all of whose claims are cells")
    return 0


if __name__ == "__main__":
    sys.exit(main())
