"""The attacker signs in to her own account and takes the token out of her own transfer form.

If that token gives away that it is made from her user name alone, she makes the victim's instead.
"""

from __future__ import annotations

import hashlib

from csrf_proof.visitor import Prepared, Visitor

HASHES = ("md5", "sha1", "sha256")


def prepare(bank: Visitor) -> Prepared:
    """Return the hidden fields of mallory's form, or alice's where they can be computed."""
    bank.sign_in()
    hidden = bank.hidden_fields("/transfer")
    return Prepared(fields={name: _for_alice(value) for name, value in hidden.items()})


def _for_alice(token: str) -> str:
    """Return alice's token if mallory's is a plain hash of her name, and mallory's otherwise."""
    for name in HASHES:
        if token == hashlib.new(name, b"mallory").hexdigest():
            return hashlib.new(name, b"alice").hexdigest()
    return token
