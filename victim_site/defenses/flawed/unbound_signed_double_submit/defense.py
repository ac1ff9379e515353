"""A signed random value in a cookie and in every form; in a POST, the two must be equal."""

from __future__ import annotations

import secrets

from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from csrf_proof.reasons import COOKIE_MISSING, TOKEN_MISSING, TOKEN_WRONG, Reason
from victim_site.defenses.base import Defense, is_unsafe
from victim_site.fields import submitted

FIELD = "token"
COOKIE = "double_submit"
# Tells these signatures from all others that are made with the same key.
SALT = "double submit"


class UnboundSignedDoubleSubmit(Defense):
    stops = ("form-post",)
    bypassed_by = "tossed-cookie-post.subdomain"
    fixed_by = "signed-double-submit"
    settles = "the form’s token"

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
        if not field:
            return TOKEN_MISSING
        if not cookie:
            return COOKIE_MISSING
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
