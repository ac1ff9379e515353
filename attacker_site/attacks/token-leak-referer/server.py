"""The visitor comes back from the bank, and the Referer says from which address."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from csrf_proof.visitor import Caught, Prepared


def caught(said: Caught) -> Prepared:
    """Return what was in the query of the bank's address, apart from what this shop put there."""
    try:
        leaked = dict(parse_qsl(urlsplit(said.referer).query))
    except ValueError:
        return Prepared()
    return Prepared({k: v for k, v in leaked.items() if k not in {"to", "amount", "shop"}})
