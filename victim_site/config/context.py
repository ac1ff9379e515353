"""What every template can use."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

# What isn't in the menu of the teaching side, and the part of the menu that it belongs to.
PARTS = {
    "advisories": "attacks",
    "compare": "labs",
    "cookie-jar": "attacks",
    "cookies": "self-check",
    "facilitator": "lessons",
    "glossary": "lessons",
    "handout": "lessons",
    "known-labs": "labs",
    "libraries": "defenses",
    "missions": "lessons",
    "policies": "defenses",
    "your-own-exploit": "labs",
}


def addresses(request: HttpRequest) -> dict[str, Any]:
    """Return the request, the lab's label (None on the teaching side) and the sites' addresses."""
    here = settings.ADDRESSES
    first = request.path.split("/")[1]
    return {
        "request": request,
        # The part of the playground that a page belongs to, for the menu.
        "place": PARTS.get(first, first),
        # What aria-current says of it: the page itself, or one that contains this page.
        "current": "page" if request.path == f"/{first}/" and first not in PARTS else "true",
        "user": getattr(request, "user", None),
        "label": getattr(request, "label", None),
        "scheme": here.victim_scheme,
        "domains": here.domains,
        "playground_url": here.playground,
        "evil_url": here.evil,
        "bank_host": here.bank_host,
        "on_trainers_laptop": settings.ROOM,
        "in_room": settings.ROOM and getattr(request, "label", None) is None,
    }
