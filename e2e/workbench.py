"""An owner of exploits, who uses nothing but what's documented for programs."""

from __future__ import annotations

import html
import json
import re
from urllib.parse import urlencode, urlsplit

from e2e.bank import Answer, Site

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
HTML = "HTTP/1.1 200 OK\nContent-Type: text/html; charset=utf-8"


class Workbench:
    """A new owner's two hosts."""

    def __init__(self, site: Site, name: str = "") -> None:
        self.site = site
        answer = site.request(
            site.domains.evil,
            "POST",
            "/api/owners",
            {"Content-Type": "application/json"},
            json.dumps({"name": name}),
        )
        assert answer.status == 201, answer.text
        said = json.loads(answer.body)
        self.name: str = said["name"]
        self.url: str = said["exploit_url"]
        self.origin = self.url.removesuffix("/exploit")
        self.reading = self.origin.partition("//")[2].partition(":")[0]
        self.host: str = said["exploit_host"].partition(":")[0]
        self.writing = f"{urlsplit(self.url).scheme}://{said['exploit_host']}"

    def store(self, body: str, file: str = "/exploit", head: str = HTML) -> None:
        fields = {"responseFile": file, "responseHead": head, "responseBody": body}
        answer = self.post({**fields, "formAction": "STORE"})
        assert answer.status == 303, answer.text

    def post(self, fields: dict[str, str]) -> Answer:
        return self.site.request(self.host, "POST", "/", FORM, urlencode(fields))

    def get(self, path: str) -> Answer:
        return self.site.get(self.host, path)

    def start_from(self, attack: str, lab: str) -> None:
        """Store an attack of the catalogue as the workbench's page offers it, but aimed at this
        lab, with the weakness that it needs or without."""
        page = self.get(f"/?attack={attack}&lab={lab}").text
        found = re.search(r'<textarea id="body"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
        aimed = re.search(r'id="lab" name="lab" value="([^"]*)"', page)
        assert found, page
        assert aimed, page
        self.store(html.unescape(found[1]).replace(aimed[1], lab))
