"""A signed token in every form, which the bank recognizes without having to store anything."""

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
    stops = ("form-post",)
    bypassed_by = "foreign-token-post.cross-site"
    fixed_by = "session-token"
    settles = "the form’s token"

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
