"""A token in every form, made from a random key that is in a cookie of its own."""

from __future__ import annotations

import secrets

from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

from csrf_proof.reasons import COOKIE_MISSING, TOKEN_MISSING, TOKEN_WRONG, Reason
from victim_site.defenses.base import Defense, is_unsafe
from victim_site.fields import submitted

FIELD = "token"
COOKIE = "token_key"


class TokenBesideSession(Defense):
    stops = ("form-post",)
    bypassed_by = "tossed-cookie-post.subdomain"
    fixed_by = "session-token"
    settles = "the form’s token"

    def form_fields(self, request: HttpRequest) -> dict[str, str]:
        # A new key is remembered until `declare` puts it into the cookie.
        key = request.COOKIES.get(COOKIE) or request.META.setdefault(
            COOKIE, secrets.token_urlsafe()
        )
        return {FIELD: _token(key)}

    def refusal(self, request: HttpRequest) -> Reason | None:
        if not is_unsafe(request):
            return None
        key, token = request.COOKIES.get(COOKIE), submitted(request).get(FIELD)
        if not token:
            return TOKEN_MISSING
        if not key:
            return COOKIE_MISSING
        return None if constant_time_compare(token, _token(key)) else TOKEN_WRONG

    def declare(self, request: HttpRequest, response: HttpResponse) -> None:
        if key := request.META.get(COOKIE):
            response.set_cookie(COOKIE, key, httponly=True, samesite="Lax")


def _token(key: str) -> str:
    return salted_hmac("form token", key, algorithm="sha256").hexdigest()
