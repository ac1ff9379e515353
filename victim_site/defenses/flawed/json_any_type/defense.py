"""Requests that can change something must have a JSON object as their body."""

from __future__ import annotations

import json

from django.http import HttpRequest
from django.http.request import RawPostDataException

from csrf_proof.reasons import BODY_NOT_JSON, Reason
from victim_site.defenses.base import Defense, is_unsafe


class JsonAnyType(Defense):
    stops = ("form-post",)
    bypassed_by = "text-plain-json.cross-site"
    fixed_by = "json-only"
    needs_script = True

    def script_headers(self, request: HttpRequest) -> dict[str, str]:
        return {"Content-Type": "application/json"}

    def refusal(self, request: HttpRequest) -> Reason | None:
        if not is_unsafe(request):
            return None
        try:
            body = json.loads(request.body)
        # Brackets alone can exhaust the parser's stack, and a multipart body may have been read.
        except (ValueError, RecursionError, RawPostDataException):
            return BODY_NOT_JSON
        return None if isinstance(body, dict) else BODY_NOT_JSON
