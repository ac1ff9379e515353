"""The smoke test sees a playground that doesn't start, doesn't stop, or leaves something behind."""

from __future__ import annotations

import sys

import pytest

from tools.run import ROOT, free_port
from tools.smoke import COMMAND, answers, problem

# Answers /health, until Ctrl-C.
SERVER = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/health" else 404)
        self.end_headers()
    def log_message(self, *args): pass
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
{first}
try:
    server.serve_forever()
except KeyboardInterrupt:
    {last}
"""


def run(
    first: str = "", last: str = "pass", path: str = "/health", **seconds: float
) -> tuple[str | None, str]:
    """Return what's found about a server that does this first and that after Ctrl-C."""
    port = free_port()
    address = f"http://127.0.0.1:{port}{path}"
    command = (sys.executable, "-c", SERVER.format(first=first, last=last), str(port))
    return problem([address], command, **seconds), address


def test_what_it_starts_exists() -> None:
    assert (ROOT / COMMAND[-1]).is_file()


def test_one_that_starts_and_stops_is_fine() -> None:
    found, _ = run()
    assert found is None


@pytest.mark.parametrize(
    ("first", "last", "sentence"),
    [
        ("sys.exit(3)", "pass", "It ended while starting, with exit status 3."),
        ("", "sys.exit(4)", "It ended with exit status 4 after Ctrl-C."),
        (
            "",
            "import os; os.fork() or server.serve_forever()",
            "a site was still there 1 seconds after Ctrl-C.",
        ),
        ("", "server.serve_forever()", "It was still running 1 seconds after Ctrl-C."),
    ],
)
def test_another_one_is_not(first: str, last: str, sentence: str) -> None:
    found, address = run(first, last, stop_seconds=1 if "1 seconds" in sentence else 30)
    assert found
    assert sentence in found
    assert not answers(address), "nothing is left running"


def test_one_that_never_says_it_is_well_is_not_fine() -> None:
    found, _ = run(path="/elsewhere", start_seconds=1)
    assert found == "It wasn't well after 1 seconds."
