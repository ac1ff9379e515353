"""Another service has to bring back what the bank gave it for this session: the state."""

from __future__ import annotations

import secrets

from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from csrf_proof.reasons import STATE_MISSING, STATE_WRONG, Reason
from victim_site.defenses.base import Defense, comes_back
from victim_site.fields import submitted

FIELD = "state"
SESSION_KEY = "oauth-state"
SIGN_IN_COOKIE = "signin_state"


class OAuthState(Defense):
    stops = ("connect-account-get",)
    does_not_stop = ("link-get", "form-post", "login-post")

    def handed_over(self, request: HttpRequest) -> dict[str, str]:
        state = _expected(request) or secrets.token_urlsafe()
        if request.user.is_authenticated:
            request.session[SESSION_KEY] = state
        else:
            # There is no session yet. Remembered until `declare` puts it into a cookie.
            request.META[SIGN_IN_COOKIE] = state
        return {FIELD: state}

    def refusal(self, request: HttpRequest) -> Reason | None:
        if not comes_back(request):
            return None
        expected, state = _expected(request), submitted(request).get(FIELD)
        if not state:
            return STATE_MISSING
        known = expected and constant_time_compare(state, expected)
        return None if known else STATE_WRONG

    def came_back(self, request: HttpRequest) -> None:
        # It's valid once.
        request.session.pop(SESSION_KEY, None)
        request.META[SIGN_IN_COOKIE] = ""

    def declare(self, request: HttpRequest, response: HttpResponse) -> None:
        state = request.META.get(SIGN_IN_COOKIE)
        if state:
            # Lax, since the way back from another service begins on its site.
            response.set_cookie(SIGN_IN_COOKIE, state, httponly=True, samesite="Lax")
        elif state == "" and SIGN_IN_COOKIE in request.COOKIES:
            response.delete_cookie(SIGN_IN_COOKIE, samesite="Lax")


def _expected(request: HttpRequest) -> str | None:
    if request.user.is_authenticated:
        return request.session.get(SESSION_KEY)
    return request.COOKIES.get(SIGN_IN_COOKIE)
