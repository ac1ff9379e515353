"""A piece of the bank's page arrives here, as the text of a field that was never closed."""

from __future__ import annotations

from csrf_proof.visitor import Caught, Prepared, hidden_fields


def caught(said: Caught) -> Prepared:
    """Return the hidden fields in what was swallowed, the token among them."""
    return Prepared(hidden_fields(said.fields.get("page", "")))
