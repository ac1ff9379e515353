"""How much there is to take: the balance in the lab's public API.

The attacker takes what is there, and never more than a fixed amount, so that a workshop can repeat
the attack. When the bank cannot be asked, the fixed amount is used: either site runs alone.
"""

from __future__ import annotations

import http.client
import json
from urllib.parse import urlsplit

from attacker_site.targets import Addresses
from catalogue.actions import MOST

TIMEOUT_SECONDS = 1.0
ANSWER_LIMIT = 4_000_000


def amount_to_take(addresses: Addresses, lab: str) -> int:
    """Return how much to forge a transfer of: 0 when alice has nothing left."""
    balance = _balance(addresses, lab)
    return MOST if balance is None else min(balance, MOST)


def _balance(addresses: Addresses, lab: str) -> int | None:
    """Return alice's balance, or None where the bank gave no usable answer."""
    connection = addresses.connect(TIMEOUT_SECONDS)
    headers = {"Host": urlsplit(addresses.playground).netloc}
    try:
        connection.request("GET", f"/api/labs/{lab}", headers=headers)
        with connection.getresponse() as answer:
            balance = json.loads(answer.read(ANSWER_LIMIT))["accounts"]["alice"]["balance"]
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError, RecursionError):
        return None
    finally:
        connection.close()
    usable = answer.status == 200 and type(balance) is int and balance >= 0
    return balance if usable else None
