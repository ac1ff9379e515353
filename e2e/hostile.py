"""An attacker's site of a test's own, which aims where the playground's attacker will not.

`csrf_proof.serving.serve(HostilePage)` starts it.
"""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler
from typing import ClassVar

REDIRECT = "/r"


class HostilePage(BaseHTTPRequestHandler):
    """Serves whatever page the test wrote last, with its headers, and at `REDIRECT` sends on to
    `location`, a POST as a POST."""

    page: ClassVar[str] = ""
    location: ClassVar[str] = ""
    headers_too: ClassVar[dict[str, str]] = {}

    def do_GET(self) -> None:
        if self.path == REDIRECT:
            self._redirect(302)
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        for name, value in self.headers_too.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.page.encode())

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._redirect(307)

    def _redirect(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Location", self.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass
