"""Django's own protection: a secret in a cookie, repeated in every form, and the Origin first.

## How it works

Django's `CsrfViewMiddleware` runs here, unchanged. It hands out a secret in the cookie
`csrftoken` and a masked copy of it in every form. A POST must bring both, and they must match.

Before it looks at the token, Django compares the `Origin` header with the bank's own address,
because that costs nothing and cannot be forged by a page. A browser sends `Origin` with every
POST, so most forgeries end there, and the token decides when no `Origin` was sent.

## What it does not stop

- Actions that accept GET: Django checks only methods that may change something.
- Clickjacking: the visitor clicks in the bank's own form, token and all.
- Scripts injected into the bank, which can read the token, and bank scripts that can be made to
  send requests themselves.

## In your own project

In Django, where the first line stands in every new project:

    MIDDLEWARE += ["django.middleware.csrf.CsrfViewMiddleware"]

    <form method="post">{% csrf_token %}

In Flask the nearest is Flask-WTF:

    CSRFProtect(app)

    <form method="post"><input type="hidden" name="csrf_token" value="{{ csrf_token() }}">

## Sources

- Django documentation, "How to use Django's CSRF protection" and "CSRF: how it works"
- `django/middleware/csrf.py`, Django 5.2
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.middleware import csrf

from csrf_proof.reasons import (
    ORIGIN_MISMATCH,
    ORIGIN_NULL,
    REFERER_MISMATCH,
    REFERER_MISSING,
    TOKEN_MISSING,
    TOKEN_WRONG,
    Reason,
)
from victim_site.defenses.base import Defense


class _Middleware(csrf.CsrfViewMiddleware):
    """Django's middleware, except that it returns its reason instead of a page."""

    def _reject(self, request: HttpRequest, reason: str) -> str:
        return reason


_django = _Middleware(lambda request: HttpResponse())


class CsrfToken(Defense):
    def form_fields(self, request: HttpRequest) -> dict[str, str]:
        _read_cookie(request)
        return {"csrfmiddlewaretoken": csrf.get_token(request)}

    def script_headers(self, request: HttpRequest) -> dict[str, str]:
        return {"X-CSRFToken": self.form_fields(request)["csrfmiddlewaretoken"]}

    def refusal(self, request: HttpRequest) -> Reason | None:
        _read_cookie(request)
        reason = _django.process_view(request, lambda _: HttpResponse(), (), {})
        return _translate(str(reason), request) if reason else None

    def declare(self, request: HttpRequest, response: HttpResponse) -> None:
        _django.process_response(request, response)


def _read_cookie(request: HttpRequest) -> None:
    # Once per request: each time, a malformed cookie is replaced by yet another secret, and of the
    # forms on one page only the last would be accepted.
    if "CSRF_COOKIE" not in request.META:
        _django.process_request(request)


def _translate(reason: str, request: HttpRequest) -> Reason:
    """Return the playground's reason for Django's sentence (see `django.middleware.csrf`)."""
    if reason.startswith("Origin checking failed"):
        return ORIGIN_NULL if request.headers.get("Origin") == "null" else ORIGIN_MISMATCH
    if reason in {csrf.REASON_NO_REFERER, csrf.REASON_MALFORMED_REFERER}:
        return REFERER_MISSING
    if reason.startswith("Referer checking failed"):
        return REFERER_MISMATCH
    if reason in {csrf.REASON_NO_CSRF_COOKIE, csrf.REASON_CSRF_TOKEN_MISSING}:
        return TOKEN_MISSING
    return TOKEN_WRONG
