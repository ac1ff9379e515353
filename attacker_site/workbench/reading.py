"""The public host: it serves what its owner has stored, byte for byte, and notes who asked."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from werkzeug.wrappers import Request

from attacker_site.workbench.exploit import Exploit
from attacker_site.workbench.store import Owner, Read, Refused, Store
from catalogue.labels import split

# The server doesn't read a longer body.
MOST_BODY = 1_048_576
LONGEST_NOTE = 2_000


class Reading:
    """A WSGI application that answers at the host of one owner after another."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def serve(
        self, environ: dict[str, Any], start_response: Any, public: str, lab: str = ""
    ) -> Iterable[bytes]:
        """Answer a request to the owner with this name; `lab` is that at whose subdomain it came.

        An owner's exploits are at the subdomains of their own labs, and of those that have none.
        """
        request = Request(environ)
        try:
            owner = self._store.by_public(public)
            if owner is None or (lab and split(lab).owner not in {"", owner.name}):
                return _say(start_response, "404 Not Found", "Nobody has a workbench here.")
            return self._answer(owner, request, start_response)
        except Refused as refusal:
            return _say(start_response, "503 Service Unavailable", str(refusal))

    def _answer(self, owner: Owner, request: Request, start_response: Any) -> Iterable[bytes]:
        if (request.content_length or 0) > MOST_BODY:
            return _say(start_response, "413 Too Large", "This host reads at most 1 MB at a time.")
        version = self._store.served(owner, request.path)
        code = version.exploit.parsed.code if version else 404
        self._store.note(owner, _read(request, code))
        if version is None:
            return _say(start_response, "404 Not Found", "Nothing is stored at this address.")
        return _send(start_response, version.exploit, with_body=request.method != "HEAD")


def _send(start_response: Any, exploit: Exploit, *, with_body: bool) -> Iterable[bytes]:
    head = exploit.parsed
    length = [("Content-Length", str(len(exploit.body)))] if head.has_body else []
    start_response(f"{head.code} {head.reason or 'OK'}", [*head.headers, *length])
    return [exploit.body] if with_body and head.has_body else []


def _say(start_response: Any, status: str, sentence: str) -> Iterable[bytes]:
    body = f"{sentence}\n".encode()
    headers = {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": str(len(body)),
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    start_response(status, list(headers.items()))
    return [body]


def _read(request: Request, code: int) -> Read:
    """Return what the access log says about a request."""
    body = request.stream.read(LONGEST_NOTE) if request.content_length else b""
    query = request.query_string.decode("utf-8", "replace")
    texts = (
        request.headers.get("Sec-Fetch-Site", ""),
        request.headers.get("Origin", ""),
        request.headers.get("Referer", ""),
        request.headers.get("User-Agent", ""),
        body.decode("utf-8", "replace"),
    )
    path = request.path + (f"?{query}" if query else "")
    return Read(
        time.time_ns() // 1_000_000,
        request.method,
        _note(path),
        code,
        *map(_note, texts),
    )


def _note(text: str) -> str:
    return text[:LONGEST_NOTE].encode("utf-8", "replace").decode()
