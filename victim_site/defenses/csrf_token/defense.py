"""Django's own protection: it checks the Origin, then a token in a cookie and in every form."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.middleware import csrf

from csrf_proof.reasons import (
    COOKIE_MISSING,
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
    stops = ("form-post", "fetch-post", "login-post")
    does_not_stop = ("link-get", "clickjacking.subdomain", "injected-script-post")

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
    if reason == csrf.REASON_NO_CSRF_COOKIE:
        # Django looks at the cookie first, and says the same whether or not there was a token.
        return COOKIE_MISSING if _sends_token(request) else TOKEN_MISSING
    return TOKEN_MISSING if reason == csrf.REASON_CSRF_TOKEN_MISSING else TOKEN_WRONG


def _sends_token(request: HttpRequest) -> bool:
    return bool(request.POST.get("csrfmiddlewaretoken") or request.headers.get("X-CSRFToken"))
