"""Serve one site with waitress, where gunicorn can't run: one process, and threads.

`python -m tools.runner.waitress_site --bind 127.0.0.1:8000 package.module:application`

It ends on SIGTERM, and when its standard input ends: then the runner that started it is gone, or
asks it to end where there are no signals.
"""

from __future__ import annotations

import _thread
import argparse
import importlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

import waitress  # type: ignore[import-untyped]
from waitress.channel import HTTPChannel  # type: ignore[import-untyped]
from waitress.server import BaseWSGIServer  # type: ignore[import-untyped]

from tools.runner.sockets import listener

# As many as gunicorn's two processes have together.
THREADS = 16
# select(), which is all that Windows has, watches 512 sockets there.
CONNECTIONS = 400
# For a request to arrive, and for a connection to stay open without one.
PATIENCE_SECONDS = 20
# Beyond it waitress says no. The sites refuse less than that themselves, in their own words.
BODY_BYTES = 4 * 1024 * 1024


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection on which a byte now and then doesn't count as activity.

    waitress closes what was inactive for too long. Its threads get complete requests only, so such
    a client holds no thread, but it would keep one of few connections forever.
    """

    request: Any
    last_activity: float

    def handle_read(self) -> None:
        incomplete, since = self.request, self.last_activity
        super().handle_read()
        if incomplete is not None and self.request is incomplete:
            self.last_activity = since


def load(name: str) -> Callable[..., Any]:
    """Return the application named `module:attribute`, or `module:function()` for its result."""
    module, _, attribute = name.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), attribute.rstrip("()"))
    if attribute.endswith("()"):
        found = found()
    return found


def end_with_input() -> None:
    """Wait until standard input ends, then end the server as SIGTERM does."""
    # Not by sys.stdin, whose lock Python can't take back when it ends.
    while os.read(0, 4096):
        pass
    _thread.interrupt_main(signal.SIGTERM)


def _on_stop(number: int, frame: FrameType | None) -> None:
    # Once is enough: the runner sends the signal and ends the input, and both arrive.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--bind", action="append", required=True)
    parser.add_argument("application")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, _on_stop)
    # A queue of one request is normal, and no reason for a line in the terminal.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    threading.Thread(target=end_with_input, daemon=True).start()
    BaseWSGIServer.channel_class = Channel
    binds = [bind.rpartition(":") for bind in given.bind]
    waitress.serve(
        load(given.application),
        sockets=[listener(address.strip("[]"), int(port)) for address, _, port in binds],
        threads=THREADS,
        connection_limit=CONNECTIONS,
        channel_timeout=PATIENCE_SECONDS,
        cleanup_interval=5,
        max_request_body_size=BODY_BYTES,
        # As gunicorn.conf.py allows for a cookie header; a request that is larger gets a 431.
        max_request_header_size=65536,
        _quiet=True,
    )


if __name__ == "__main__":
    main()
