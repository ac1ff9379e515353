"""Write `docs/libraries.md` from what `make libraries` found out.

`python -m tools.libraries_page` writes it; with `--check` it only tells whether it is fresh.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from csrf_proof.application.choice import POSITIONS
from csrf_proof.application.tries import NOT_APPLICABLE, NOT_JUDGED
from csrf_proof.application.verdict import BOTH, BROWSER
from csrf_proof.positions import CROSS_SITE, LOOKALIKE, SUBDOMAIN
from csrf_proof.profile_names import PROFILES
from csrf_proof.trial import BLOCKED, FORGED
from tools.check import ROOT
from tools.generated_page import write_or_check

FOLDER = ROOT / "examples" / "libraries"
ABOUT, RESULTS = FOLDER / "libraries.toml", FOLDER / "results.json"
FILE = ROOT / "docs" / "libraries.md"
HEAD = """# Libraries against CSRF

Each library or framework here protects the same small application, in which alice can change her
e-mail address. `csrf-proof` then attacks it from other sites and from a subdomain, in Chromium, in
Chromium without third-party cookies, and in Firefox. Below the table it says which attacks are left
out.
"""
NOTES = """
*Blocked by the browser alone* means that the browser didn't send what the attack needed, and that
the application acted on the same request once it got it.

The applications are in `examples/libraries`. The session cookie is `SameSite=None; Secure` where
the table doesn't say otherwise, so the library has to stop the attacks. The attacks don't know the
user's token. Not tried: planting a cookie from a subdomain and using another user's token, which
take an account for the attacker; a click in a frame, which none of these libraries covers; and
https, with which some of them check more.

Written from `examples/libraries/results.json` by `make docs`. `make libraries` tries everything
again.
"""
COLUMNS = (
    "library",
    "version",
    "tried",
    "blocked by the application",
    "blocked by the browser alone",
    "forged",
    "not applicable",
    "not judged",
)
FROM = {
    CROSS_SITE: "another site",
    SUBDOMAIN: "a subdomain",
    LOOKALIKE: "a site whose name begins like its own",
}
IN = {
    "chromium": "Chromium",
    "chromium-no-3pc": "Chromium without third-party cookies",
    "firefox": "Firefox",
}
Row = Mapping[str, str]


@dataclass(frozen=True)
class Library:
    """A library and its application.

    `does` says what it checks, and `setup` how the application uses it. `forged` says why, where
    something gets through. `broken` says why it can't be tried; it has no application then.
    `withheld`: its maintainers should know first what was found.
    """

    name: str
    title: str
    does: str = ""
    setup: str = ""
    forged: str = ""
    broken: str = ""
    tried: str = ""
    withheld: bool = False

    @property
    def folder(self) -> Path:
        return FOLDER / self.name

    @property
    def requirements(self) -> Path:
        return self.folder / "requirements.txt"

    @property
    def runs(self) -> bool:
        return not self.broken

    @property
    def tells(self) -> bool:
        """Whether the result of the attacks is on the page."""
        return self.runs and not self.withheld

    @property
    def version(self) -> str:
        """The version that is required first, or the one that doesn't run."""
        if not self.runs:
            return self.tried
        return self.requirements.read_text(encoding="utf-8").split("\n")[0].partition("==")[2]


def libraries() -> list[Library]:
    """Return all libraries, in the order of their file."""
    said = tomllib.loads(ABOUT.read_text(encoding="utf-8"))
    return [Library(name, **about) for name, about in said.items()]


def results() -> dict[str, Any]:
    """Return the result of each library's application, by name."""
    found: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return found


