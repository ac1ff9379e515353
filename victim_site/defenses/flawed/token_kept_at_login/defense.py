"""A random token in every form, the same one from the sign-in form until sign-out.

## How it works

The sign-in form's token lives in a cookie. At sign-in it moves into the session and stays the
visitor's token from then on. A POST must bring it, before sign-in and after. Another site can
neither read nor guess it, and the plain hidden form is refused.

People ship it because a form that was open in another tab during sign-in still works afterwards.
Often nobody decided it at all: frameworks keep what a session holds when its visitor signs in.

## The flaw

Sign-in is the moment when a visitor becomes somebody, and what was known before is still valid
after. A cookie does not say who set it. So the attacker need not learn alice's token if they can
choose it for her while she is still signed out.

## Falls to

`fixed-session-post` from `subdomain`: the page plants a sign-in token that the attacker knows,
alice signs in with it, and the hidden form brings the same token.

## Mended by

`session-token`: it makes a new token at each sign-in, so one from before is worth nothing.

## Sources

- CWE-384: Session Fixation
- OWASP Session Management Cheat Sheet, "Renew the Session ID After Any Privilege Level Change"
- "Cookie Crumbles: Breaking and Fixing Web Session Integrity", USENIX Security 2023
"""

from __future__ import annotations

import secrets

from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from csrf_proof.reasons import TOKEN_MISSING, TOKEN_WRONG, Reason
from victim_site.defenses.base import Defense, is_unsafe
from victim_site.fields import submitted

FIELD = "token"
SESSION_KEY = "token"
SIGN_IN_COOKIE = "signin_token"


class TokenKeptAtLogin(Defense):
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
        expected, token = _expected(request), submitted(request).get(FIELD)
        if not expected or not token:
            return TOKEN_MISSING
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
