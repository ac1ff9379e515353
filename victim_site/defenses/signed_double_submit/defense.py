"""A token in a cookie and in the form, signed together with the session that it belongs to."""

from __future__ import annotations

import secrets

from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

from csrf_proof.reasons import COOKIE_MISSING, TOKEN_MISSING, TOKEN_WRONG, Reason
from victim_site.defenses.base import Defense, is_unsafe
from victim_site.fields import submitted

FIELD = "token"
COOKIE = "double_submit"


class SignedDoubleSubmit(Defense):
    stops = ("form-post", "tossed-cookie-post", "fixed-session-post")
    does_not_stop = ("link-get", "clickjacking.subdomain", "injected-script-post")
    settles = "the form’s token"

    def form_fields(self, request: HttpRequest) -> dict[str, str]:
        token = request.COOKIES.get(COOKIE, "")
        if not _fits(token, request):
            # One per request, remembered there until `declare` puts it into the cookie.
            token = request.META.setdefault(COOKIE, _sign(secrets.token_urlsafe(), request))
        return {FIELD: token}

    def refusal(self, request: HttpRequest) -> Reason | None:
        if not is_unsafe(request):
            return None
        cookie, field = request.COOKIES.get(COOKIE), submitted(request).get(FIELD)
        if not field:
            return TOKEN_MISSING
        if not cookie:
            return COOKIE_MISSING
        fits = constant_time_compare(cookie, field) and _fits(field, request)
        return None if fits else TOKEN_WRONG

    def declare(self, request: HttpRequest, response: HttpResponse) -> None:
        if token := request.META.get(COOKIE):
            response.set_cookie(COOKIE, token, httponly=True, samesite="Lax")


def _sign(value: str, request: HttpRequest) -> str:
    session = (request.session.session_key or "") if request.user.is_authenticated else ""
    return f"{value}.{salted_hmac(f'double-submit {session}', value).hexdigest()}"


def _fits(token: str, request: HttpRequest) -> bool:
    return constant_time_compare(token, _sign(token.partition(".")[0], request))
