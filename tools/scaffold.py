"""Begin an attack or a defense: `python -m tools.scaffold attack|defense|flawed <slug>`.

What it writes has every file and heading, and blanks that the linter (`make check`) then asks for.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from catalogue.labels import LONGEST_LABEL
from tools.check import (
    ATTACK_HEADINGS,
    BLANK,
    DEFENSE_HEADINGS,
    FLAWED_HEADINGS,
    ROOT,
    SLUG,
)

ATTACK_TOML = """title = "{blank}"
bait = "{blank}"
summary = "{blank}"
action = "transfer"
actions = ["transfer"]
positions = ["cross-site", "subdomain"]
trigger = "load"
method = "POST"
request = "{blank}"
"""

EXPLOIT = """<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>{blank}</title>
  <link rel="icon" href="/static/favicon.svg">
  <link rel="stylesheet" href="/static/bait.css">
</head>
<body>
  <main>
    <h1>{blank}</h1>

    <!-- {blank} -->
    <form action="{{{{ endpoint }}}}" method="post">
      {{% for name, value in fields.items() %}}
      <input type="hidden" name="{{{{ name }}}}" value="{{{{ value }}}}">
      {{% endfor %}}
    </form>
    <script>document.forms[0].submit();</script>

    <p><a href="{{{{ behind }}}}">What did this page just do?</a></p>
  </main>
</body>
</html>
"""

DEFENSE = '''"""{blank}

{lesson}
"""

from __future__ import annotations

from django.http import HttpRequest

from victim_site.defenses.base import Defense
from csrf_proof.reasons import Reason


class {name}(Defense):
    def refusal(self, request: HttpRequest) -> Reason | None:
        raise NotImplementedError("{blank}")
'''


class Refused(Exception):
    """Nothing was written; the message says why."""


def attack(slug: str, root: Path = ROOT) -> list[Path]:
    """Write the folder of a new attack; return its files."""
    folder = root / "attacker_site" / "attacks" / slug
    if folder.exists():
        raise Refused(f"There is an attack {slug} already.")
    readme = f"# {BLANK}\n\n{_sections(ATTACK_HEADINGS)}\n"
    folder.mkdir()
    return [
        _write(folder / "attack.toml", ATTACK_TOML.format(blank=BLANK)),
        _write(folder / "exploit.html", EXPLOIT.format(blank=BLANK)),
        _write(folder / "README.md", readme),
    ]


def defense(slug: str, root: Path = ROOT, *, flawed: bool = False) -> list[Path]:
    """Write the file of a new defense; return it."""
    folder = root / "victim_site" / "defenses"
    name = slug.replace("-", "_") + ".py"
    if (folder / name).exists() or (folder / "flawed" / name).exists():
        raise Refused(f"There is a defense {slug} already.")
    lesson = _sections(FLAWED_HEADINGS if flawed else DEFENSE_HEADINGS)
    title = "".join(word.capitalize() for word in slug.split("-"))
    text = DEFENSE.format(blank=BLANK, lesson=lesson, name=title)
    return [_write((folder / "flawed" if flawed else folder) / name, text)]


def _sections(headings: list[str]) -> str:
    return "\n\n".join(f"## {heading}\n\n{BLANK}" for heading in headings)


def _write(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8")
    return file


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Write what is asked for, and say what to do next."""
    kinds: dict[str, Callable[[str, Path], list[Path]]] = {
        "attack": attack,
        "defense": defense,
        "flawed": partial(defense, flawed=True),
    }
    if len(arguments) != 2 or arguments[0] not in kinds:
        print(f"python -m tools.scaffold {'|'.join(kinds)} <slug>", file=sys.stderr)
        return 2
    kind, slug = arguments
    if not SLUG.fullmatch(slug) or len(slug) > LONGEST_LABEL:
        print(
            f"“{slug}” is no slug: a-z, 0-9 and single hyphens, as in NAME=my-idea.",
            file=sys.stderr,
        )
        return 2
    try:
        written = kinds[kind](slug, root)
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 2
    for file in written:
        print(file.relative_to(root))
    print(f"Fill in each “{BLANK}”, then: make check. It says what is missing.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
