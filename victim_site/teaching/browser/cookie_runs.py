"""What one visit to the cookie page has shown, a *run*: which cookies arrived with which request.

Another site can't read which cookies its requests carried, so the bank's host notes it here under
the run's random id, and the teaching side reads the notes.

The notes are in Django's file cache, since several processes serve the site: one entry for each
request, so that no two writers meet, for `KEPT_FOR` seconds, and a bounded number of them (`CACHES`
in the settings). Under a flood of runs the cache drops notes at random; the page then says
which are missing.
"""

from __future__ import annotations

import pickle
import re
import zlib
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest

LAB = "no-defense--for-cookies"
SECURE = {"secure": True, "samesite": "None"}
# Every kind of cookie: its name, and what the bank says of it to the browser.
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "fresh": ("c_fresh", {}),
    "old": ("c_old", {}),
    "lax": ("c_lax", {"samesite": "Lax"}),
    "strict": ("c_strict", {"samesite": "Strict"}),
    "none": ("c_none", SECURE),
    "host": ("__Host-c_host", SECURE),
    # This Python doesn't know the attribute Partitioned, and sends an attribute's value unchanged.
    "partitioned": ("c_partitioned", {"secure": True, "samesite": "None; Partitioned"}),
}

BANK, CROSS_SITE, SUBDOMAIN = "bank", "cross-site", "subdomain"
TOP_LEVEL = ("link", "form-get", "form-post")
EMBEDDED = ("image", "frame", "fetch", "websocket")
POSTS = {"form-post", "fetch"}
# The requests of a run. The bank's own link is the control: what it lacks, the browser never kept.
REQUESTS = [
    (BANK, "link"),
    *((position, way) for position in (CROSS_SITE, SUBDOMAIN) for way in TOP_LEVEL + EMBEDDED),
]

KEPT_FOR = 3600

_RUN = re.compile("[0-9a-f]{16}")
# What Django's file cache raises when its folder cannot be used, or a file in it was damaged.
_BROKEN = (OSError, EOFError, pickle.PickleError, zlib.error)


@dataclass(frozen=True)
class Run:
    """What is known of a run: when it began (seconds since 1970) and in which browser, from when on
    its `old` cookie is old, and for each request that arrived the kinds that it carried."""

    id: str
    at: int
    user_agent: str
    old_from: int
    arrived: dict[tuple[str, str], list[str]]

    @property
    def kept(self) -> list[str]:
        """The kinds of cookies that this browser keeps."""
        return self.arrived.get((BANK, "link"), [])

    @property
    def missing(self) -> list[tuple[str, str]]:
        """The requests that never arrived, or whose notes are gone."""
        return [request for request in REQUESTS if request not in self.arrived]


def begin(run: str, begun: dict[str, Any]) -> bool:
    """Note that a run has begun; return whether that could be written."""
    try:
        cache.set(_key(run), begun, KEPT_FOR)
    except _BROKEN:
        return False
    return True


def note(run: str, position: str, way: str, request: HttpRequest) -> list[str]:
    """Write down and return the kinds of cookies that came with a request.

    Of a run that is not known, and where nothing can be written, nothing is noted: the page of the
    run then says so.
    """
    arrived = [kind for kind, (name, _) in KINDS.items() if name in request.COOKIES]
    with suppress(*_BROKEN):
        if _begun(run):
            cache.set(_key(run, position, way), arrived, KEPT_FOR)
    return arrived


def read(run: str) -> Run | None:
    """Return a run, or None if there was none of that id, or its notes are gone."""
    keys = {request: _key(run, *request) for request in REQUESTS}
    try:
        begun = _begun(run)
        notes = cache.get_many(keys.values()) if begun else {}
    except _BROKEN:
        return None
    if begun is None:
        return None
    young = {"old"} if begun["at"] < begun["old_from"] else set()
    arrived = {
        request: [kind for kind in notes[key] if kind not in young]
        for request, key in keys.items()
        if key in notes
    }
    return Run(run, **begun, arrived=arrived)


def _begun(run: str) -> dict[str, Any] | None:
    begun: dict[str, Any] | None = cache.get(_key(run)) if _RUN.fullmatch(run) else None
    return begun


def _key(run: str, *request: str) -> str:
    return ".".join(["cookies", run, *request])
