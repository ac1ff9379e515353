"""A secret that is stored in the session and repeated in every form: the classic token."""

from __future__ import annotations

import secrets

from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from csrf_proof.reasons import COOKIE_MISSING, TOKEN_MISSING, TOKEN_WRONG, Reason
from victim_site.defenses.base import Defense, is_unsafe
from victim_site.fields import submitted

FIELD = "token"
SESSION_KEY = "session-token"
SIGN_IN_COOKIE = "signin_token"


class SessionToken(Defense):
    stops = ("form-post", "foreign-token-post", "fixed-session-post")
    does_not_stop = ("link-get", "cors-token-theft", "clickjacking")
    settles = "the form’s token"

    def form_fields(self, request: HttpRequest) -> dict[str, str]:
        return {FIELD: _expected(request) or _new_sign_in_token(request)}

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
        # A new one, although Django keeps what is in a session: someone who knew a token before the
        # visitor signed in must not know the one after.
        request.session[SESSION_KEY] = secrets.token_urlsafe()

    def declare(self, request: HttpRequest, response: HttpResponse) -> None:
        if token := request.META.get(SIGN_IN_COOKIE):
            response.set_cookie(SIGN_IN_COOKIE, token, httponly=True, samesite="Lax")


def _expected(request: HttpRequest) -> str | None:
    if request.user.is_authenticated:
        return request.session.get(SESSION_KEY)
    return request.COOKIES.get(SIGN_IN_COOKIE)


def _new_sign_in_token(request: HttpRequest) -> str:
    # One per request, remembered there until `declare` puts it into the cookie.
    token: str = request.META.setdefault(SIGN_IN_COOKIE, secrets.token_urlsafe())
    return token
