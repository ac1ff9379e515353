"""A token in every form, made from a random key that the visitor holds in a cookie.

## How it works

Every visitor gets a cookie `token_key` with a random key. The token in the forms is a keyed hash of
it, so the bank can compute it again and has nothing to store. A POST must bring the cookie and the
token that belongs to it.

People ship it because the token library and the session framework are two packages, and neither
has to know of the other. Another site can neither read the cookie nor compute the hash: a form
without the token, or with one of somebody else's, is refused.

## The flaw

Two cookies arrive, and nothing says that they belong together. The token is proof of the key, and
the key may be anybody's. Whoever can plant a cookie brings a key and a token that fit each other
beside alice's session.

## Falls to

`tossed-cookie-post` from `subdomain`: the page sets the attacker's own `token_key` for the whole
domain of the lab, and posts the token that the bank gave the attacker for it.

## Mended by

`session-token`: the token is kept in the session, and with alice's session only hers is accepted.

## Sources

- PortSwigger Web Security Academy, "Bypassing CSRF token validation": "CSRF token is tied to a
  non-session cookie"
- RFC 6265bis, section 8.6: Weak Integrity
"""

from __future__ import annotations

import secrets

from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

from csrf_proof.reasons import TOKEN_MISSING, TOKEN_WRONG, Reason
from victim_site.defenses.base import Defense, is_unsafe
from victim_site.fields import submitted

FIELD = "token"
COOKIE = "token_key"


class TokenBesideSession(Defense):
    settles = "the form's token"

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
        if not key or not token:
            return TOKEN_MISSING
        return None if constant_time_compare(token, _token(key)) else TOKEN_WRONG

    def declare(self, request: HttpRequest, response: HttpResponse) -> None:
        if key := request.META.get(COOKIE):
            response.set_cookie(COOKIE, key, httponly=True, samesite="Lax")


def _token(key: str) -> str:
    return salted_hmac("form token", key, algorithm="sha256").hexdigest()
