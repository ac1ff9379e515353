"""Requests that can change something must have a header that a form can't send."""

from __future__ import annotations

from django.http import HttpRequest

from csrf_proof.reasons import HEADER_MISSING, Reason
from victim_site.defenses.base import Defense, is_unsafe

HEADER = "X-Requested-With"


class CustomHeader(Defense):
    stops = ("form-post", "upload-post", "login-post")
    does_not_stop = ("link-get", "cors-json", "injected-script-post")
    needs_script = True

    def script_headers(self, request: HttpRequest) -> dict[str, str]:
        return {HEADER: "fetch"}

    def refusal(self, request: HttpRequest) -> Reason | None:
        return HEADER_MISSING if is_unsafe(request) and HEADER not in request.headers else None
