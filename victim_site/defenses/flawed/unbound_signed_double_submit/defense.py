"""A random value with the bank's signature, in a cookie and in every form, and both must be alike.

## How it works

The bank makes a random value, signs it, and hands it out twice: in the cookie `double_submit` and
in a hidden field of every form. A POST must bring both, they must be equal, and the signature must
be genuine. Another site cannot read the cookie, and whoever plants a made-up one is refused.

People ship it because they have read that the naive double submit lacks a signature, and have added
one. It still needs no session, and works before sign-in.

## The flaw

The signature proves that the bank has made the value, but not for whom. The attacker is a visitor
too, and the bank gives them a cookie and a field that are equal and signed. That pair is genuine in
every other browser as well.

## Falls to

`tossed-cookie-post` from `subdomain`: the page sets the attacker's own signed cookie for the whole
domain of the lab, and posts the same value in the field.

## Mended by

`signed-double-submit`: what is signed is the value together with the session, so the attacker's
pair does not fit alice's.

## Sources

- OWASP Cross-Site Request Forgery Prevention Cheat Sheet, "Signed Double-Submit Cookie" and
  "Employing HMAC CSRF Tokens"
- "Cookie Crumbles: Breaking and Fixing Web Session Integrity", USENIX Security 2023
"""

from __future__ import annotations

import secrets

from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from csrf_proof.reasons import TOKEN_MISSING, TOKEN_WRONG, Reason
from victim_site.defenses.base import Defense, is_unsafe
from victim_site.fields import submitted

FIELD = "token"
COOKIE = "double_submit"
# Tells these signatures from all others that are made with the same key.
SALT = "double submit"


class UnboundSignedDoubleSubmit(Defense):
    settles = "the form's token"

    def form_fields(self, request: HttpRequest) -> dict[str, str]:
        token = request.COOKIES.get(COOKIE, "")
        if not _genuine(token):
            # A new one is remembered until `declare` puts it into the cookie.
            fresh = Signer(salt=SALT).sign(secrets.token_urlsafe())
            token = request.META.setdefault(COOKIE, fresh)
        return {FIELD: token}

    def refusal(self, request: HttpRequest) -> Reason | None:
        if not is_unsafe(request):
            return None
        cookie, field = request.COOKIES.get(COOKIE), submitted(request).get(FIELD)
        if not cookie or not field:
            return TOKEN_MISSING
        return None if constant_time_compare(cookie, field) and _genuine(field) else TOKEN_WRONG

    def declare(self, request: HttpRequest, response: HttpResponse) -> None:
        if token := request.META.get(COOKIE):
            response.set_cookie(COOKIE, token, httponly=True, samesite="Lax")


def _genuine(token: str) -> bool:
    try:
        Signer(salt=SALT).unsign(token)
    except BadSignature:
        return False
    return True
