"""A secret of the session in every form, compared whenever a request brings a token along.

## How it works

At sign-in the bank puts a random secret into the session, and every form repeats it in a hidden
field. The sign-in form has one of its own, in a cookie. A request that brings a token is refused
unless it is the right one, so a guessed, outdated or foreign token does not help.

People ship it because it breaks nobody. A partner's script and an old page that know of no token
go on working, and the test that sends a wrong token is refused as it should be.

## The flaw

The attacker writes the form, and so decides which fields it has. A request without the field is
not compared with anything. Not even a trick is needed: the plain hidden form of `form-post`, which
knows of no token, is let through as well.

## Falls to

`empty-token-post` from `cross-site`: the hidden form has an empty token, or none, and alice pays.

## Mended by

`session-token`: a request without a token is refused, like one with a wrong token.

## Sources

- PortSwigger Web Security Academy, "Bypassing CSRF token validation": "Validation of CSRF token
  depends on token being present"
- OWASP Web Security Testing Guide, WSTG-SESS-05: Testing for Cross Site Request Forgery
"""

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
    settles = "the form's token"

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
