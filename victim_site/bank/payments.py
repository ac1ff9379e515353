"""The queries for a payment, and for the latest payments."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F, QuerySet

from victim_site.bank.models import Account, Transfer
from victim_site.prepared import insert, prepared, prepared_update


@prepared
def customers(lab: int, username: str) -> QuerySet[Account, tuple[int]]:
    """Return the key of the customer of that name, if there is one."""
    return Account.objects.filter(lab_id=lab, username=username).values_list("pk")


@prepared_update
def take(account: int, amount: int) -> int:
    """Take money out of an account, if it has that much; return how many accounts did."""
    # The database does the arithmetic, so two simultaneous transfers can't lose an update.
    with_enough = Account.objects.filter(pk=account, balance__gte=amount)
    return with_enough.update(balance=F("balance") - amount)


@prepared_update
def give(account: int, amount: int) -> int:
    """Put money into an account."""
    return Account.objects.filter(pk=account).update(balance=F("balance") + amount)


def note(lab: int, sender: int, recipient: int, amount: int) -> None:
    """Write a payment into the history."""
    insert(Transfer(lab_id=lab, sender_id=sender, recipient_id=recipient, amount=amount))


@prepared
def latest(lab: int) -> QuerySet[Transfer, tuple[str, str, int, datetime]]:
    """Return the latest ten payments of a lab, newest first: who paid whom how much, and when."""
    # A lab has two customers, so every payment in it is one of theirs.
    newest = Transfer.objects.filter(lab_id=lab).order_by("-pk")
    return newest.values_list("sender__username", "recipient__username", "amount", "at")[:10]


def history(lab: int, me: str) -> list[tuple[str, str, str, str]]:
    """Return the latest payments as a customer's pages show them: when, from, to, how much."""
    return [
        (f"{at:%d %b, %H:%M:%S}", sender, recipient, f"−{amount}" if sender == me else f"+{amount}")
        for sender, recipient, amount, at in latest(lab)
    ]
