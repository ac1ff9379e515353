"""What the page has read at the bank arrives here."""

from __future__ import annotations

from attacker_site.visitor import Caught, Prepared


def caught(said: Caught) -> Prepared:
    """Return the hidden fields of the bank's form, as the page sent them."""
    return Prepared(said.fields)
