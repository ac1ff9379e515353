"""The host allow-list: which names this port answers for, and what each says about the visit.

A name outside the list is refused. Otherwise a hostile page could point a name of its own at
127.0.0.1 (DNS rebinding) and talk to this server as if it were its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from catalogue.labels import is_label

CROSS_SITE = "cross-site"
SUBDOMAIN = "subdomain"
LOOKALIKE = "lookalike"
POSITIONS = (CROSS_SITE, SUBDOMAIN, LOOKALIKE)
# A script inside the bank's own page; a page of the attacker's own site puts it there.
SAME_ORIGIN = "same-origin"

_PORT = r"(?::[0-9]{0,5})?"
_EVIL = re.compile(rf"((?:[a-z0-9](?:[a-z0-9-]{{0,61}}[a-z0-9])?\.)*evil\.localhost){_PORT}")
_COMMUNITY = re.compile(rf"(community\.([a-z0-9-]{{1,63}})\.bank\.localhost){_PORT}")
_LOOKALIKE = re.compile(rf"(([a-z0-9-]{{1,63}})\.bank\.localhost\.evil\.localhost){_PORT}")
_LOOPBACK = re.compile(rf"(?:localhost|127\.0\.0\.1|\[::1\]){_PORT}")


@dataclass(frozen=True)
class Visit:
    """Under which name the visitor came.

    `lab` is the lab that the host names; elsewhere on the attacker's own site it is None, because
    there the query names the lab.
    """

    host: str
    position: str
    lab: str | None


def read_host(header: str) -> Visit | None:
    """Return the visit that a Host header stands for, or None where this port does not answer."""
    if len(header) > 260:
        return None
    host = header.lower()
    if (lookalike := _LOOKALIKE.fullmatch(host)) and is_label(lookalike[2]):
        return Visit(lookalike[1], LOOKALIKE, lookalike[2])
    if evil := _EVIL.fullmatch(host):
        return Visit(evil[1], CROSS_SITE, None)
    if (community := _COMMUNITY.fullmatch(host)) and is_label(community[2]):
        return Visit(community[1], SUBDOMAIN, community[2])
    return None


def is_loopback(header: str) -> bool:
    """Say whether the Host header is a bare loopback name, which may ask for /health only."""
    return bool(_LOOPBACK.fullmatch(header.lower()))
