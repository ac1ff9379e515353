"""What the page has read at the bank arrives here."""

from __future__ import annotations

from csrf_proof.visitor import Caught, Prepared


def caught(said: Caught) -> Prepared:
    """Return the hidden fields of the bank's form, as the page sent them."""
    return Prepared(said.fields)
