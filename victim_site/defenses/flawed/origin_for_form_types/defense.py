"""The Origin header must be the bank's own if the request has one of the types of a form."""

from __future__ import annotations

from django.http import HttpRequest

from csrf_proof.reasons import ORIGIN_MISMATCH, ORIGIN_MISSING, ORIGIN_NULL, Reason
from victim_site.defenses.base import Defense, is_unsafe, own_origin

FORM_TYPES = {"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"}


class OriginForFormTypes(Defense):
    stops = ("form-post", "text-plain-json", "null-origin-post")
    bypassed_by = "untyped-json.cross-site"
    fixed_by = "origin-check"

    def refusal(self, request: HttpRequest) -> Reason | None:
        if not is_unsafe(request) or request.content_type not in FORM_TYPES:
            return None
        origin = request.headers.get("Origin")
        if origin is None:
            return ORIGIN_MISSING
        if origin == "null":
            return ORIGIN_NULL
        return None if origin == own_origin(request) else ORIGIN_MISMATCH
