"""Mallory, the attacker: a customer of the bank like any other, whose password is public."""

from __future__ import annotations

from attacker_site.targets import Addresses
from csrf_proof.visitor import Account, Visitor

ACCOUNT = Account("mallory", "mischief")


def visit(addresses: Addresses, lab: str) -> Visitor:
    """Return a visit of mallory's to the bank of one lab."""
    return Visitor(addresses.bank(lab), addresses.connect, ACCOUNT, "the bank")
