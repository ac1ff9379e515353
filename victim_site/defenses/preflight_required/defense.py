"""The API accepts only what a form or a link can't send."""

from __future__ import annotations

from django.http import HttpRequest

from csrf_proof.reasons import NO_PREFLIGHT, Reason
from victim_site.defenses.base import Defense

API = "/api/"
TYPE, HEADER = "application/json", "X-Requested-With"


class PreflightRequired(Defense):
    stops = ("graphql-get", "graphql-form-post", "text-plain-json", "untyped-json")
    does_not_stop = ("form-post", "link-get", "cors-json")

    def refusal(self, request: HttpRequest) -> Reason | None:
        if not request.path.startswith(API):
            return None
        asked_for = request.content_type == TYPE or HEADER in request.headers
        return None if asked_for else NO_PREFLIGHT
