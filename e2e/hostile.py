"""An attacker's site of a test's own, which aims where the playground's attacker will not.

`csrf_proof.serving.serve(HostilePage)` starts it.
"""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler
from typing import ClassVar

REDIRECT = "/r"


class HostilePage(BaseHTTPRequestHandler):
    """Serves whatever page the test wrote last, with its headers, and at `REDIRECT` sends on to
    `location`."""

    page: ClassVar[str] = ""
    location: ClassVar[str] = ""
    headers_too: ClassVar[dict[str, str]] = {}

    def do_GET(self) -> None:
        if self.path == REDIRECT:
            self.send_response(302)
            self.send_header("Location", self.location)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        for name, value in self.headers_too.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.page.encode())

    def log_message(self, *args: object) -> None:
        pass
