"""The attacker's half of the cookie page: one request to the bank in each way, and no attack.

The bank's half sends the visitor here with a run's id. The first page of a host makes the requests
that stay within a page; then each page makes one navigation, from which the bank leads back here;
the last one leads on: from the other site to the sub-domain, from there to the teaching side.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from attacker_site.hosts import Visit
from attacker_site.targets import Addresses
from csrf_proof.positions import CROSS_SITE, SUBDOMAIN

_RUN = re.compile("[0-9a-f]{16}")
_POSITIONS = (CROSS_SITE, SUBDOMAIN)
# What has been done, and the navigation that comes next.
_NEXT = {"": "link", "link": "form-get", "form-get": "form-post", "form-post": "onward"}


@dataclass(frozen=True)
class Step:
    """What one page does: `embedded` requests first, then the `way` on, to an `address`.

    `echo` is the address below which the bank listens, `done` how many of the `pages` are over.
    """

    embedded: bool
    way: str
    address: str
    echo: str
    done: int
    pages: int = len(_POSITIONS) * len(_NEXT)


def next_step(addresses: Addresses, visit: Visit, lab: str, run: str, after: str) -> Step | None:
    """Return what a page does, or None where the query or the host belong to no run."""
    if visit.position not in _POSITIONS or after not in _NEXT or not _RUN.fullmatch(run):
        return None
    way = _NEXT[after]
    echo = f"{addresses.bank(lab)}/cookies/{run}/{visit.position}"
    onward = {
        CROSS_SITE: f"{addresses.community(lab)}/cookies/?run={run}",
        SUBDOMAIN: f"{addresses.playground}/cookies/{run}/",
    }
    done = _POSITIONS.index(visit.position) * len(_NEXT) + list(_NEXT).index(after)
    address = onward[visit.position] if way == "onward" else f"{echo}/{way}"
    return Step(after == "", way, address, echo, done)
