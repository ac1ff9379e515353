"""How people come in, and who is connected: kept in a file that the trainer's page reads."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path


class Arrivals:
    """The laptops that are connected now, by ssh or by the relay.

    `file` is written at each change: `{"code", "ways": [{"page", "ssh", "shifted", "relay",
    "fingerprint"}], "laptops": [<address>]}`.
    """

    def __init__(self, file: Path, code: str) -> None:
        self._file = file
        self._code = code
        self._ways: Sequence[Mapping[str, str]] = ()
        self._here: dict[object, str] = {}
        self._written = ""
        self._write()

    @property
    def laptops(self) -> list[str]:
        """The addresses of the laptops, each once."""
        return sorted(set(self._here.values()))

    def told(self, ways: Sequence[Mapping[str, str]]) -> None:
        """Note how to come in, by this machine's addresses."""
        self._ways = ways
        self._write()

    def joined(self, visit: object, address: str) -> None:
        self._here[visit] = address
        self._write()

    def left(self, visit: object) -> None:
        self._here.pop(visit, None)
        self._write()

    def _write(self) -> None:
        """Write what has changed, if anything has: a relay joins and leaves with each request."""
        said = {"code": self._code, "ways": list(self._ways), "laptops": self.laptops}
        text = json.dumps(said)
        if text == self._written:
            return
        fresh = self._file.with_suffix(".new")
        # On a full disk people still get in; the next change is written again.
        with suppress(OSError):
            fresh.write_text(text, encoding="utf-8")
            fresh.replace(self._file)
            self._written = text
