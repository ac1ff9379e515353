"""Which application a request is for: the host says so."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from wsgiref.util import shift_path_info

from attacker_site.hosts import identify
from attacker_site.workbench.reading import Reading
from catalogue.addresses import EXPLOITS, Domains, Kind
from catalogue.labels import is_label
from catalogue.moved import Application


class ByHost:
    """A WSGI application in front of the attacker's own: it takes the owners' hosts out."""

    def __init__(
        self, site: Application, reading: Reading, writing: Application, domains: Domains
    ) -> None:
        self._site = site
        self._reading = reading
        self._writing = writing
        self._domains = domains

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        host = identify(environ.get("HTTP_HOST", ""), self._domains)
        if host and host.kind is Kind.EXPLOIT:
            return self._reading.serve(environ, start_response, host.label)
        stored = environ.get("PATH_INFO", "").startswith(EXPLOITS)
        if host and host.kind is Kind.COMMUNITY and stored and is_label(host.label):
            public = (shift_path_info(environ) or "").removeprefix(EXPLOITS.lstrip("/"))
            return self._reading.serve(environ, start_response, public, host.label)
        if host and host.kind is Kind.WORKBENCH:
            environ["workbench.secret"] = host.label
            return self._writing(environ, start_response)
        return self._site(environ, start_response)
