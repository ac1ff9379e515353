"""A request's cookies as the browser sent them; of several with one name, Django keeps the last."""

from __future__ import annotations

from django.conf import settings
from django.core.handlers.wsgi import get_str_from_wsgi
from django.http import HttpRequest
from django.http.cookie import parse_cookie


def pairs(request: HttpRequest) -> list[tuple[str, str]]:
    """Return names and values in the order of the request, split as Django splits them."""
    line = get_str_from_wsgi(request.META, "HTTP_COOKIE", "")
    return [pair for part in line.split(";") for pair in parse_cookie(part).items()]


def names(request: HttpRequest) -> list[str]:
    """Return the names in the order of the request, duplicates included."""
    return [name for name, _ in pairs(request)]


def unread_session_keys(request: HttpRequest, prefix: str) -> set[str]:
    """Return the values of session cookies that Django did not read, given the names' prefix."""
    name = prefix + settings.SESSION_COOKIE_NAME
    values = {value for sent, value in pairs(request) if sent == name and "\0" not in value}
    return values - {request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")}
