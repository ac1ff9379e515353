"""What a lab looks like from outside: its accounts and its log, without changing anything."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from victim_site.bank.attempts import KEPT
from victim_site.bank.labs import FIRST_BALANCE, PASSWORDS, first_email, first_password
from victim_site.bank.models import Account, Attempt, Session


def accounts(label: str) -> dict[str, dict[str, Any]]:
    """Return each account's balance, e-mail, live sign-ins, whether its password changed, and the
    outside identity that opens it."""
    report = {
        username: {
            "balance": FIRST_BALANCE,
            "email": first_email(username),
            "sessions": 0,
            "password_changed": False,
            "identity": "",
        }
        for username in PASSWORDS
    }
    live = Count("sessions", filter=Q(sessions__expire_date__gt=timezone.now()))
    # Columns by name, since a picture may have a megabyte.
    stated = Account.objects.filter(lab__label=label).values(
        "username", "balance", "email", "password", "identity"
    )
    for row in stated.annotate(live=live):
        report[row["username"]] = {
            "balance": row["balance"],
            "email": row["email"],
            "sessions": row["live"],
            "password_changed": row["password"] != first_password(row["username"]),
            "identity": row["identity"],
        }
    return report


def is_signed_in(label: str, username: str) -> bool:
    """Tell whether somebody is signed in to a lab as one of its customers."""
    theirs = Session.objects.filter(account__lab__label=label, account__username=username)
    return theirs.filter(expire_date__gt=timezone.now()).exists()


def attempt(label: str, number: int) -> tuple[Attempt, int] | None:
    """Return one of a lab's newest `KEPT` attempts by its id, and how many are newer."""
    found = Attempt.objects.filter(lab__label=label, pk=number).first()
    if found is None:
        return None
    newer = newer_attempts(found)
    return (found, newer) if newer < KEPT else None


def attempts(label: str, most: int = KEPT, **like: Any) -> list[Attempt]:
    """Return a lab's newest attempts, oldest first: all, or those that a filter lets through."""
    newest = Attempt.objects.filter(lab__label=label, **like).order_by("-pk")[:most]
    return list(newest)[::-1]


def newer_attempts(found: Attempt) -> int:
    """Return how many attempts are newer than one, in its lab."""
    return Attempt.objects.filter(lab_id=found.lab_id, pk__gt=found.pk).count()


def older_attempts(found: Attempt) -> int:
    """Return how many attempts are older than one, in its lab."""
    return Attempt.objects.filter(lab_id=found.lab_id, pk__lt=found.pk).count()
