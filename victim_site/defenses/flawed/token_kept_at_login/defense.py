"""A random token in every form, which stays the same from the sign-in form until sign-out."""

from __future__ import annotations

import secrets

from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from csrf_proof.reasons import COOKIE_MISSING, TOKEN_MISSING, TOKEN_WRONG, Reason
from victim_site.defenses.base import Defense, is_unsafe
from victim_site.fields import submitted

FIELD = "token"
SESSION_KEY = "token"
SIGN_IN_COOKIE = "signin_token"


class TokenKeptAtLogin(Defense):
    stops = ("form-post",)
    bypassed_by = "fixed-session-post.subdomain"
    fixed_by = "session-token"
    settles = "the form’s token"

    def form_fields(self, request: HttpRequest) -> dict[str, str]:
        # A new one is remembered until `declare` puts it into the cookie.
        token = _expected(request) or request.META.setdefault(
            SIGN_IN_COOKIE, secrets.token_urlsafe()
        )
        return {FIELD: token}

    def refusal(self, request: HttpRequest) -> Reason | None:
        if not is_unsafe(request):
            return None
        expected, token = _expected(request), submitted(request).get(FIELD)
        if not token:
            return TOKEN_MISSING
        if not expected:
            return COOKIE_MISSING
        return None if constant_time_compare(token, expected) else TOKEN_WRONG

    def signed_in(self, request: HttpRequest) -> None:
        # A sign-in by GET may bring no cookie, and its session needs a token too.
        token = request.COOKIES.get(SIGN_IN_COOKIE) or secrets.token_urlsafe()
        request.session.setdefault(SESSION_KEY, token)

    def declare(self, request: HttpRequest, response: HttpResponse) -> None:
        if token := request.META.get(SIGN_IN_COOKIE):
            response.set_cookie(SIGN_IN_COOKIE, token, httponly=True, samesite="Lax")


def _expected(request: HttpRequest) -> str | None:
    if request.user.is_authenticated:
        return request.session.get(SESSION_KEY)
    return request.COOKIES.get(SIGN_IN_COOKIE)
