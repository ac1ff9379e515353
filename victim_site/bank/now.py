"""What an open page of the bank would show if it were loaded now.

A page asks so that a visitor sees at once what a request from somewhere else has changed. Reading
it changes nothing: no session is saved, no sign-in is confirmed and no attempt is recorded.
"""

from __future__ import annotations

import hashlib
from typing import Any

from django.conf import settings
from django.db.models import Max, QuerySet

from victim_site.bank import attempts, payments
from victim_site.bank.auth import signed_in
from victim_site.bank.models import Attempt
from victim_site.bank.requests import BankRequest
from victim_site.bank.sessions import SessionStore
from victim_site.prepared import prepared

# These don't show on a page, so the page compares the ids of the newest attempts.
_UNSEEN = ("change-password", "upload-avatar")


def asker(request: BankRequest) -> str:
    """Return a value that changes when the browser sends a different session cookie.

    It's a digest with a secret key, since scripts can read it and mustn't learn the cookie's value.
    """
    sent = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    secret = settings.SECRET_KEY.encode()[: hashlib.blake2s.MAX_KEY_SIZE]
    return hashlib.blake2s(sent.encode(), key=secret, digest_size=8).hexdigest()


def state(request: BankRequest) -> dict[str, Any]:
    """Return who is signed in, and what their pages show; `user` is empty if nobody is."""
    customer = signed_in(SessionStore(request.COOKIES.get(settings.SESSION_COOKIE_NAME)))
    if customer is None or customer.lab.label != request.label.text:
        return {"user": ""}
    return {
        "user": customer.username,
        "balance": customer.balance,
        "email": customer.email,
        "identity": customer.identity,
        "acts": dict(_newest(customer.lab_id, customer.username)),
        "payments": payments.history(customer.lab_id, customer.username),
    }


@prepared
def _newest(lab: int, username: str) -> QuerySet[Attempt, tuple[str, int]]:
    """Return the ids of a customer's newest acts of the kinds that don't show on a page."""
    done = Attempt.objects.filter(lab_id=lab, user=username, outcome=attempts.APPLIED)
    by_action = done.filter(action__in=_UNSEEN).order_by().values_list("action")
    return by_action.annotate(newest=Max("pk"))
