"""The WSGI application that a server runs: ``victim_site.config.wsgi:create_app()``."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import parse_header_parameters

from catalogue.moved import Moved

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "victim_site.config.settings")


class Request(WSGIRequest):
    """Django's request, except that the Content-Type does not say how the query is decoded.

    Django does that while it makes the request, and outside all handling of errors: a charset such
    as `hex`, or a hundred fields with any charset, would end in a bare 500. Text is UTF-8 here,
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
        """Answer; remove the body for HEAD, which Django leaves to the server."""
        response = super().get_response(request)
        if request.method == "HEAD" and isinstance(response, HttpResponse):
            response.content = b""
        return response


django.setup(set_prefix=False)

# Behind django.setup(), since they need the settings or the models.
from django.core.management import call_command  # noqa: E402
from django.db import connection, connections  # noqa: E402
from django.db.migrations.executor import MigrationExecutor  # noqa: E402

from victim_site.bank.feed import Feed  # noqa: E402

application = Feed(Handler())


def create_app() -> Feed | Moved:
    """Return the application when the database is as the code expects it.

    The server calls this once and forks its processes afterwards, so two never migrate at a time. A
    database that is up to date costs a hundredth of what the command `migrate` takes.
    """
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", interactive=False, verbosity=0)
    except Exception as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        sys.exit(
            f"The bank's database could not be prepared ({reason[0]}); "
            "to see all of it: python -m victim_site.manage migrate"
        )
    # No process may inherit an open one.
    connections.close_all()
    # The views. Django would load them in each process, at its first request.
    import_module(settings.ROOT_URLCONF)
    if settings.ROOM:
        return Moved(application, settings.ADDRESSES, settings.ADDRESSES.victim_port)
    return application
