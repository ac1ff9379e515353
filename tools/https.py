"""How gunicorn speaks TLS under ``make run HTTPS=1``; ``gunicorn.conf.py`` takes it from here.

Each connection gets the certificate of the host that it asks for (SNI), made from the authority in
``VAR_DIR``; a name below none of the configured domains gets none, and the connection ends.
"""

from __future__ import annotations

import os
import ssl
import tempfile
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from catalogue.addresses import read
from tools import certificates


@cache
def the_authority() -> certificates.Authority:
    """Return the authority, which the runner has made."""
    return certificates.read(Path(os.environ["VAR_DIR"]), read(os.environ).domains)


@lru_cache(maxsize=256)
def _context_for(name: str = "") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # Python takes certificates from files alone.
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(the_authority().certificate(name))
        file.flush()
        context.load_cert_chain(file.name, the_authority().hosts_key_file)
    return context


def _choose(connection: Any, name: str | None, default: ssl.SSLContext) -> int | None:
    """Answer with the certificate of the host that is asked for; an address names none."""
    if name is None:
        return None
    name = name.lower()
    if not the_authority().covers(name):
        return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
    connection.context = _context_for(name)
    return None


@cache
def _default_context() -> ssl.SSLContext:
    context = _context_for()
    context.sni_callback = _choose
    return context


def ssl_context(config: Any, default_factory: Any) -> ssl.SSLContext:
    """What gunicorn asks for at every connection."""
    return _default_context()
