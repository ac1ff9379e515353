"""The fields of a request, wherever they travel: in the query, in a form, or in a JSON body."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.http.request import RawPostDataException


def submitted(request: HttpRequest) -> dict[str, str]:
    """Return the fields of a request by name; the body wins over the query.

    A body is read as JSON if it says so, and at the JSON addresses whatever it says, unless the
    view has its own way, a function `body`.

    Raises:
        BadRequest: The body is broken, or a field isn't text that can be stored.
    """
    cached: dict[str, str] | None = getattr(request, "_submitted", None)
    if cached is None:
        cached = {name: str(value) for name, value in request.GET.items()}
        if request.method == "POST":
            cached |= _reader(request)(request)
        for name, value in cached.items():
            if not _storable(name) or not _storable(value):
                raise BadRequest("A field holds characters that cannot be stored.")
        request._submitted = cached  # type: ignore[attr-defined]
    return cached


def form_fields(request: HttpRequest) -> dict[str, str]:
    """Return the fields of a body that is a form's."""
    return {name: str(value) for name, value in request.POST.items()}


def json_object(request: HttpRequest, **how: Any) -> dict[str, Any]:
    """Return the JSON object that is the body; `how` goes to `json.loads`.

    Raises:
        BadRequest: The body is something else.
    """
    try:
        decoded = json.loads(request.body, **how)
    # The parser goes one level deeper for each bracket, so brackets alone can exhaust the stack.
    # A multipart body that a token check has read is gone, and isn't JSON either.
    except (ValueError, RecursionError, RawPostDataException):
        raise BadRequest("The body is not JSON.") from None
    if not isinstance(decoded, dict):
        raise BadRequest("The body must be a JSON object.")
    return decoded


def _reader(request: HttpRequest) -> Callable[[HttpRequest], dict[str, str]]:
    """Return the function that reads the body."""
    view = request.resolver_match and request.resolver_match.func
    return getattr(view, "body", None) or _body


def _body(request: HttpRequest) -> dict[str, str]:
    if request.content_type != "application/json" and not request.path.startswith("/api/"):
        return form_fields(request)
    # Numbers stay text: the form says what is wrong with one that is too long to convert.
    decoded = json_object(request, parse_int=str, parse_float=str)
    if any(isinstance(value, dict | list) for value in decoded.values()):
        raise BadRequest("The fields of the JSON object must be text or numbers.")
    return {name: str(value) for name, value in decoded.items() if value is not None}


def _storable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # Half a surrogate pair, which JSON can spell.
        return False
    return "\0" not in text
