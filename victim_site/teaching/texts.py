"""What there is: attacks, defenses, stacks, reasons and the matrix, read from their own files."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import dedent

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

from catalogue import matrix
from csrf_proof.attacks import Attack, read_all
from victim_site.defenses.base import all_defenses, flawed_defenses
from victim_site.label import BadLabel, Label, parse, stacks
from victim_site.weaknesses.base import all_weaknesses

DEFENSES_DIR = settings.CHECKOUT / "victim_site" / "defenses"
WEAKNESSES_DIR = settings.CHECKOUT / "victim_site" / "weaknesses"
POSITIONS = {
    "cross-site": "from another site",
    "subdomain": "from a sub-domain of the bank",
    "lookalike": "from a site whose name begins like the bank's",
    "same-origin": "from a script in the bank's own page",
}
# The texts are the project's own, yet raw HTML in them stays text.
_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
# A table that is wider than the window scrolls by itself, also by keyboard.
_SCROLL = '<div class="scroll" tabindex="0" role="region" aria-label="Table"><table>\n'
_markdown.add_render_rule("table_open", lambda *_: _SCROLL)
_markdown.add_render_rule("table_close", lambda *_: "</table></div>\n")


@dataclass(frozen=True)
class DefenseText:
    """One defense, as its file describes it: first sentence, lesson, and the file itself.

    `django` are the lines that switch it on in Django. A flawed one also names the attack and
    position that defeat it, and the sound defense that stops that attack.
    """

    slug: str
    summary: str
    text: str
    source: str
    file: str
    django: str
    falls_to: tuple[str, str] | None = None
    mended_by: str = ""


def positions(attack: Attack) -> list[tuple[str, str]]:
    """Return where an attack is launched from, and how that is said, in the usual order."""
    return [(slug, where) for slug, where in POSITIONS.items() if slug in attack.positions]


@cache
def attacks() -> dict[str, Attack]:
    """Return every attack by slug, in the order of the matrix, which tells the story."""
    found = read_all()
    order = [attack for attack, _ in the_matrix().rows if attack in found]
    return {slug: found[slug] for slug in dict.fromkeys([*order, *found])}


@dataclass(frozen=True)
class WeaknessText:
    """One weakness, as its file describes it, and the attacks that need it."""

    slug: str
    summary: str
    text: str
    source: str
    file: str
    attacks: tuple[Attack, ...]


@cache
def weaknesses() -> dict[str, WeaknessText]:
    """Return every weakness by slug."""
    return {slug: _weakness(slug) for slug in all_weaknesses()}


def _weakness(slug: str) -> WeaknessText:
    needing = tuple(attack for attack in attacks().values() if attack.needs == slug)
    return WeaknessText(slug, **_read(WEAKNESSES_DIR, slug), attacks=needing)


def _read(folder: Path, slug: str) -> dict[str, str]:
    """Return what a file says of itself: first sentence, lesson, whole source, and where it is."""
    file = folder / f"{slug.replace('-', '_')}.py"
    source = file.read_text(encoding="utf-8")
    summary, _, text = (ast.get_docstring(ast.parse(source)) or "").partition("\n\n")
    where = str(file.relative_to(settings.CHECKOUT))
    return {"summary": summary, "text": text, "source": source, "file": where}


def lab_for(text: str, attack: str) -> str:
    """Return a lab with what an attack needs added to its label, or as it is if that is none."""
    named, mark, owner = text.partition("--for-")
    try:
        return parse(the_matrix().lab(attack, named) + mark + owner).text
    except BadLabel:
        return text


@cache
def defenses() -> dict[str, DefenseText]:
    """Return every defense by slug."""
    return {slug: _defense(slug) for slug in all_defenses()}


@cache
def sound_defenses() -> list[DefenseText]:
    """Return the defenses that do what they say."""
    return [found for slug, found in defenses().items() if slug not in flawed_defenses()]


@cache
def flawed() -> list[DefenseText]:
    """Return the flawed defenses."""
    return [found for slug, found in defenses().items() if slug in flawed_defenses()]


def _defense(slug: str) -> DefenseText:
    folder = DEFENSES_DIR / "flawed" if slug in flawed_defenses() else DEFENSES_DIR
    said = _read(folder, slug)
    falls = re.search(r"^## Falls to\n\n`([a-z-]+)` from `([a-z-]+)`", said["text"], re.MULTILINE)
    mended = re.search(r"^## Mended by\n\n`([a-z-]+)`", said["text"], re.MULTILINE)
    return DefenseText(
        slug,
        **said,
        django=_in_django(said["text"]),
        falls_to=(falls[1], falls[2]) if falls else None,
        mended_by=mended[1] if mended else "",
    )


def _in_django(text: str) -> str:
    """Return the indented lines under “In Django” in a lesson, or nothing."""
    own = text.partition("## In your own project")[2].partition("\n## ")[0]
    found = re.search(r"^In Django.*\n\n((?:(?:    .*)?\n)+)", own + "\n", re.MULTILINE)
    return dedent(found[1]).strip() if found else ""


@cache
def the_matrix() -> matrix.Matrix:
    return matrix.load()


@cache
def cells() -> tuple[matrix.Cell, ...]:
    """Return every cell of the matrix, expanded."""
    return tuple(the_matrix().cells())


@cache
def squares(profile: str) -> dict[tuple[str, str, str], list[matrix.Cell]]:
    """Return one profile's cells by attack, position and defense: two where age matters."""
    found: dict[tuple[str, str, str], list[matrix.Cell]] = {}
    for cell in cells():
        if cell.profile == profile:
            found.setdefault((cell.attack, cell.position, cell.defense), []).append(cell)
    return found


def expected(label: Label, attack: str, position: str) -> list[matrix.Cell]:
    """Return what the matrix says of an attack on a lab in the first profile, if anything."""
    lab = lab_for(label.without_owner, attack)
    square = squares(the_matrix().profiles[0]).get((attack, position, lab), [])
    return [cell for cell in square if cell.cookie_age == "fresh"]


def summaries(label: Label) -> list[tuple[str, str]]:
    """Return the lab's defenses, each with its one sentence."""
    return [(slug, defenses()[slug].summary) for slug in label.slugs or ["no-defense"]]


def columns() -> list[str]:
    """Return the matrix's columns in order: defenses, then stacks."""
    return the_matrix().columns


def as_html(markdown: str, inline: bool = False) -> SafeString:
    """Render a lesson text, or one line of it, in which a defense is a link to its page.

    The text names the playground's default addresses, the page those where it runs.
    """
    return _as_html(settings.ADDRESSES.in_text(markdown), inline)


@cache
def _as_html(markdown: str, inline: bool) -> SafeString:
    html: str = _markdown.renderInline(markdown) if inline else _markdown.render(markdown)
    pages = [(slug, "defenses") for slug in (*all_defenses(), *stacks())]
    pages += [(slug, "weaknesses") for slug in all_weaknesses()]
    for slug, kind in [*pages, *((slug, "attacks") for slug in attacks())]:
        html = html.replace(
            f"<code>{slug}</code>", f'<a href="/{kind}/{slug}/"><code>{slug}</code></a>'
        )
    return mark_safe(html)  # noqa: S308  The renderer escapes HTML.


@cache
def as_code(source: str, language: str) -> SafeString:
    """Render a file with its syntax coloured, by classes that the stylesheet knows."""
    formatter = HtmlFormatter(cssclass="code", wrapcode=True)
    html: str = highlight(source, get_lexer_by_name(language), formatter)
    return mark_safe(html)  # noqa: S308  The formatter escapes HTML.
