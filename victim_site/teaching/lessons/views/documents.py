"""The glossary, the hand-out, and what a trainer reads."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import strip_tags
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe

from catalogue.lessons import anchor
from victim_site.teaching.lessons.markdown import DOCS, as_page

_HEADING = re.compile(r"<h([23])>(.*?)</h\1>")


@require_safe
def glossary(request: HttpRequest) -> HttpResponse:
    """Every term, as the lessons explain it at its first use."""
    text = (DOCS / "glossary.md").read_text(encoding="utf-8")
    _, *parts = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)
    terms = [
        (anchor(term), term, as_page(said))
        for term, said in zip(parts[::2], parts[1::2], strict=True)
    ]
    return render(request, "lessons/glossary.html", {"terms": terms})


@require_safe
def document(request: HttpRequest, name: str) -> HttpResponse:
    """A text of `docs/` as a page: what a trainer reads, or hands out."""
    text = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    page = mark_safe(_HEADING.sub(_with_anchor, as_page(text)))  # noqa: S308  Ours, and rendered.
    context = {"name": name, "text": page, "title": text.partition("\n")[0].strip("# ")}
    return render(request, "lessons/document.html", context)


def _with_anchor(heading: re.Match[str]) -> str:
    """Return a heading that links of the text lead to, as they do in the file."""
    level, said = heading[1], heading[2]
    return f'<h{level} id="{anchor(strip_tags(said))}">{said}</h{level}>'
