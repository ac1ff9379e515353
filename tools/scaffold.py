"""Begin an attack, a defense or a weakness: `python -m tools.scaffold attack <slug>`.

What it writes has every file and heading, and blanks that the linter (`make check`) then asks for.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from catalogue.applications import FILES, applications
from catalogue.labels import LONGEST_LABEL, NO_DEFENSE
from tools.check import BLANK, ROOT, SLUG, attacks
from tools.check.defenses import APPLICATIONS, Kind, kinds

ATTACK_TOML = """format_version = 1
title = "{blank}"
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
  <script src="/static/home.js" defer></script>
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

    <p><a href="{{{{ behind }}}}">What did this page just do?</a>
      <a id="home" href="{{{{ origin }}}}/">Back to your bank</a></p>
  </main>
</body>
</html>
"""

DEFENSE = '''"""{blank}"""

from __future__ import annotations

from django.http import HttpRequest

from csrf_proof.reasons import Reason
from victim_site.defenses.base import Defense


class {name}(Defense):
{claims}

    def refusal(self, request: HttpRequest) -> Reason | None:
        raise NotImplementedError("{blank}")
'''
SOUND_CLAIMS = '    stops = ("{blank}",)\n    does_not_stop = ("{blank}",)'
FLAWED_CLAIMS = '    stops = ("{blank}",)\n    bypassed_by = "{blank}"\n    fixed_by = "{blank}"'

WEAKNESS = '''"""{blank}"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from victim_site.bank.weakness import View, Weakness


def _page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("{blank}")


class {name}(Weakness):
    menu = ("/{slug}", "{blank}")

    def pages(self) -> dict[str, View]:
        return {{"{slug}": _page}}
'''


class Refused(Exception):
    """Nothing was written; the message says why."""


def attack(slug: str, root: Path = ROOT) -> list[Path]:
    """Write the folder of a new attack; return its files."""
    folder = root / "attacker_site" / "attacks" / slug
    if folder.exists():
        raise Refused(f"There is already an attack called {slug}.")
    readme = f"# {BLANK}\n\n{_sections(attacks.HEADINGS)}\n"
    folder.mkdir()
    return [
        _write(folder / "attack.toml", ATTACK_TOML.format(blank=BLANK)),
        _write(folder / "exploit.html", EXPLOIT.format(blank=BLANK)),
        _write(folder / "README.md", readme),
    ]


def defense(slug: str, root: Path = ROOT, *, flawed: bool = False) -> list[Path]:
    """Write the folder of a new defense; return its files."""
    sound, wrong, _ = kinds(root)
    if slug in sound.slugs() | wrong.slugs():
        raise Refused(f"There is already a defense called {slug}.")
    if flawed:
        return _folder(wrong, slug, DEFENSE.replace("{claims}", FLAWED_CLAIMS))
    written = _folder(sound, slug, DEFENSE.replace("{claims}", SOUND_CLAIMS))
    folder = written[0].parent
    links = "".join(
        f"In {name}{BLANK}:\n\n[{file}]({file})\n\n" for name, file in FILES.items()
    ).strip()
    readme = folder / "README.md"
    heading = f"## {APPLICATIONS}\n\n"
    text = readme.read_text(encoding="utf-8").replace(f"{heading}{BLANK}", heading + links)
    _write(readme, text)
    # The applications that have no defense yet, to put one between their marks.
    for one in applications(NO_DEFENSE):
        _, _, rest = one.source.partition("\n")
        written.append(_write(folder / one.file.name, f'"""{BLANK}\n{rest}'))
    return written


def weakness(slug: str, root: Path = ROOT) -> list[Path]:
    """Write the folder of a new weakness; return its files."""
    _, _, kind = kinds(root)
    if slug in kind.slugs():
        raise Refused(f"There is already a weakness called {slug}.")
    return _folder(kind, slug, WEAKNESS)


def _folder(kind: Kind, slug: str, source: str) -> list[Path]:
    """Write a folder with a class and its lesson."""
    name = slug.replace("-", "_")
    if not name.isidentifier():
        raise Refused(f"Begin the name with a letter: {slug} becomes the name of a Python package.")
    folder = kind.parent / name
    if folder.exists():
        raise Refused(f"There is already a folder {folder.relative_to(kind.parent.parents[1])}.")
    folder.mkdir()
    title = "".join(word.capitalize() for word in slug.split("-"))
    readme = f"# {BLANK}\n\n{BLANK}.\n\n{_sections(kind.headings)}\n"
    _write(folder / "__init__.py", "")
    return [
        _write(folder / kind.file, source.format(blank=BLANK, name=title, slug=slug)),
        _write(folder / "README.md", readme),
    ]


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
        "weakness": weakness,
    }
    if len(arguments) != 2 or arguments[0] not in kinds:
        print(f"python -m tools.scaffold {'|'.join(kinds)} <slug>", file=sys.stderr)
        return 2
    kind, slug = arguments
    if not SLUG.fullmatch(slug) or len(slug) > LONGEST_LABEL:
        print(
            f"“{slug}” is not a valid name: use a-z, 0-9 and single hyphens, as in NAME=my-idea.",
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
    print(f"Replace each “{BLANK}”, then run make check, which says what is missing.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
