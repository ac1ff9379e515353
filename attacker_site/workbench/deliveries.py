"""Sending a stored exploit to alice: asking the teaching side's queue, and telling the result.

The victim's browser and the verdict belong to the teaching side. All that's known here is the
address of its queue, and a key in `VAR_DIR`.
"""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from attacker_site.workbench.store import Owner, Refused
from catalogue.visits import OVER, Answer, How, NoAnswer, Queue

# Of a request that waits for a visit: how often it looks, for how many seconds, and how many of
# them there are in a process, which has eight threads.
LOOKS, PATIENCE, MOST_WAITING = 0.1, 300.0, 4


class Deliveries:
    """The deliveries of all owners. `queue` returns the queue, or raises OSError without a key."""

    def __init__(self, queue: Callable[[], Queue]) -> None:
        self._queue = queue
        self._waiting = threading.Semaphore(MOST_WAITING)

    def browsers(self) -> list[str]:
        """Return the profiles of the browsers that are there; none if nobody answers."""
        try:
            found = self._ask("")
        except Refused:
            return []
        return [str(name) for name in found.get("browsers", [])]

    def deliver(
        self,
        owner: Owner,
        lab: str,
        file: str,
        browsers: Sequence[str],
        how: How,
    ) -> str:
        """Put a visit in each browser into the queue, and return the delivery's id.

        Raises:
            Refused: That isn't possible; the message says why.
        """
        asked = {
            "owner": owner.public,
            "name": owner.name,
            "lab": lab[:200],
            "file": file,
            "browsers": list(browsers),
            **asdict(how),
        }
        return str(self._ask("", asked)["id"])

    def told(self, owner: Owner, delivery: str) -> Mapping[str, Any]:
        """Return what is known of a delivery.

        Raises:
            Refused: There's none with this id, or nobody answers.
        """
        if not delivery.isalnum() or not delivery.isascii() or len(delivery) > 32:
            raise Refused(404, "There is no such delivery.")
        return self._ask(f"/of/{owner.public}/{delivery}")

    def newest(self, owner: Owner) -> list[Mapping[str, Any]]:
        """Return an owner's deliveries, newest first; none if nobody answers."""
        try:
            found: list[Mapping[str, Any]] = self._ask(f"/of/{owner.public}")["deliveries"]
        except Refused:
            return []
        return found

    def picture(self, owner: Owner, delivery: str, browser: str) -> bytes:
        """Return what a browser showed in the end, as JPEG.

        Raises:
            Refused: There's no picture.
        """
        told = self.told(owner, delivery)
        if browser not in {each["browser"] for each in told["browsers"]}:
            raise Refused(404, "There is no such picture.")
        said = self._ask(f"/of/{owner.public}/{delivery}/{browser}")
        if not said["jpeg"]:
            raise Refused(404, "There is no such picture.")
        return base64.b64decode(said["jpeg"])

    def wait(self, owner: Owner, delivery: str) -> None:
        """Return when all visits of a delivery are over.

        Raises:
            Refused: Too many are waiting, or it takes too long.
        """
        if not self._waiting.acquire(blocking=False):
            raise Refused(503, "Too many requests wait for their visits. Ask /api/deliveries.")
        try:
            deadline = time.monotonic() + PATIENCE
            while self.told(owner, delivery)["state"] != OVER:
                if time.monotonic() > deadline:
                    raise Refused(504, "The visit isn’t over yet. Ask /api/deliveries.")
                time.sleep(LOOKS)
        finally:
            self._waiting.release()

    def _ask(self, path: str, body: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        try:
            answer = self._queue().ask(path, body)
        except (NoAnswer, OSError) as problem:
            raise Refused(503, f"There is no victim’s browser right now. {problem}") from None
        if answer.status >= 400:
            raise Refused(answer.status, _problem(answer))
        return answer.said


def _problem(answer: Answer) -> str:
    if answer.status == 404:
        return "There is no such delivery."
    if answer.status == 401:
        return "The teaching side doesn’t know this site’s key: they don’t share a VAR_DIR."
    # A list is what a field lacks, in the words of a library.
    return answer.problem if isinstance(answer.said.get("detail"), str) else "That can’t be read."
