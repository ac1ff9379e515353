"""Who is in the room, and what the trainer has said."""

from __future__ import annotations

from django.db import connection, models
from django.db.models import F

LONGEST_NAME = 40
LONGEST_SAID = 200


class Person(models.Model):
    """Somebody in the room. `owner` is the part of their labs' names that nobody else knows; two
    people who share a laptop have the same one."""

    name = models.CharField(max_length=LONGEST_NAME)
    # The name as it's compared: without case, and without other ways to write the same.
    key = models.CharField(max_length=4 * LONGEST_NAME, unique=True)
    owner = models.CharField(max_length=12, db_index=True)
    browser = models.CharField(max_length=20, default="")
    joined = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class DeviceCode(models.Model):
    """A code by which the same person joins on another device, for a while."""

    code = models.CharField(max_length=8, unique=True)
    owner = models.CharField(max_length=12)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.code} for {self.owner}"


class SecondVote(models.Model):
    """What somebody predicts after talking; the first vote is the prediction in their lesson."""

    owner = models.CharField(max_length=12)
    lesson = models.CharField(max_length=40)
    choice = models.CharField(max_length=30)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "lesson"], name="one_second_vote_a_lesson"),
        ]

    def __str__(self) -> str:
        return f"{self.owner} in {self.lesson}: {self.choice}"


class State(models.Model):
    """What the trainer has said to everybody. There's one row; `version` grows with each change."""

    version = models.PositiveIntegerField(default=1)
    said = models.CharField(max_length=LONGEST_SAID, default="")
    look_here = models.BooleanField(default=False)
    # Whether anybody new can take a name.
    lets_in = models.BooleanField(default=True)
    timer = models.DateTimeField(null=True)
    # Slugs of lessons that aren't open yet.
    held = models.JSONField(default=list)
    vote = models.CharField(max_length=40, default="")
    phase = models.CharField(max_length=10, default="")

    def __str__(self) -> str:
        return f"version {self.version}"


def state() -> State:
    """Return what the trainer has said."""
    return State.objects.get_or_create(pk=1)[0]


def room_version() -> str:
    """Return the version of it, in plain SQL: every open page asks once a second."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT version FROM {State._meta.db_table} WHERE id = 1")  # noqa: S608
        row = cursor.fetchone()
    return str(row[0] if row else 1)


def change(**values: object) -> None:
    """Note what the trainer says."""
    state()
    State.objects.filter(pk=1).update(version=F("version") + 1, **values)
