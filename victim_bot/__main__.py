"""The victim's browser as a program: `python -m victim_bot`.

It ends on SIGTERM, on Ctrl-C, and when its standard input ends, because the runner that started it
is gone then. Where there's no browser it says so and ends at once.
"""

from __future__ import annotations

import http.client
import os
import signal
import sys
from threading import Event, Thread
from types import FrameType

from catalogue.addresses import read
from catalogue.kept import key_folder, victim_key
from catalogue.visits import Queue
from csrf_proof.address import any_certificate
from csrf_proof.browsers import end_all
from victim_bot.bot import Bot, found
from victim_bot.fence import Fence

# By which the queue knows it, if the runner gives it one.
NAME = "VICTIM_WORKER"


def main() -> int:
    where = read(os.environ)
    listens = os.environ.get("VICTIM_ADDRESS") or f"127.0.0.1:{where.victim_port}"
    host, _, port = listens.rpartition(":")
    host = host.strip("[]")

    def connect(seconds: float) -> http.client.HTTPConnection:
        if where.victim_scheme == "http":
            return http.client.HTTPConnection(host, int(port), timeout=seconds)
        tls = any_certificate()
        return http.client.HTTPSConnection(host, int(port), timeout=seconds, context=tls)

    profiles = found()
    if not profiles:
        print("There is no browser for the victim. To get one: python -m csrf_proof.browsers")
        return 0
    ended = Event()
    signal.signal(signal.SIGTERM, _stop)
    Thread(target=_wait_for_end_of_input, args=(ended,), daemon=True).start()
    key = victim_key(key_folder(os.environ))
    attacker, _, attackers_port = os.environ.get("ATTACKER_ADDRESS", "").rpartition(":")
    servers = {
        where.victim_port: (host, int(port)),
        where.attacker_port: (attacker or host, int(attackers_port or where.attacker_port)),
    }
    try:
        with (
            Fence(where, servers) as fence,
            Bot(Queue(where, connect, key), fence, profiles, os.environ.get(NAME, "")) as bot,
        ):
            bot.run(lambda: not ended.is_set())
    except (KeyboardInterrupt, SystemExit):
        pass
    finally:
        end_all()
    return 0


def _wait_for_end_of_input(ended: Event) -> None:
    while os.read(0, 4096):
        pass
    ended.set()


def _stop(number: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
