"""Requests that can change something are answered with 403 unless the Origin is the bank's own."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from victim_site.defenses.base import Defense, is_unsafe, own_origin


class CheckAfterEffect(Defense):
    bypassed_by = "form-post.cross-site"
    fixed_by = "origin-check"

    def declare(self, request: HttpRequest, response: HttpResponse) -> None:
        if is_unsafe(request) and request.headers.get("Origin") != own_origin(request):
            response.status_code = 403
            response.content = b"The request came from another site and was refused."
            response["Content-Type"] = "text/plain; charset=utf-8"
            # A redirect would lead on to the page that says what was done.
            del response["Location"]
