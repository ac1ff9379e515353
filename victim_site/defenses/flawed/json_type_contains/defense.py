"""Requests that can change something must have application/json in their Content-Type."""

from __future__ import annotations

from django.http import HttpRequest

from csrf_proof.reasons import CONTENT_TYPE_REFUSED, Reason
from victim_site.defenses.base import Defense, is_unsafe

JSON = "application/json"


class JsonTypeContains(Defense):
    stops = ("form-post",)
    bypassed_by = "mixed-type-json.cross-site"
    fixed_by = "json-only"
    needs_script = True

    def script_headers(self, request: HttpRequest) -> dict[str, str]:
        return {"Content-Type": JSON}

    def refusal(self, request: HttpRequest) -> Reason | None:
        if not is_unsafe(request):
            return None
        stated = request.headers.get("Content-Type", "").lower()
        return None if JSON in stated else CONTENT_TYPE_REFUSED
