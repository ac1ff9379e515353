"""The bank's form arrives here, repeated by the browser with all that was in it."""

from __future__ import annotations

from csrf_proof.visitor import Caught, Prepared


def caught(said: Caught) -> Prepared:
    """Return the fields of the form that the bank handed on."""
    return Prepared(said.fields)
