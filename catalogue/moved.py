"""One playground, seen at other ports than its own.

In a room, everybody's own ports lead to the trainer's. Where those are taken on somebody's laptop,
both are moved by the same offset, which only the Host header tells. So requests to a moved port are
translated on the way in (Host, Origin, Referer, and a form or JSON), and all addresses on the way
out. What's between sees, keeps and compares one set of addresses, and everybody reads their own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from io import BytesIO
from typing import Any

from catalogue.addresses import Addresses

_SENT = ("HTTP_HOST", "HTTP_ORIGIN", "HTTP_REFERER")
_TEXT = re.compile(r"text/|application/(?:json|javascript)|image/svg\+xml")
# What people write with addresses in it, such as an exploit, comes back as they read it.
_WRITTEN = re.compile(r"application/(?:x-www-form-urlencoded|json)\b", re.IGNORECASE)
# Neither site reads more.
_MOST_WRITTEN = 1_048_576
_LENGTH = "content-length"
StartResponse = Callable[..., Callable[[bytes], object]]
Application = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


class Moved:
    """A WSGI application that answers at other ports as `application` does at its own.

    `port` is its own one; the other site's is moved with it.
    """

    def __init__(self, application: Application, where: Addresses, port: int) -> None:
        self._application = application
        self._ports = (where.victim_port, where.attacker_port)
        self._port = port
        domains = where.domains
        fixed = "|".join(map(re.escape, (domains.playground, domains.bank, domains.evil)))
        names = rf"{fixed}|(?:exploit|workbench)-[a-z0-9]+\.{re.escape(domains.owners)}"
        # In a query the colon is escaped.
        self._address = re.compile(rf"((?:{names})(?::|%3[Aa]))([0-9]{{1,5}})(?![0-9])")

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        offset = self._offset(environ.get("HTTP_HOST", ""))
        if not offset:
            return self._application(environ, start_response)
        there = {str(port): str(port + offset) for port in self._ports}
        # On this laptop, something else is at the ports that are ours elsewhere.
        back = there | {moved: port for port, moved in there.items()}
        for name in _SENT:
            if name in environ:
                environ[name] = self._move(environ[name], back)
        self._move_body(environ, back)
        # What is compressed can't be translated.
        environ.pop("HTTP_ACCEPT_ENCODING", None)
        return self._answer(environ, start_response, there)

    def _move_body(self, environ: dict[str, Any], ports: Mapping[str, str]) -> None:
        said = environ.get("CONTENT_LENGTH") or "0"
        length = int(said) if said.isdecimal() else 0
        if not 0 < length <= _MOST_WRITTEN or not _WRITTEN.match(environ.get("CONTENT_TYPE", "")):
            return
        body = environ["wsgi.input"].read(length).decode("utf-8", "surrogateescape")
        moved = self._move(body, ports).encode("utf-8", "surrogateescape")
        environ["wsgi.input"] = BytesIO(moved)
        environ["CONTENT_LENGTH"] = str(len(moved))

    def _offset(self, host: str) -> int:
        found = self._address.search(host)
        offset = int(found[2]) - self._port if found else 0
        return offset if all(0 < port + offset < 65536 for port in self._ports) else 0

    def _move(self, text: str, ports: Mapping[str, str]) -> str:
        return self._address.sub(lambda found: found[1] + ports.get(found[2], found[2]), text)

    def _answer(
        self, environ: dict[str, Any], start_response: StartResponse, ports: Mapping[str, str]
    ) -> Iterable[bytes]:
        begun: list[Any] = []

        def begin(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            # Neither site uses the function that this should return, which writes at once.
            begun[:] = [status, [(name, self._move(said, ports)) for name, said in headers], *more]

        body = self._application(environ, begin)
        if not begun:
            return body
        kind = next((said for name, said in begun[1] if name.lower() == "content-type"), "")
        if not _TEXT.match(kind):
            start_response(*begun)
            return body
        with ExitStack() as stack:
            stack.callback(getattr(body, "close", lambda: None))
            content = b"".join(body).decode("utf-8", "surrogateescape")
        moved = self._move(content, ports).encode("utf-8", "surrogateescape")
        stated = [(n, str(len(moved)) if n.lower() == _LENGTH else said) for n, said in begun[1]]
        start_response(begun[0], stated, *begun[2:])
        return [moved]
