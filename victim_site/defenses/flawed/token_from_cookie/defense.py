"""A token in a cookie and in every form, signed for the session; a POST must have the token."""

from __future__ import annotations

import secrets

from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

from csrf_proof.reasons import TOKEN_MISSING, TOKEN_WRONG, Reason
from victim_site.defenses.base import Defense, is_unsafe

FIELD = "token"
COOKIE = "double_submit"


class TokenFromCookie(Defense):
    stops = ("tossed-cookie-post",)
    bypassed_by = "form-post.cross-site"
    fixed_by = "signed-double-submit"
    settles = "the form’s token"

    def form_fields(self, request: HttpRequest) -> dict[str, str]:
        token = request.COOKIES.get(COOKIE, "")
        if not _fits(token, request):
            # A new one is remembered until `declare` puts it into the cookie.
            token = request.META.setdefault(COOKIE, _sign(secrets.token_urlsafe(), request))
        return {FIELD: token}

    def refusal(self, request: HttpRequest) -> Reason | None:
        if not is_unsafe(request):
            return None
        token = request.COOKIES.get(COOKIE)
        if not token:
            return TOKEN_MISSING
        return None if _fits(token, request) else TOKEN_WRONG

    def signed_in(self, request: HttpRequest) -> None:
        request.META[COOKIE] = _sign(secrets.token_urlsafe(), request)

    def declare(self, request: HttpRequest, response: HttpResponse) -> None:
        if token := request.META.get(COOKIE):
            # With the attributes of the session's cookie, so it's sent whenever that one is.
            response.set_cookie(COOKIE, token, httponly=True, samesite="None", secure=True)


def _sign(value: str, request: HttpRequest) -> str:
    session = (request.session.session_key or "") if request.user.is_authenticated else ""
    return f"{value}.{salted_hmac(f'token {session}', value).hexdigest()}"


def _fits(token: str, request: HttpRequest) -> bool:
    return constant_time_compare(token, _sign(token.partition(".")[0], request))
