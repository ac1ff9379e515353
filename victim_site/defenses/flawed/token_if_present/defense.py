"""A secret from the session in every form, checked whenever a request includes a token."""

from __future__ import annotations

import secrets

from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from csrf_proof.reasons import TOKEN_WRONG, Reason
from victim_site.defenses.base import Defense, is_unsafe
from victim_site.fields import submitted

FIELD = "token"
SESSION_KEY = "token"
SIGN_IN_COOKIE = "signin_token"


class TokenIfPresent(Defense):
    stops = ("foreign-token-post",)
    bypassed_by = "empty-token-post.cross-site"
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
        token = submitted(request).get(FIELD)
        if token and not constant_time_compare(token, _expected(request)):
            return TOKEN_WRONG
        return None

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
