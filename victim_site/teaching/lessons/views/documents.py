"""The glossary, the hand-out, and what a trainer reads."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from catalogue.lessons import anchor
from victim_site.teaching.lessons.markdown import DOCS, as_page


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
    context = {"name": name, "text": as_page(text), "title": text.partition("\n")[0].strip("# ")}
    return render(request, "lessons/document.html", context)
