"""What every template may use."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def addresses(request: HttpRequest) -> dict[str, Any]:
    """Return the request, the lab's label (None on the teaching side) and the sites' addresses."""
    return {
        "request": request,
        "user": getattr(request, "user", None),
        "label": getattr(request, "label", None),
        "scheme": settings.SCHEME,
        "playground_url": settings.PLAYGROUND_URL,
        "evil_url": settings.EVIL_URL,
        "bank_host": f"{settings.BANK_HOST}:{settings.VICTIM_PORT}",
        "attacker_port": settings.ATTACKER_PORT,
    }
