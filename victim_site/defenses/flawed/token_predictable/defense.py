"""A token in every form that is a hash of the customer's user name.

## How it works

The hidden field holds the SHA-256 hash of the user name, 64 characters that look like noise. A POST
must bring the hash of the name that the session belongs to. Before sign-in it is the hash of the
empty name. A missing token, and the token of another customer, are refused.

People ship it because each customer has a token of their own and nothing has to be stored. The
plain hidden form fails against it, and so does a token copied from the attacker's own pages.

## The flaw

A hash hides nothing that can be guessed. There is no secret in it: everybody can compute the token
of everybody whose name they know, and that of the sign-in form without knowing any. A time stamp, a
counter or an account number is no better.

## Falls to

`foreign-token-post` from `cross-site`: the attacker computes the hash of "alice" and puts it into
the hidden form.

## Mended by

`session-token`: the token is random, so there is nothing from which it could be computed.

## Sources

- CWE-340: Generation of Predictable Numbers or Identifiers
- OWASP Cross-Site Request Forgery Prevention Cheat Sheet, "Synchronizer Token Pattern": tokens must
  be unique, secret and unpredictable
"""

from __future__ import annotations

import hashlib

from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from csrf_proof.reasons import TOKEN_MISSING, TOKEN_WRONG, Reason
from victim_site.defenses.base import Defense, is_unsafe
from victim_site.fields import submitted

FIELD = "token"


class TokenPredictable(Defense):
    settles = "the form's token"

    def form_fields(self, request: HttpRequest) -> dict[str, str]:
        return {FIELD: _token(request)}

    def refusal(self, request: HttpRequest) -> Reason | None:
        if not is_unsafe(request):
            return None
        token = submitted(request).get(FIELD)
        if not token:
            return TOKEN_MISSING
        return None if constant_time_compare(token, _token(request)) else TOKEN_WRONG


def _token(request: HttpRequest) -> str:
    return hashlib.sha256(request.user.get_username().encode()).hexdigest()
