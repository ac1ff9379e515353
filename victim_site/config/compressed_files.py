"""The static files, compressed once and for all processes."""

from __future__ import annotations

import gzip
import os
import secrets
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from whitenoise.middleware import (  # type: ignore[import-untyped,unused-ignore]
    WhiteNoiseMiddleware,
)
from whitenoise.responders import StaticFile  # type: ignore[import-untyped,unused-ignore]


class StaticFilesMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc,unused-ignore]
    """WhiteNoise, which serves a file's `.gz` if there is one: here they're in `VAR_DIR`.

    It looks for them next to the files, where only `collectstatic` would put them, and there is no
    such step to forget.
    """

    def get_static_file(
        self, path: str, url: str, stat_cache: dict[str, os.stat_result] | None = None
    ) -> StaticFile:
        plain = super().get_static_file(path, url, stat_cache)
        _, _, headers = plain.alternatives[-1]
        stated = [(name, value) for name, value in headers if name != "Content-Length"]
        return StaticFile(path, stated, _compressed(Path(path)))


def _compressed(file: Path) -> dict[str, str]:
    """Return where a file's compressed copy is, by its encoding; nothing if it can't be written."""
    content = file.read_bytes()
    copy: Path = settings.VAR_DIR / "static" / f"{sha256(content).hexdigest()}.gz"
    if not copy.exists():
        fresh = copy.with_suffix(f".{secrets.token_hex(8)}")
        try:
            copy.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_bytes(gzip.compress(content, mtime=0))
            fresh.replace(copy)
        except OSError:  # A full disk, say. Then the file itself is served.
            with suppress(OSError):
                fresh.unlink()
            return {}
    return {"gzip": str(copy)}
