"""A token in every form, valid for one action and for no other."""

from __future__ import annotations

import secrets

from django.core.signing import Signer
from django.http import HttpRequest, HttpResponse
from django.urls import resolve
from django.utils.crypto import constant_time_compare

from csrf_proof.reasons import COOKIE_MISSING, TOKEN_MISSING, TOKEN_WRONG, Reason
from victim_site.defenses.base import Defense, action_of, is_unsafe
from victim_site.fields import submitted

FIELD = "token"
SESSION_KEY = "per-form-token"
SIGN_IN_COOKIE = "signin_token"


class PerFormToken(Defense):
    stops = ("form-hijack", "form-post", "client-side-post", "redirect-307-post")
    does_not_stop = ("link-get", "clickjacking", "dangling-markup")
    settles = "the form’s token"

    def fields_for(self, request: HttpRequest, address: str) -> dict[str, str]:
        action = action_of(resolve(address).func, address)
        return {FIELD: _token(_secret(request) or _new_sign_in_secret(request), action)}

    def refusal(self, request: HttpRequest) -> Reason | None:
        if not is_unsafe(request):
            return None
        secret, token = _secret(request), submitted(request).get(FIELD)
        if not token:
            return TOKEN_MISSING
        if not secret:
            return COOKIE_MISSING
        assert request.resolver_match  # Defenses are asked once Django has found the view.
        action = action_of(request.resolver_match.func, request.path)
        return None if constant_time_compare(token, _token(secret, action)) else TOKEN_WRONG

    def signed_in(self, request: HttpRequest) -> None:
        request.session[SESSION_KEY] = secrets.token_urlsafe()

    def declare(self, request: HttpRequest, response: HttpResponse) -> None:
        if secret := request.META.get(SIGN_IN_COOKIE):
            response.set_cookie(SIGN_IN_COOKIE, secret, httponly=True, samesite="Lax")


def _token(secret: str, action: str) -> str:
    # Who has the token for one action can't compute the one for another without the bank's key.
    return Signer(salt=f"a form for {action}").signature(secret)


def _secret(request: HttpRequest) -> str | None:
    if request.user.is_authenticated:
        return request.session.get(SESSION_KEY)
    return request.COOKIES.get(SIGN_IN_COOKIE)


def _new_sign_in_secret(request: HttpRequest) -> str:
    # One per request, remembered there until `declare` puts it into the cookie.
    secret: str = request.META.setdefault(SIGN_IN_COOKIE, secrets.token_urlsafe())
    return secret
