"""A secret from the session in every form, required everywhere but under /api/."""

from __future__ import annotations

import secrets

from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from csrf_proof.reasons import COOKIE_MISSING, TOKEN_MISSING, TOKEN_WRONG, Reason
from victim_site.defenses.base import Defense, is_unsafe
from victim_site.fields import submitted

EXEMPT = "/api/"
FIELD = "token"
SESSION_KEY = "token"
SIGN_IN_COOKIE = "signin_token"


class TokenExceptApi(Defense):
    stops = ("form-post",)
    bypassed_by = "text-plain-json.cross-site"
    fixed_by = "csrf-token"
    settles = "the form’s token"

    def form_fields(self, request: HttpRequest) -> dict[str, str]:
        # A new one is remembered until `declare` puts it into the cookie.
        token = _expected(request) or request.META.setdefault(
            SIGN_IN_COOKIE, secrets.token_urlsafe()
        )
        return {FIELD: token}

    def refusal(self, request: HttpRequest) -> Reason | None:
        if not is_unsafe(request) or request.path.startswith(EXEMPT):
            return None
        expected, token = _expected(request), submitted(request).get(FIELD)
        if not token:
            return TOKEN_MISSING
        if not expected:
            return COOKIE_MISSING
        return None if constant_time_compare(token, expected) else TOKEN_WRONG

    def signed_in(self, request: HttpRequest) -> None:
        request.session[SESSION_KEY] = secrets.token_urlsafe()

    def declare(self, request: HttpRequest, response: HttpResponse) -> None:
        if token := request.META.get(SIGN_IN_COOKIE):
            response.set_cookie(SIGN_IN_COOKIE, token, httponly=True, samesite="Lax")


def _expected(request: HttpRequest) -> str:
    if request.user.is_authenticated:
        token: str = request.session.get(SESSION_KEY, "")
        return token
    return request.COOKIES.get(SIGN_IN_COOKIE, "")
