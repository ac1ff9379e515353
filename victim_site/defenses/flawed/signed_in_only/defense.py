"""A secret of the session in every form, asked of every customer who is signed in.

## How it works

At sign-in the bank puts a random secret into the session, and every form repeats it in a hidden
field. A POST of a customer who is signed in must bring it. Another site cannot read it, so nobody
can act in the name of a customer: not by a plain form, nor with another customer's token.

People ship it because the token lives in the session and a visitor without sign-in has none. And
nothing seems to be at stake there: who is not signed in cannot send money.

## The flaw

One act is made for visitors who are not signed in: the sign-in itself. It needs no cookie, and the
attacker knows the password of their own account. A visitor who is signed in to it without noticing
leaves there whatever they enter next.

## Falls to

`login-post` from `cross-site`: a hidden form signs a visitor who is not signed in into mallory's
account.

## Mended by

`csrf-token`: Django asks for a token, and for the right Origin, at sign-in too.

## Sources

- Barth, Jackson, Mitchell, "Robust Defenses for Cross-Site Request Forgery", ACM CCS 2008: login
  cross-site request forgery
- OWASP Cross-Site Request Forgery Prevention Cheat Sheet, "Possible CSRF Vulnerabilities in Login
  Forms"
"""

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
    settles = "the form's token"

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
