"""What belongs to no wing: the health check, and the pages for errors."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import REASON_NO_CSRF_COOKIE
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from victim_site.teaching.missing import Missing


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Tell that the site is up."""
    return HttpResponse("ok", content_type="text/plain")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: the request could not be read."""
    return _error(
        request,
        400,
        gettext("That request is broken"),
        gettext("It could not be read. Nothing changed."),
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404, with the sentence that was raised."""
    said = exception.args[0] if exception.args and isinstance(exception.args[0], str) else ""
    missing = exception if isinstance(exception, Missing) else None
    said = said or gettext("There is nothing at this address.")
    return _error(request, 404, gettext("No such page"), said, missing)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: an unsafe request that did not come from one of these pages."""
    message = gettext("Only the playground’s own pages may do that.")
    if reason == REASON_NO_CSRF_COOKIE:
        why = gettext(
            "Your browser sent no cookie, so it may keep none: allow cookies for %(playground)s, "
            "go back, and try again."
        )
        reason = why % {"playground": settings.ADDRESSES.domains.playground}
    return _error(request, 403, gettext("Refused"), f"{message} {reason}")


def _error(
    request: HttpRequest, status: int, title: str, message: str, missing: Missing | None = None
) -> HttpResponse:
    context = {"title": title, "message": message, "missing": missing}
    return render(request, "teaching/host_error.html", context, status=status)
