"""The host allow-list: which names this port answers for, and what each says about the visit.

A name outside the list is refused. Otherwise a hostile page could point a name of its own at
127.0.0.1 (DNS rebinding) and talk to this server as if it were its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from catalogue.addresses import LOCALHOST, Domains, Host, Kind
from catalogue.labels import is_label
from csrf_proof.positions import CROSS_SITE, LOOKALIKE, SUBDOMAIN

_PORT = r"(?::[0-9]{0,5})?"
_HEADER = re.compile(rf"([a-z0-9.-]+){_PORT}")
_LOOPBACK = re.compile(rf"(?:{LOCALHOST}|127\.0\.0\.1|\[::1\]){_PORT}")


@dataclass(frozen=True)
class Visit:
    """The name that the visitor used.

    `lab` is the lab that the host names; elsewhere on the attacker's own site it is None, because
    there the query names the lab.
    """

    host: str
    position: str
    lab: str | None


def identify(header: str, domains: Domains) -> Host | None:
    """Return the playground's host that a Host header names, whoever serves it."""
    named = _HEADER.fullmatch(header.lower())
    return domains.identify(named[1]) if named else None


def read_host(header: str, domains: Domains) -> Visit | None:
    """Return the visit that a Host header stands for, or None if no attack is served there.

    The owners' hosts are `workbench.by_host`'s business.
    """
    host = identify(header, domains)
    if host is None:
        return None
    lab = host.label if is_label(host.label) else None
    if host.kind is Kind.LOOKALIKE and lab:
        return Visit(host.name, LOOKALIKE, lab)
    if host.kind is Kind.COMMUNITY and lab:
        return Visit(host.name, SUBDOMAIN, lab)
    # A lookalike of what isn't a lab is a host of the attacker's own like any other.
    own = host.kind in {Kind.EVIL, Kind.LOOKALIKE}
    return Visit(host.name, CROSS_SITE, None) if own else None


def is_loopback(header: str) -> bool:
    """Say whether the Host header is a bare loopback name, which may ask for /health only."""
    return bool(_LOOPBACK.fullmatch(header.lower()))
