"""Defenses and weaknesses: a folder each, with one class and a lesson."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from catalogue.applications import FILES, applications
from csrf_proof.marked import Unmarked
from tools.check.claims import Claims
from tools.check.files import CACHES, SLUG, headings

APPLICATIONS = "In your own project"
DEFENSE_HEADINGS = ["How it works", "What it does not stop", APPLICATIONS, "Sources"]
FLAWED_HEADINGS = ["How it works", "The flaw", "Bypassed by", "Fixed by", "Sources"]
WEAKNESS_HEADINGS = ["What the bank does", "What it breaks", "Fixed by", "Sources"]


@dataclass(frozen=True)
class Kind:
    """A folder of folders that have the same form.

    `base` is the class that they extend; `optional` are endings and names of more files that they
    may have, and `beside` is what else is in the parent folder.
    """

    parent: Path
    base: str
    headings: list[str]
    optional: set[str] = field(default_factory=set)
    beside: set[str] = field(default_factory=set)

    @property
    def file(self) -> str:
        return f"{self.base.lower()}.py"

    def slugs(self) -> set[str]:
        """Return the slugs of all folders that the sites find."""
        return {path.parent.name.replace("_", "-") for path in self.parent.glob(f"*/{self.file}")}

    def problems(self, claims: dict[str, Claims]) -> Iterator[str]:
        """Yield what is wrong with the form of each folder, and note its claims by slug."""
        for path in sorted(self.parent.iterdir()):
            if path.name not in CACHES | self.beside | {"__init__.py"}:
                yield from self._problems(path, claims)

    def _problems(self, folder: Path, claims: dict[str, Claims]) -> Iterator[str]:
        where, kind = f"{self.parent.name}/{folder.name}", self.base.lower()
        if not folder.is_dir():
            yield f"{where} is not a {kind}: remove it, or move it into the folder of one."
            return
        slug = folder.name.replace("_", "-")
        if not folder.name.isidentifier() or not SLUG.fullmatch(slug):
            yield f"{where}: name the folder with a-z, 0-9 and single underscores, as in my_idea."
        wanted = {"__init__.py", "README.md", self.file}
        files = {path.name for path in folder.iterdir()} - CACHES
        for name in sorted(wanted - files):
            yield f"{where} has no {name}: every {kind} has {', '.join(sorted(wanted))}."
        for name in sorted(files - wanted):
            if not self.optional & {name, Path(name).suffix}:
                yield f"{where}/{name} is not part of a {kind}: remove it."
        if "README.md" in files:
            readme = (folder / "README.md").read_text(encoding="utf-8")
            yield from self._lesson(f"{where}/README.md", readme)
            if self.file in files:
                claimed: dict[str, Any] = {}
                yield from self._class(f"{where}/{self.file}", folder / self.file, claimed)
                claims[slug] = Claims(f"{where}/{self.file}", readme, **claimed)

    def _lesson(self, where: str, text: str) -> Iterator[str]:
        title, summary, _ = (*text.split("\n\n", 2), "", "")[:3]
        if not title.startswith("# ") or "\n" in title:
            yield f"{where} does not begin with a title and a blank line: # My idea."
        if not summary.endswith(".") or "\n" in summary or "`" in summary:
            yield f"{where} needs one plain sentence on one line below its title: what it is."
        yield from headings(where, text, self.headings)
        if APPLICATIONS in self.headings:
            yield from self._applications(where, text)

    def _applications(self, where: str, text: str) -> Iterator[str]:
        """Yield what is wrong between the lesson and the applications next to it."""
        own = text.partition(f"## {APPLICATIONS}\n")[2].partition("\n## ")[0]
        folder = Path(where).parent.name
        found = {one.file.name: one for one in applications(folder, self.parent)}
        if not found:
            yield f"{where}: {folder} has neither {' nor '.join(FILES.values())}: write one."
        for framework, name in FILES.items():
            if f"\nIn {framework}" not in f"\n{own}":
                yield f"{where}: {APPLICATIONS}: no paragraph begins with “In {framework}”."
            if (f"\n[{name}]({name})\n" in f"{own}\n") != (name in found):
                yield f"{where} must link to {name} on a line of its own if it exists, else not."
        for application in found.values():
            try:
                if not application.defense:
                    yield f"{where}: {application.file.name} marks no lines as the defense."
            except Unmarked as problem:
                yield f"{where}: {problem}"

    def _class(self, where: str, file: Path, claimed: dict[str, Any]) -> Iterator[str]:
        try:
            tree = ast.parse(file.read_text(encoding="utf-8"))
        except SyntaxError as error:
            yield f"{where} is not valid Python: line {error.lineno}, {error.msg}."
            return
        classes = [
            node
            for node in tree.body
            if isinstance(node, ast.ClassDef)
            and self.base in {getattr(base, "id", "") for base in node.bases}
        ]
        if len(classes) != 1:
            yield f"{where} has {len(classes)} classes that extend {self.base}: it must have one."
            return
        types = {"stops": tuple, "does_not_stop": tuple, "bypassed_by": str, "fixed_by": str}
        for node in classes[0].body:
            name = getattr(node.targets[0], "id", "") if isinstance(node, ast.Assign) else ""
            if not isinstance(node, ast.Assign) or name not in types:
                continue
            try:
                value = ast.literal_eval(node.value)
            except ValueError:
                value = None
            if not isinstance(value, types[name]) or not all(isinstance(one, str) for one in value):
                what = (
                    "names in quotes, in parentheses"
                    if types[name] is tuple
                    else "a name in quotes"
                )
                yield f"{where}: {name} must be {what}."
            else:
                claimed[name] = value


def kinds(root: Path) -> tuple[Kind, Kind, Kind]:
    """Return sound defenses, flawed ones, and weaknesses."""
    defenses, weaknesses = root / "victim_site" / "defenses", root / "victim_site" / "weaknesses"
    beside = {"base.py", "stacks.toml", "flawed"}
    return (
        Kind(defenses, "Defense", DEFENSE_HEADINGS, {*FILES.values(), "static"}, beside),
        Kind(defenses / "flawed", "Defense", FLAWED_HEADINGS),
        Kind(weaknesses, "Weakness", WEAKNESS_HEADINGS, {".html", "static"}, {"registry.py"}),
    )


def stacks(root: Path, defenses: set[str]) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Return the stacks, and the problems of their file."""
    file = root / "victim_site" / "defenses" / "stacks.toml"
    found = tomllib.loads(file.read_text(encoding="utf-8"))
    return found, list(_stacks(found, defenses))


def _stacks(stacks: dict[str, dict[str, Any]], defenses: set[str]) -> Iterator[str]:
    for slug, stack in stacks.items():
        if slug in defenses:
            yield f"stacks.toml: {slug} is a defense too; give one of them another name."
        if set(stack) != {"title", "summary", "members"}:
            yield f"stacks.toml: {slug} must say title, summary and members."
        for member in sorted(set(stack.get("members", [])) - defenses):
            yield f"stacks.toml: {slug} has a member {member}, which is not a defense."
