"""The texts of `docs/` as HTML."""

from __future__ import annotations

import re
from functools import cache

from django.conf import settings
from django.utils.safestring import SafeString

from catalogue.addresses import Addresses
from victim_site.teaching.rendering import as_html

DOCS = settings.CHECKOUT / "docs"
# The files of `docs/` that are pages here, beside the lessons.
PAGES = {"glossary", "handout", "facilitator", "libraries", "matrix"}
_LINK = re.compile(r"\[([^]]*)\]\((?:\.\./)?(?:lessons/)?([\w-]+)\.md(#[\w-]+)?\)")


def as_page(text: str, inline: bool = False) -> SafeString:
    """Render text of `docs/`: links lead to the pages here instead of the files."""
    return _as_page(text, inline, settings.ADDRESSES)


@cache
def _as_page(text: str, inline: bool, here: Addresses) -> SafeString:
    def page(link: re.Match[str]) -> str:
        said, file, place = link[1], link[2], link[3] or ""
        slug = re.sub(r"^\d\d-", "", file)
        if slug != file:
            return f"[{said}](/lessons/{slug}/{place})"
        return f"[{said}](/{file}/{place})" if file in PAGES else f"{said} (`docs/{file}.md`)"

    return as_html(_LINK.sub(page, text), inline)
