"""The statement arrives here, as the page has read it."""

from __future__ import annotations

from csrf_proof.visitor import Caught, Prepared


def caught(said: Caught) -> Prepared:
    """Return whose statement it is, and what is in it."""
    return Prepared(said.fields)
