"""What a lab looks like from outside: its accounts and its log, without changing anything."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from victim_site.bank.attempts import KEPT
from victim_site.bank.labs import FIRST_BALANCE, PASSWORDS, first_email, first_password
from victim_site.bank.models import Account, Attempt, Session


def accounts(label: str) -> dict[str, dict[str, Any]]:
    """Return each account's balance, e-mail, live sign-ins, and whether its password changed."""
    report = {
        username: {
            "balance": FIRST_BALANCE,
            "email": first_email(username),
            "sessions": 0,
            "password_changed": False,
        }
        for username in PASSWORDS
    }
    live = Count("sessions", filter=Q(sessions__expire_date__gt=timezone.now()))
    for account in Account.objects.filter(lab__label=label).annotate(live=live):
        report[account.username] = {
            "balance": account.balance,
            "email": account.email,
            "sessions": account.live,
            "password_changed": account.password != first_password(account.username),
        }
    return report


def is_signed_in(label: str, username: str) -> bool:
    """Tell whether somebody is signed in to a lab as one of its customers."""
    theirs = Session.objects.filter(account__lab__label=label, account__username=username)
    return theirs.filter(expire_date__gt=timezone.now()).exists()


def attempt(label: str, number: int) -> Attempt | None:
    """Return one of a lab's newest `KEPT` attempts by its id."""
    found = Attempt.objects.filter(lab__label=label, pk=number).first()
    return found if found and newer_attempts(found) < KEPT else None


def attempts(label: str, most: int = KEPT, **like: str) -> list[Attempt]:
    """Return a lab's newest attempts, oldest first: all, or those with certain values."""
    newest = Attempt.objects.filter(lab__label=label, **like).order_by("-pk")[:most]
    return list(newest)[::-1]


def newer_attempts(found: Attempt) -> int:
    """Return how many attempts are newer than one, in its lab."""
    return Attempt.objects.filter(lab_id=found.lab_id, pk__gt=found.pk).count()


def older_attempts(found: Attempt) -> int:
    """Return how many attempts are older than one, in its lab."""
    return Attempt.objects.filter(lab_id=found.lab_id, pk__lt=found.pk).count()
