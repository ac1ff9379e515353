"""How an open page asks for news, as its script `live.js` does."""

from __future__ import annotations

import json
import re
from html import unescape
from urllib.parse import parse_qsl

from benchmarks.client import Connection, Request, get


class LivePage:
    """The live parts of a page: what it asks once a second, and what it fetches when told so.

    A lesson's page has one, and in a room another one, for what the trainer says.
    """

    def __init__(self, page: str, host: str, cookie: str) -> None:
        tags = re.findall(r"<[^>]*\bdata-live\b[^>]*>", page)
        self._addresses = [
            unescape(found[1]) for tag in tags if (found := re.search(r'hx-get="([^"]+)"', tag))
        ]
        if not self._addresses:
            raise SystemExit("The page doesn't say where it asks for news.")
        # Before 1.1 each part of a page asked at its own address, and the answer was the new part.
        self._one_question = 'hx-trigger="news"' in tags[0]
        self._host, self._cookie = host, cookie
        self._versions = [unescape(each) for each in re.findall(r'data-version="([^"]*)"', page)]
        self._tried = _tried(page)

    def question(self) -> Request:
        if self._one_question:
            return get(self._host, f"/poll/?{'&'.join(self._versions)}", self._cookie)
        return get(self._host, self._with(0, f"version={self._versions[0]}"), self._cookie)

    def _part(self, number: int) -> Request:
        return get(self._host, self._with(number, f"tried={self._tried}"), self._cookie)

    def _with(self, number: int, parameter: str) -> str:
        address = self._addresses[number]
        return f"{address}{'&' if '?' in address else '?'}{parameter}"

    async def ask(self, connection: Connection) -> str:
        """Ask for news, and show what is new; return that."""
        answer = await connection.ask(self.question())
        if answer.status == 204:
            return ""
        if not self._one_question:
            return self._show(0, answer.text)
        changed = set(json.loads(answer.text)["changed"])
        shown = ""
        for number, version in enumerate(self._versions):
            if changed & dict(parse_qsl(version, keep_blank_values=True)).keys():
                shown += self._show(number, (await connection.ask(self._part(number))).text)
        return shown

    def _show(self, number: int, part: str) -> str:
        if found := re.search(r'data-version="([^"]*)"', part):
            self._versions[number] = unescape(found[1])
        self._tried = _tried(part) or self._tried
        return part


def _tried(page: str) -> str:
    found = re.search(r'name="tried" value="([^"]*)"', page)
    return unescape(found[1]) if found else ""
