"""The WSGI application that gunicorn serves: ``victim_site.config.wsgi:application``."""

from __future__ import annotations

import os
from typing import Any

import django
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import parse_header_parameters

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "victim_site.config.settings")


class Request(WSGIRequest):
    """Django's request, except that the Content-Type does not say how the query is decoded.

    Django does that while it makes the request, and outside all handling of errors: a charset such
    as `hex`, or a hundred fields beside any charset, would end in a bare 500. Text is UTF-8 here,
    and config.hosts refuses a request that says something else.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            stated = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except ValueError:  # As in `charset*=bogus''x`.
            stated = "", {"charset": "unknown"}
        self.content_type, self.content_params = stated


class Handler(WSGIHandler):
    request_class = Request

    def get_response(self, request: HttpRequest) -> HttpResponseBase:
        """Answer; a HEAD gets no body, which Django leaves to the server to see to."""
        response = super().get_response(request)
        if request.method == "HEAD" and isinstance(response, HttpResponse):
            response.content = b""
        return response


django.setup(set_prefix=False)

# Behind django.setup(), since it needs the models.
from victim_site.bank.feed import Feed  # noqa: E402

application = Feed(Handler())
