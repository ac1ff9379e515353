"""The names of people: any script, each once."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext

from victim_site.teaching.lessons import learner
from victim_site.teaching.lessons.models import Progress
from victim_site.teaching.room.models import LONGEST_NAME, DeviceCode, Person, state

MOST_PEOPLE = 1000
CODE_MINUTES = 10
_CODE_LENGTH = 8


class NameRefused(Exception):
    """Somebody can't have this name; the text says why, and `free` is one that they can have."""

    def __init__(self, sentence: str, free: str = "") -> None:
        super().__init__(sentence)
        self.free = free


def cleaned(text: str) -> str:
    """Return a name as it's shown: in one line, without what can't be seen."""
    shown = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in text)
    return " ".join(shown.split())


def key_of(name: str) -> str:
    """Return what two names have in common that look the same (NFKC, without case)."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def join(first: str, second: str = "") -> str:
    """Let one person in, or two at one laptop; return the owner of their labs.

    Raises:
        NameRefused: A name is empty, too long or taken, or the room is full or closed.
    """
    if not state().lets_in:
        raise NameRefused(gettext("Nobody new can come in just now. Ask your trainer."))
    names = [name for name in map(cleaned, (first, second)) if name]
    if not names:
        raise NameRefused(gettext("Type a name that the trainer can call you by."))
    for name in names:
        if len(name) > LONGEST_NAME:
            raise NameRefused(
                gettext("A name has at most %(most)d characters.") % {"most": LONGEST_NAME},
                Truncator(name).chars(LONGEST_NAME, truncate="").strip(),
            )
    if len(names) == 2 and key_of(names[0]) == key_of(names[1]):
        raise NameRefused(gettext("The two of you need two names."))
    if Person.objects.count() + len(names) > MOST_PEOPLE:
        raise NameRefused(
            gettext("This room has %(most)d people, and no place for more.") % {"most": MOST_PEOPLE}
        )
    owner = learner.new_name()
    with transaction.atomic():
        for name in names:
            with _once(name):
                Person.objects.create(name=name, key=key_of(name), owner=owner)
    return owner


@contextmanager
def _once(name: str) -> Iterator[None]:
    """Write a name, which everybody has once.

    Raises:
        NameRefused: It's taken.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        raise NameRefused(
            gettext("Somebody here is called %(name)s already.") % {"name": name}, free(name)
        ) from None


def free(name: str) -> str:
    """Return a name like another one that nobody has."""
    for number in range(2, MOST_PEOPLE + 2):
        offered = f"{name[: LONGEST_NAME - 5]} {number}"
        if not Person.objects.filter(key=key_of(offered)).exists():
            return offered
    return ""


def rename(person: Person, text: str) -> None:
    """Give somebody another name.

    Raises:
        NameRefused: It's empty, too long or taken.
    """
    name = cleaned(text)
    if not name or len(name) > LONGEST_NAME:
        raise NameRefused(gettext("A name has 1 to %(most)d characters.") % {"most": LONGEST_NAME})
    # Only these two: the person may be at the self-check, or be removed, at the same time.
    with _once(name):
        Person.objects.filter(pk=person.pk).update(name=name, key=key_of(name))


def idle() -> QuerySet[Person]:
    """Return who has done nothing with their name: no self-check, and nothing in a lesson."""
    return Person.objects.filter(browser="").exclude(owner__in=Progress.objects.values("owner"))


def called(owner: str) -> str:
    """Return the name of who has these labs, or the names of a pair; empty where nobody has."""
    return " & ".join(Person.objects.filter(owner=owner).values_list("name", flat=True))


def everybody() -> dict[str, str]:
    """Return how everybody is called, by the owner of their labs."""
    found: dict[str, list[str]] = {}
    for owner, name in Person.objects.order_by("key").values_list("owner", "name"):
        found.setdefault(owner, []).append(name)
    return {owner: " & ".join(here) for owner, here in found.items()}


def device_code(owner: str) -> str:
    """Return a code by which the same person can join on another device."""
    now = timezone.now()
    DeviceCode.objects.filter(until__lt=now).delete()
    DeviceCode.objects.filter(owner=owner).delete()
    code = learner.random_signs(_CODE_LENGTH)
    DeviceCode.objects.create(code=code, owner=owner, until=now + timedelta(minutes=CODE_MINUTES))
    return code


def owner_by_code(text: str) -> str:
    """Return who a code is for, or nothing. It can be used once."""
    code = text.strip().lower().replace("-", "").replace(" ", "")[:_CODE_LENGTH]
    row = DeviceCode.objects.filter(code=code, until__gte=timezone.now()).first()
    if row is None or not row.delete()[0]:
        return ""
    return row.owner
