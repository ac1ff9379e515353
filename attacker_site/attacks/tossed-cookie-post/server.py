"""The attacker signs in to her own account, and takes a token and the cookie that belongs to it.

The session cookie stays with her: the victim must keep a session of her own.
"""

from __future__ import annotations

from csrf_proof.visitor import Prepared, Visitor


def prepare(bank: Visitor) -> Prepared:
    """Return the hidden fields of mallory's form, and her cookies but that of the session."""
    bank.sign_in()
    fields = bank.hidden_fields("/transfer")
    return Prepared(fields, bank.plantable_cookies)
