"""A trial waits for what is still under way: how slow an application is changes no verdict."""

from __future__ import annotations

import time
from http.server import BaseHTTPRequestHandler
from typing import ClassVar

import pytest
from playwright.sync_api import BrowserContext

from csrf_proof import attacker, trial, windows
from csrf_proof.arsenal import FOLDER, Arsenal, Shot
from csrf_proof.serving import serve
from e2e.conftest import Browsers

pytestmark = pytest.mark.each_browser

ARSENAL = Arsenal(FOLDER)
# Longer than a browser takes to open another page.
SECONDS = 1.5


class Slow(BaseHTTPRequestHandler):
    """An application that thinks about a preflight for a while, says yes, and pays."""

    paid: ClassVar[list[bytes]] = []

    def do_GET(self) -> None:
        self._answer(200)

    def do_OPTIONS(self) -> None:
        time.sleep(SECONDS)
        self._answer(204)

    def do_POST(self) -> None:
        self.paid.append(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer(200)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Access-Control-Allow-Origin", self.headers.get("Origin", ""))
        self.send_header("Access-Control-Allow-Credentials", "true")
        self.send_header("Access-Control-Allow-Headers", "content-type, x-requested-with")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


class Application:
    """The slow application as a trial's target. It keeps a log, in which nothing ever stands."""

    site = "app.localhost"

    def __init__(self, port: int) -> None:
        self.url = f"http://app.localhost:{port}"

    def sign_in(self, context: BrowserContext, *, by_hand: bool) -> None:
        pass

    def look(self) -> trial.Look:
        return trial.Look(len(Slow.paid), ())


def test_a_request_that_follows_a_slow_preflight_is_waited_for(
    browsers: Browsers, profile: str
) -> None:
    Slow.paid.clear()
    attack = ARSENAL.attacks["cors-json"]
    with serve(Slow) as port:
        target = Application(port)
        shot = Shot(attack=attack, origin=target.url, action_path="/pay", forged={"amount": "1"})
        with (
            attacker.serving(ARSENAL, shot, "cross-site") as server,
            windows.fresh(browsers.get(profile)) as window,
        ):
            result = trial.run(
                window, attack, server.address, target, path=shot.path, wait_for="sign"
            )
    assert result.outcome == trial.FORGED
