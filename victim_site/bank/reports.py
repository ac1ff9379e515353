"""What a lab looks like from outside: its accounts and its log, without changing anything."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from victim_site.bank.attempts import KEPT
from victim_site.bank.labs import FIRST_BALANCE, PASSWORDS, first_email, first_password
from victim_site.bank.models import Account, Attempt


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


def newest_attempt(label: str) -> int:
    """Return the id of a lab's newest attempt, or 0."""
    newest = Attempt.objects.filter(lab__label=label).order_by("-pk").values_list("pk", flat=True)
    return newest.first() or 0


def attempt(label: str, number: int) -> Attempt | None:
    """Return one of a lab's newest `KEPT` attempts by its id."""
    in_lab = Attempt.objects.filter(lab__label=label)
    found = in_lab.filter(pk=number).first()
    return found if in_lab.filter(pk__gt=number).count() < KEPT else None


def attempts(label: str) -> list[Attempt]:
    """Return a lab's newest `KEPT` attempts, oldest first."""
    newest = Attempt.objects.filter(lab__label=label).order_by("-pk")[:KEPT]
    return list(newest)[::-1]
