"""The life of a lab: it comes into being at the first visit, is reset, and makes room at last."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.utils import timezone

from victim_site.bank.models import Account, Lab, Session, Transfer

PASSWORDS = {"alice": "wonderland", "mallory": "mischief"}
FIRST_BALANCE = 1000
MOST_LABS = 5_000
KEPT_FOR = timedelta(hours=1)
# How exactly a lab's last visit is known: a write on every page would cost more than the page.
SEEN_EVERY = timedelta(minutes=1)


class LabsFull(Exception):
    """There are as many labs as the playground holds, and none has been idle for an hour."""


@cache
def first_password(username: str) -> str:
    """Return the stored form of an account's first password: one for all labs and processes.

    So a lab is cheap to make, and a changed password is seen by comparing.
    """
    return make_password(PASSWORDS[username], salt="the-same-in-every-new-lab")


def first_email(username: str) -> str:
    return f"{username}@{settings.ADDRESSES.domains.bank}"


def open_lab(text: str) -> Lab:
    """Return the lab of that label, which comes into being if this is its first visit.

    Raises:
        LabsFull: A new lab was asked for, and there is no room for it.
    """
    lab = Lab.objects.filter(label=text).first()
    if lab is None:
        try:
            with transaction.atomic():
                _make_room()
                lab = Lab.objects.create(label=text, last_seen=timezone.now())
                _create_accounts(lab)
        except IntegrityError:  # Two first visits at once: the other one made it.
            lab = Lab.objects.get(label=text)
    seen(lab)
    return lab


def seen(lab: Lab) -> None:
    """Note that the lab is in use, to the minute."""
    now = timezone.now()
    if now - lab.last_seen > SEEN_EVERY:
        Lab.objects.filter(pk=lab.pk).update(last_seen=now)


def reset(text: str) -> None:
    """Put a lab back to its first state. One that was never visited stays unborn."""
    with transaction.atomic():
        lab = Lab.objects.select_for_update().filter(label=text).first()
        if lab is None:
            return
        accounts = lab.accounts.all()
        Session.objects.filter(account__in=accounts).delete()
        Transfer.objects.filter(sender__in=accounts).delete()
        lab.attempts.all().delete()
        # Kept rows, fresh contents: a sign-in under way finds the account that it started with.
        for account in accounts:
            _freshen(account)
            account.save()


def _make_room() -> None:
    if Lab.objects.count() < MOST_LABS:
        return
    idle = Lab.objects.filter(last_seen__lt=timezone.now() - KEPT_FOR).order_by("last_seen")
    oldest = idle.first()
    if oldest is None:
        raise LabsFull
    oldest.delete()


def _create_accounts(lab: Lab) -> None:
    accounts = [Account(lab=lab, username=username) for username in PASSWORDS]
    for account in accounts:
        _freshen(account)
    Account.objects.bulk_create(accounts)


def _freshen(account: Account) -> None:
    account.password = first_password(account.username)
    account.email = first_email(account.username)
    account.balance = FIRST_BALANCE
    account.avatar = b""
    account.avatar_type = ""
