"""The attacker says at the sign-in service who she is, and doesn't go back to the bank.

The code with which she would go back stands for her. She takes the state along, if she gets one.
"""

from __future__ import annotations

from urllib.parse import urlencode

from csrf_proof.visitor import Prepared, Visitor


def prepare(bank: Visitor) -> Prepared:
    """Return the fields of the last step of mallory's own sign-in."""
    bank.sign_in()
    hidden = bank.hidden_fields("/lighthouse")
    begun = [(name, hidden[name]) for name in ("for", "state") if name in hidden]
    return Prepared(fields=bank.identify(f"/lighthouse/authorize?{urlencode(begun)}"))
