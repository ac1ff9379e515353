"""Markdown and source files as HTML."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

from victim_site.defenses.base import all_defenses
from victim_site.label import stacks
from victim_site.teaching import descriptions
from victim_site.weaknesses.registry import all_weaknesses

# A table that is wider than the window scrolls by itself, also by keyboard.
_SCROLL = '<div class="scroll" tabindex="0" role="region" aria-label="Table"><table>\n'


def renderer() -> MarkdownIt:
    """Return a renderer that several threads can use."""
    # The texts are the project's own, yet raw HTML in them stays text.
    made = MarkdownIt("commonmark", {"html": False}).enable("table")
    made.add_render_rule("table_open", lambda *_: _SCROLL)
    made.add_render_rule("table_close", lambda *_: "</table></div>\n")
    # It compiles its rules at first use, and while it does, another thread finds none.
    made.render("a")
    return made


_markdown = renderer()


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
    for slug, kind in [*pages, *((slug, "attacks") for slug in descriptions.attacks())]:
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
