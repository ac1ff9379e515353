"""Which browser is a trainer's: the one that has opened the secret link."""

from __future__ import annotations

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponse

COOKIE = "trainer"


def remember(response: HttpResponse) -> None:
    """Let this browser see the trainer's pages."""
    value = _trainer().sign(COOKIE)
    response.set_cookie(COOKIE, value, max_age=7 * 86400, httponly=True, samesite="Lax")


def is_trainer(request: HttpRequest) -> bool:
    """Tell whether this browser was let into the trainer's pages."""
    if not settings.ROOM_SECRET:
        return False
    try:
        return bool(_trainer().unsign(request.COOKIES.get(COOKIE, "")) == COOKIE)
    except BadSignature:
        return False


def _trainer() -> Signer:
    # With another secret, who was let in before is no longer.
    return Signer(key=settings.ROOM_SECRET, salt="room.trainer")
