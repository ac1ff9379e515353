"""A token in every form that is a hash of the customer's username."""

from __future__ import annotations

import hashlib

from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from csrf_proof.reasons import TOKEN_MISSING, TOKEN_WRONG, Reason
from victim_site.defenses.base import Defense, is_unsafe
from victim_site.fields import submitted

FIELD = "token"


class TokenPredictable(Defense):
    stops = ("form-post",)
    bypassed_by = "foreign-token-post.cross-site"
    fixed_by = "session-token"
    settles = "the form’s token"

    def form_fields(self, request: HttpRequest) -> dict[str, str]:
        return {FIELD: _token(request)}

    def refusal(self, request: HttpRequest) -> Reason | None:
        if not is_unsafe(request):
            return None
        token = submitted(request).get(FIELD)
        if not token:
            return TOKEN_MISSING
        return None if constant_time_compare(token, _token(request)) else TOKEN_WRONG


def _token(request: HttpRequest) -> str:
    return hashlib.sha256(request.user.get_username().encode()).hexdigest()
