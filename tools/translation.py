"""A linter of templates: texts for people that aren't marked for translation.

    python -m tools.translation

prints a line for each text, with file and line, and ends with status 1 if there is one. Django's
own lexer takes a template apart. What is left without its tags is HTML, in which a text may only be
one that is the same in every language: code, or a name in `NAMES`. It also finds words in a
filter's argument (`default:"none"` instead of `default:_("none")`), and in a `blocktranslate` what
isn't the name of a variable, since Django shows nothing there.
"""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from pathlib import Path

from django.template.base import Lexer, TokenType

ROOT = Path(__file__).resolve().parents[1]
TEACHING = ROOT / "victim_site" / "teaching"
ATTRIBUTES = {"alt", "aria-label", "placeholder", "title"}
CODE = {"bdi", "code", "pre", "script", "style"}
# What people read, and what is the same in every language.
NAMES = {
    *("CSRF Playground", "CSV", "JSON", "UTC", "WebSocket"),
    *("Host", "Origin", "Referer", "Sec-Fetch-Site", "X-Forwarded-Host", "X-Forwarded-Proto"),
    *("Chrome", "Chromium", "Edge", "Firefox", "Safari"),
}
_WORD = re.compile(r"[^\W\d_]{2,}")
# A block such as `{% block main_class %}` is inside a tag of another template.
_INSIDE_A_TAG = re.compile(r'\s[\w-]+="[^"]*"')
_ARGUMENT = re.compile(r"""\|(?:(?:default|default_if_none|yesno):["']([^"']+)|(pluralize))""")


def unmarked(source: str) -> list[tuple[int, str]]:
    """Return each text of a template that isn't marked, with its line."""
    found: list[tuple[int, str]] = []
    html, end = "", ""
    for token in Lexer(source).tokenize():
        name = token.contents.partition(" ")[0]
        if end:
            end = "" if (token.token_type, name) == (TokenType.BLOCK, end) else end
            if token.token_type == TokenType.VAR and not token.contents.isidentifier():
                found.append((token.lineno or 1, f"{{{{ {token.contents} }}}} needs a name (with)"))
        elif token.token_type == TokenType.BLOCK and name in {"blocktranslate", "comment"}:
            end = f"end{name}"
        elif token.token_type == TokenType.TEXT:
            html += "\n" * ((token.lineno or 1) - 1 - html.count("\n")) + token.contents
        elif token.token_type in {TokenType.BLOCK, TokenType.VAR}:
            said = ("".join(each) for each in _ARGUMENT.findall(token.contents))
            found += [(token.lineno or 1, text) for text in said if _says_something(text)]
    return sorted(found + _Html(html).found)


def _says_something(text: str) -> bool:
    return bool(_WORD.search(text)) and text.strip(" ·:,.") not in NAMES


class _Html(HTMLParser):
    """The texts in what is left of a template, outside of code."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[int, str]] = []
        self._code: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in CODE:
            self._code.append(tag)
        read = [value for name, value in attrs if name in ATTRIBUTES and value]
        if dict(attrs).get("type") == "submit":
            read.append(dict(attrs).get("value") or "")
        self._note(*read)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._code:
            self._code.remove(tag)

    def handle_data(self, data: str) -> None:
        if not self._code:
            self._note(_INSIDE_A_TAG.sub("", data))

    def _note(self, *texts: str) -> None:
        for text in texts:
            line = self.getpos()[0] + text[: -len(text.lstrip()) or None].count("\n")
            said = " ".join(text.split())
            if _says_something(said):
                self.found.append((line, said))


def templates() -> list[Path]:
    """Return the templates of the teaching side."""
    return sorted(TEACHING.rglob("*.html"))


def main() -> int:
    found = [
        f"{file.relative_to(ROOT).as_posix()}:{line}: not marked for translation: {text}"
        for file in templates()
        for line, text in unmarked(file.read_text(encoding="utf-8"))
    ]
    print("\n".join(found) or "translation: all texts are marked")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
