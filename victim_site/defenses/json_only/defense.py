"""Requests that can change something must have the type application/json, exactly."""

from __future__ import annotations

from django.http import HttpRequest

from csrf_proof.reasons import CONTENT_TYPE_REFUSED, Reason
from victim_site.defenses.base import Defense, is_unsafe

JSON = "application/json"


class JsonOnly(Defense):
    stops = ("form-post", "text-plain-json", "upload-post")
    does_not_stop = ("link-get", "cors-json", "injected-script-post")
    needs_script = True

    def script_headers(self, request: HttpRequest) -> dict[str, str]:
        return {"Content-Type": JSON}

    def refusal(self, request: HttpRequest) -> Reason | None:
        refused = is_unsafe(request) and request.content_type != JSON
        return CONTENT_TYPE_REFUSED if refused else None
