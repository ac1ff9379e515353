"""What protects the teaching side itself."""

from __future__ import annotations

from typing import Any

from csp.middleware import CSPMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware

from victim_site.bank.requests import SiteRequest

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # The browser tells the bank and the attacker which host a visitor comes from, no more.
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Frame-Options": "DENY",
}


class ContentPolicyMiddleware(CSPMiddleware):
    """The teaching side's content policy. The bank's is made once for each label."""

    def process_request(self, request: SiteRequest) -> None:  # type: ignore[override]
        if request.label is None:
            super().process_request(request)

    def process_response(  # type: ignore[override]
        self, request: SiteRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        return response if request.label else super().process_response(request, response)


class TeachingSideMiddleware(CsrfViewMiddleware):
    """Django's check on every unsafe request of the teaching side, and on none of the bank's.

    No view can be exempt: django-ninja marks its own so, and a decorator is soon copied.
    """

    def process_request(self, request: SiteRequest) -> None:  # type: ignore[override]
        if request.label is None:
            super().process_request(request)

    def process_view(  # type: ignore[override]
        self, request: SiteRequest, callback: Any, callback_args: Any, callback_kwargs: Any
    ) -> HttpResponseBase | None:
        if request.label is not None:
            return None
        return super().process_view(request, _never_exempt, callback_args, callback_kwargs)

    def process_response(  # type: ignore[override]
        self, request: SiteRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if request.label is not None:
            return response
        response = super().process_response(request, response)
        for name, value in HEADERS.items():
            response[name] = value
        return response


def _never_exempt(request: HttpRequest) -> HttpResponseBase:
    raise NotImplementedError  # Stands for the view; the check only looks at its attributes.