def page() -> str:
    """Return the whole page."""
    found, every = results(), libraries()
    lines = [HEAD, _sum(found), "", f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|"]
    lines += [_line(each, found.get(each.name)) for each in every]
    lines.append(NOTES.rstrip("\n"))
    for each in every:
        lines += ["", f"## {each.title}", "", *_section(each, found.get(each.name))]
    return "\n".join(lines) + "\n"


def _sum(found: Mapping[str, Any]) -> str:
    """Return how many let nothing through; those without protection count as well."""
    open_ = [one for one in found.values() if _with(one["results"], FORGED)]
    return f"**Of {len(found)} that were tried, {len(found) - len(open_)} let nothing through.**"


def _line(library: Library, found: Mapping[str, Any] | None) -> str:
    cells = [library.title, library.version]
    if not library.tells or found is None:
        why = "doesn't run" if library.broken else "withheld" if library.withheld else "not yet"
        cells.append(why)
        return f"| {' | '.join(cells)} |" + " |" * (len(COLUMNS) - len(cells))
    rows = found["results"]
    outcomes = [each["outcome"] for each in rows]
    alone = len(_alone(rows))
    skipped, forged = outcomes.count(NOT_APPLICABLE), outcomes.count(FORGED)
    counts = (
        len(rows) - skipped,
        outcomes.count(BLOCKED) - alone,
        alone,
        f"**{forged}**" if forged else 0,
        skipped,
        outcomes.count(NOT_JUDGED),
    )
    return f"| {' | '.join([*cells, *map(str, counts)])} |"


def _alone(rows: Iterable[Row]) -> list[Row]:
    return [each for each in rows if each.get("stopped_by") == BROWSER]


def _section(library: Library, found: Mapping[str, Any] | None) -> Iterator[str]:
    if library.broken:
        yield f"{library.title} {library.tried} wasn't tried: {library.broken}"
        return
    yield library.does
    yield f"\nSet up: {library.setup}"
    if library.withheld:
        yield "\nThe results of the attacks are withheld: its maintainers should know first."
        return
    if found is None:
        yield "\nIts application works, and wasn't attacked yet."
        return
    rows = found["results"]
    yield f"\nTried on {found['date']}, with {library.title} {found['version']}.\n"
    both = sum(each.get("stopped_by") == BOTH for each in rows)
    application = sum(each["outcome"] == BLOCKED for each in rows) - len(_alone(rows))
    if application:
        said = f", {both} of them also by the browser" if both else ""
        yield f"- Blocked by the application: {_attacks(application)}{said}."
    yield from _named("Blocked by the browser alone", _alone(rows))
    yield from _named("Forged", _with(rows, FORGED), library.forged)
    for outcome, head in ((NOT_APPLICABLE, "Not applicable"), (NOT_JUDGED, "Not judged")):
        for note in dict.fromkeys(each["note"] for each in _with(rows, outcome)):
            yield from _named(head, [e for e in _with(rows, outcome) if e["note"] == note], note)


def _with(rows: Iterable[Row], outcome: str) -> list[Row]:
    return [each for each in rows if each["outcome"] == outcome]


def _named(head: str, rows: Sequence[Row], why: str = "") -> Iterator[str]:
    """Yield a line with the names of attacks, in groups that came from and ran in the same."""
    if not rows:
        return
    yield f"- {head}: {_attacks(len(rows))}.{f' {why}' if why else ''}"
    groups: dict[str, list[str]] = {}
    for attack in dict.fromkeys(each["attack"] for each in rows):
        of_it = {(e["position"], e["profile"]) for e in rows if e["attack"] == attack}
        groups.setdefault(where(of_it), []).append(f"`{attack}`")
    for place, attacks in groups.items():
        yield f"    - {place}: {', '.join(attacks)}"


def _attacks(count: int) -> str:
    return "1 attack" if count == 1 else f"{count} attacks"


def where(pairs: set[tuple[str, str]]) -> str:
    """Return where attacks came from, and in which browsers, by position and profile."""
    browsers: dict[tuple[str, ...], list[str]] = {}
    for position in POSITIONS:
        if used := tuple(profile for profile in PROFILES if (position, profile) in pairs):
            browsers.setdefault(used, []).append(FROM[position])
    said = [
        f"from {' and from '.join(places)}, in {_browsers(used)}"
        for used, places in browsers.items()
    ]
    return "; ".join(said)


def _browsers(used: Sequence[str]) -> str:
    if tuple(used) == PROFILES:
        return "all three browsers"
    return " and ".join(IN[profile] for profile in used)


def main() -> int:
    """Write the page, or tell that it is stale."""
    stale = "docs/libraries.md is older than its results: run make docs."
    return write_or_check(FILE, page(), stale)


if __name__ == "__main__":
    sys.exit(main())
