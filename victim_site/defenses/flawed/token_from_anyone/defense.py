"""A signed token in every form, which the bank recognizes without having to store anything.

## How it works

Each form gets a random value with the bank's signature on it. A POST must bring such a token, and
the signature must be genuine. A token that is missing, made up or tampered with is refused.

People ship it because it needs no session and no cookie: it works before sign-in, on every server
of a cluster, and in an API. Nobody can make such a token without the bank's key.

## The flaw

Nobody has to make one. The signature says that the bank handed the token out, but not to whom, and
the bank hands one to everybody who opens its sign-in page. The attacker is one of them.

## Falls to

`foreign-token-post` from `cross-site`: the attacker's server fetches a token of its own from the
bank and puts it into the hidden form that alice's browser sends.

## Mended by

`session-token`: only the token of alice's own session is accepted, and the attacker has another.

## Sources

- PortSwigger Web Security Academy, "Bypassing CSRF token validation": "CSRF token is not tied to
  the user session"
- OWASP Cross-Site Request Forgery Prevention Cheat Sheet, "Employing HMAC CSRF Tokens"
"""

from __future__ import annotations

import secrets

from django.core.signing import BadSignature, Signer
from django.http import HttpRequest

from csrf_proof.reasons import TOKEN_MISSING, TOKEN_WRONG, Reason
from victim_site.defenses.base import Defense, is_unsafe
from victim_site.fields import submitted

FIELD = "token"
# Tells these signatures from all others that are made with the same key.
SALT = "form token"


class TokenFromAnyone(Defense):
    settles = "the form's token"

    def form_fields(self, request: HttpRequest) -> dict[str, str]:
        return {FIELD: Signer(salt=SALT).sign(secrets.token_urlsafe())}

    def refusal(self, request: HttpRequest) -> Reason | None:
        if not is_unsafe(request):
            return None
        token = submitted(request).get(FIELD)
        if not token:
            return TOKEN_MISSING
        try:
            Signer(salt=SALT).unsign(token)
        except BadSignature:
            return TOKEN_WRONG
        return None
