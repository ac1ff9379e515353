"""The token is in the address of every page, where it leaks."""

from __future__ import annotations

import secrets
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from csrf_proof.reasons import COOKIE_MISSING, TOKEN_MISSING, TOKEN_WRONG, Reason
from victim_site.defenses.base import Defense, is_unsafe
from victim_site.fields import submitted

FIELD = "token"
KEPT_AS = "token-in-url"
SIGN_IN_COOKIE = "signin_token"


class TokenInUrl(Defense):
    stops = ("form-post",)
    bypassed_by = "token-leak-referer.cross-site"
    fixed_by = "session-token"
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
        request.session[KEPT_AS] = secrets.token_urlsafe()

    def declare(self, request: HttpRequest, response: HttpResponse) -> None:
        response["Referrer-Policy"] = "unsafe-url"
        if token := request.META.get(SIGN_IN_COOKIE):
            response.set_cookie(SIGN_IN_COOKIE, token, httponly=True, samesite="Lax")
        if _is_page(request, response) and (token := _expected(request)):
            query = urlencode({**request.GET.dict(), FIELD: token})
            response.status_code, response.content = 302, b""
            response["Location"] = f"{request.path}?{query}"


def _is_page(request: HttpRequest, response: HttpResponse) -> bool:
    """Tell whether this is a page that a signed-in visitor sees at an address without a token."""
    html = response.get("Content-Type", "").startswith("text/html")
    shown = request.method == "GET" and response.status_code == 200 and html
    return shown and request.user.is_authenticated and FIELD not in request.GET


def _expected(request: HttpRequest) -> str | None:
    if request.user.is_authenticated:
        token: str | None = request.session.get(KEPT_AS)
        return token
    return request.COOKIES.get(SIGN_IN_COOKIE)


def _new_sign_in_token(request: HttpRequest) -> str:
    # One per request, remembered there until `declare` puts it into the cookie.
    token: str = request.META.setdefault(SIGN_IN_COOKIE, secrets.token_urlsafe())
    return token
