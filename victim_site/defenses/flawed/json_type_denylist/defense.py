"""Requests that can change something must not have one of the types that a form can send."""

from __future__ import annotations

from django.http import HttpRequest

from csrf_proof.reasons import CONTENT_TYPE_REFUSED, Reason
from victim_site.defenses.base import Defense, is_unsafe

FORM_TYPES = {"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"}


class JsonTypeDenylist(Defense):
    stops = ("form-post",)
    bypassed_by = "untyped-json.cross-site"
    fixed_by = "json-only"
    needs_script = True

    def script_headers(self, request: HttpRequest) -> dict[str, str]:
        return {"Content-Type": "application/json"}

    def refusal(self, request: HttpRequest) -> Reason | None:
        refused = is_unsafe(request) and request.content_type in FORM_TYPES
        return CONTENT_TYPE_REFUSED if refused else None
