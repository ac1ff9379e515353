"""A random value twice, in a cookie and in every form, and a POST must bring both alike.

## How it works

The bank gives every visitor a cookie `double_submit` with a random value, and repeats the value in
a hidden field of every form. A POST must bring both, and they must be equal. Another site can make
the browser send the cookie, but it cannot read it, so it cannot know what to put into the field.

People ship it because it is short and needs neither a session nor a key, and because it has long
been in the textbooks.

## The flaw

The bank believes any pair of equal values, whether it has handed them out or not. It relies on
nobody else being able to write its cookies. But a sub-domain can write them, and so can whoever
answers one request over plain http.

## Falls to

`tossed-cookie-post` from `subdomain`: the page sets a `double_submit` cookie for the whole domain
of the lab, and posts the same value in the field. It is mallory's own; a made-up one would do.

## Mended by

`signed-double-submit`: the value carries the bank's signature for this very session, and neither
a made-up value nor mallory's own has that.

## Sources

- OWASP Cross-Site Request Forgery Prevention Cheat Sheet, "Naive Double-Submit Cookie Pattern"
- PortSwigger Web Security Academy, "Bypassing CSRF token validation": "CSRF token is simply
  duplicated in a cookie"
- "Cookie Crumbles: Breaking and Fixing Web Session Integrity", USENIX Security 2023
"""

from __future__ import annotations

import secrets

from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from csrf_proof.reasons import TOKEN_MISSING, TOKEN_WRONG, Reason
from victim_site.defenses.base import Defense, is_unsafe
from victim_site.fields import submitted

FIELD = "token"
COOKIE = "double_submit"


class NaiveDoubleSubmit(Defense):
    settles = "the form's token"

    def form_fields(self, request: HttpRequest) -> dict[str, str]:
        # A new one is remembered until `declare` puts it into the cookie.
        token = request.COOKIES.get(COOKIE) or request.META.setdefault(
            COOKIE, secrets.token_urlsafe()
        )
        return {FIELD: token}

    def refusal(self, request: HttpRequest) -> Reason | None:
        if not is_unsafe(request):
            return None
        cookie, field = request.COOKIES.get(COOKIE), submitted(request).get(FIELD)
        if not cookie or not field:
            return TOKEN_MISSING
        return None if constant_time_compare(cookie, field) else TOKEN_WRONG

    def declare(self, request: HttpRequest, response: HttpResponse) -> None:
        if token := request.META.get(COOKIE):
            response.set_cookie(COOKIE, token, httponly=True, samesite="Lax")
