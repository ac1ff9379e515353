"""A secret from the session in every form, required from every customer who is signed in."""

from __future__ import annotations

import secrets

from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from csrf_proof.reasons import TOKEN_MISSING, TOKEN_WRONG, Reason
from victim_site.defenses.base import Defense, is_unsafe
from victim_site.fields import submitted

FIELD = "token"
SESSION_KEY = "token"


class SignedInOnly(Defense):
    stops = ("form-post",)
    bypassed_by = "login-post.cross-site"
    fixed_by = "csrf-token"
    settles = "the form’s token"

    def form_fields(self, request: HttpRequest) -> dict[str, str]:
        return {FIELD: _expected(request)} if request.user.is_authenticated else {}

    def refusal(self, request: HttpRequest) -> Reason | None:
        if not is_unsafe(request) or not request.user.is_authenticated:
            return None
        expected, token = _expected(request), submitted(request).get(FIELD)
        if not expected or not token:
            return TOKEN_MISSING
        return None if constant_time_compare(token, expected) else TOKEN_WRONG

    def signed_in(self, request: HttpRequest) -> None:
        request.session[SESSION_KEY] = secrets.token_urlsafe()


def _expected(request: HttpRequest) -> str:
    token: str = request.session.get(SESSION_KEY, "")
    return token
