"""How an open page asks for news, as its script `live.js` does."""

from __future__ import annotations

import re
from html import unescape

from benchmarks.client import Connection, Request, get


class LivePage:
    """The live part of a page: what it asks once a second, and what it fetches when told so."""

    def __init__(self, page: str, host: str, cookie: str) -> None:
        part = re.search(r"<[^>]*\bdata-live\b[^>]*>", page)
        address = re.search(r'hx-get="([^"]+)"', part[0]) if part else None
        if part is None or address is None:
            raise SystemExit("The page doesn't say where it asks for news.")
        self._address = unescape(address[1])
        # Before 1.1 each part of a page asked at its own address, and the answer was the new part.
        self._one_question = 'hx-trigger="news"' in part[0]
        self._host, self._cookie = host, cookie
        self._show(page)

    def _show(self, page: str) -> None:
        self._version = _attribute(r'data-version="([^"]*)"', page)
        self._tried = _attribute(r'name="tried" value="([^"]*)"', page)

    def question(self) -> Request:
        if self._one_question:
            return get(self._host, f"/poll/?{self._version}", self._cookie)
        return get(self._host, self._with(f"version={self._version}"), self._cookie)

    def part(self) -> Request:
        return get(self._host, self._with(f"tried={self._tried}"), self._cookie)

    def _with(self, parameter: str) -> str:
        return f"{self._address}{'&' if '?' in self._address else '?'}{parameter}"

    async def ask(self, connection: Connection) -> None:
        """Ask for news, and show what is new."""
        answer = await connection.ask(self.question())
        if answer.status == 204:
            return
        if self._one_question:
            answer = await connection.ask(self.part())
        self._show(answer.text)


def _attribute(pattern: str, page: str) -> str:
    found = re.search(pattern, page)
    return unescape(found[1]) if found else ""
