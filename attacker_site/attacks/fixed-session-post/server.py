"""The attacker opens the bank's sign-in page as a stranger, and takes the token that it hands out.

She does not sign in. The victim will, with this token already planted.
"""

from __future__ import annotations

from csrf_proof.visitor import Prepared, Visitor


def prepare(bank: Visitor) -> Prepared:
    """Return the hidden fields of the sign-in form, and the cookies that came with them."""
    fields = bank.hidden_fields("/login")
    return Prepared(fields, bank.plantable_cookies)
