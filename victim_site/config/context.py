"""What every template may use."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def addresses(request: HttpRequest) -> dict[str, Any]:
    """Return the request, the lab's label (None on the teaching side) and the sites' addresses."""
    here = settings.ADDRESSES
    return {
        "request": request,
        # The part of the playground that a page belongs to, for the menu.
        "place": request.path.split("/")[1],
        "user": getattr(request, "user", None),
        "label": getattr(request, "label", None),
        "scheme": here.victim_scheme,
        "domains": here.domains,
        "playground_url": here.playground,
        "evil_url": here.evil,
        "bank_host": here.bank_host,
    }
