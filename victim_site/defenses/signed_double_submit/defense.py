"""A token in a cookie and in the form, signed together with the sign-in that it belongs to.

## How it works

The bank makes a random value and signs it together with the number of the session. It hands out
the same text twice: in a cookie, and in a hidden field of every form. A POST must bring both, they
must be equal, and the signature must be the one for *this* session. Nothing has to be stored.

Another site can make the browser send the cookie, but it can neither read it nor write the field.
And whoever can plant a cookie, from a sub-domain say, gains nothing: the bank's signature for
alice's session cannot be made without its key, and the signature that mallory got for her own
session does not fit alice's.

## What it does not stop

- Actions that accept GET: tokens are asked of requests that may change something.
- Clickjacking: the visitor clicks in the bank's own form, token and all.
- Scripts injected into the bank, which can read the token.
- Anything, once the key is known. It rests on `SECRET_KEY` alone.

Before sign-in there is no session to bind to, so the sign-in form's token is only as good as one
that is bound to nobody: a sub-domain can plant one of its own.

## In your own project

Where a session on the server can hold the token, keep it there (`session-token`). Otherwise:

In Django:

    def token(request, value):
        return f"{value}.{salted_hmac(request.session.session_key, value).hexdigest()}"

    def double_submit(get_response):
        def check(request):
            sent, cookie = request.POST.get("token", ""), request.COOKIES.get("token")
            fits = constant_time_compare(sent, token(request, sent.partition(".")[0]))
            if request.method == "POST" and not (sent == cookie and fits):
                raise PermissionDenied
            return get_response(request)
        return check

In Flask, whose session has no number until the sign-in puts a random one there as `id`:

    def token(value):
        key = app.secret_key + session.get("id", "")
        return f"{value}.{hmac.new(key.encode(), value.encode(), 'sha256').hexdigest()}"

    @app.before_request
    def double_submit():
        sent, cookie = request.form.get("token", ""), request.cookies.get("token")
        fits = hmac.compare_digest(sent.encode(), token(sent.partition(".")[0]).encode())
        if request.method == "POST" and not (sent == cookie and fits):
            abort(403)

## Sources

- OWASP Cross-Site Request Forgery Prevention Cheat Sheet, "Signed Double-Submit Cookie"
- "Cookie Crumbles: Breaking and Fixing Web Session Integrity", USENIX Security 2023
"""

from __future__ import annotations

import secrets

from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

from csrf_proof.reasons import TOKEN_MISSING, TOKEN_WRONG, Reason
from victim_site.defenses.base import Defense, is_unsafe
from victim_site.fields import submitted

FIELD = "token"
COOKIE = "double_submit"


class SignedDoubleSubmit(Defense):
    settles = "the form's token"

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
        if not cookie or not field:
            return TOKEN_MISSING
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
