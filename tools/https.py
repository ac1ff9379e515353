"""How gunicorn speaks TLS under ``make run HTTPS=1``; ``gunicorn.conf.py`` takes it from here.

Each connection gets the certificate of the host that it asks for (SNI), made from the authority in
``VAR_DIR``; a name below none of the configured domains gets none, and the connection ends.
"""

from __future__ import annotations

import os
import socket
import ssl
import tempfile
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from gunicorn.workers import gthread  # type: ignore[import-untyped]

from catalogue.addresses import read
from tools import certificates

# What the first byte of a TLS connection says (RFC 8446, section 5.1).
HANDSHAKE = b"\x16"
FIRST_BYTE_SECONDS = 5.0
HINT = "The playground speaks https here: begin the address with https://\n"
PLAIN_ANSWER = (
    "HTTP/1.1 400 Bad Request\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n"
    f"Content-Length: {len(HINT)}\r\n"
    f"Connection: close\r\n\r\n{HINT}"
).encode()


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


class Worker(gthread.ThreadWorker):  # type: ignore[misc]
    """A worker whose threads wait for no silent connection, and that answers plain http.

    Browsers open connections ahead of need. Gunicorn's own worker reads the request in the thread
    that has done the handshake, so that eight silent connections would stop a site. This one hands
    the connection back until its first bytes are there, as it does without TLS.
    """

    def handle(self, conn: Any) -> Any:
        if conn.initialized:
            return super().handle(conn)
        if not conn.wait_for_data(FIRST_BYTE_SECONDS):
            return gthread._DEFER
        try:
            conn.sock.setblocking(True)
            if conn.sock.recv(1, socket.MSG_PEEK) != HANDSHAKE:
                conn.sock.sendall(PLAIN_ANSWER)
                return False
            conn.init()
        except OSError:
            # A browser that does not trust the certificate breaks off. That is nobody's mistake.
            return False
        conn.data_ready = bool(conn.sock.pending())
        return super().handle(conn) if conn.wait_for_data(0) else gthread._DEFER
