"""The life of a lab: created on the first visit, reset, and finally deleted to make room."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.exceptions import BadRequest
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from victim_site.bank.models import Account, Lab
from victim_site.prepared import prepared

PASSWORDS = {"alice": "wonderland", "mallory": "mischief"}
FIRST_BALANCE = 1000
MOST_LABS = settings.MOST_LABS
KEPT_FOR = timedelta(hours=1)
# How precisely a lab's last visit is recorded: a write on every page would cost too much.
SEEN_EVERY = timedelta(minutes=1)


class LabsFull(Exception):
    """There are as many labs as the playground holds, and none has been idle for an hour."""


class LabGone(BadRequest):
    """The lab was reset or removed after the request had entered it; Django answers 400."""

    def __init__(self) -> None:
        super().__init__("The lab was reset while your request was under way. Nothing was changed.")


@cache
def first_password(username: str) -> str:
    """Return the stored form of an account's first password: one for all labs and processes.

    So a lab is cheap to make, and a changed password is seen by comparing.
    """
    return make_password(PASSWORDS[username], salt="the-same-in-every-new-lab")


def first_email(username: str) -> str:
    return f"{username}@{settings.ADDRESSES.domains.bank}"


def open_lab(text: str) -> Lab:
    """Return the lab of that label, creating it on its first visit.

    Raises:
        LabsFull: A new lab was asked for, and there is no room for it.
    """
    if found := _called(text):
        lab = found[0]
    else:
        try:
            with transaction.atomic():
                _make_room()
                lab = _create(text)
        except IntegrityError:  # Two first visits at once: the other one made it.
            lab = Lab.objects.get(label=text)
    seen(lab)
    return lab


@prepared
def _called(label: str) -> QuerySet[Lab]:
    return Lab.objects.filter(label=label)


def seen(lab: Lab) -> None:
    """Note that the lab is in use, to the minute."""
    now = timezone.now()
    if now - lab.last_seen > SEEN_EVERY:
        with transaction.atomic():  # So that it waits in the queue of writers.
            Lab.objects.filter(pk=lab.pk).update(last_seen=now)


@contextmanager
def hold(lab: Lab) -> Iterator[None]:
    """Do something in a lab, in one transaction; other acts and resets in it wait.

    PostgreSQL has to be told so. The lab is locked before anything else, so there are no deadlocks.
    SQLite lets only one transaction write at a time anyway.

    Raises:
        LabGone: The lab was reset or removed before this began. Then nothing can be stored here,
            because every row refers to its lab.
    """
    try:
        with transaction.atomic():
            if connection.features.has_select_for_update:
                Lab.objects.select_for_update().filter(pk=lab.pk).exists()
            yield
    except Exception as error:
        # Looked up only now, since a query for each act would be a noticeable part of its cost.
        if Lab.objects.filter(pk=lab.pk).exists():
            raise
        raise LabGone from error


def reset(text: str) -> None:
    """Replace a lab with a new one of the same label. If it was never visited, do nothing.

    A new row, because requests that entered the old lab cannot store anything in the new one.
    """
    with transaction.atomic():
        lab = Lab.objects.select_for_update().filter(label=text).first()
        if lab is None:
            return
        lab.delete()
        _create(text)


def _make_room() -> None:
    if Lab.objects.count() < MOST_LABS:
        return
    # A lab that is locked is in use, or another first visit is removing it.
    unused = Lab.objects.select_for_update(skip_locked=True)
    oldest = unused.filter(last_seen__lt=timezone.now() - KEPT_FOR).order_by("last_seen").first()
    if oldest is None:
        raise LabsFull
    oldest.delete()


def _create(text: str) -> Lab:
    lab = Lab.objects.create(label=text, last_seen=timezone.now())
    Account.objects.bulk_create(
        Account(
            lab=lab,
            username=username,
            password=first_password(username),
            email=first_email(username),
            balance=FIRST_BALANCE,
        )
        for username in PASSWORDS
    )
    return lab
