"""The queue of visits."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from catalogue.visits import RUNNING, STAY, WAITING


class Worker(models.Model):
    """A program with the victim's browsers, and when it last asked for something to do."""

    name = models.CharField(max_length=40, unique=True)
    profiles = models.JSONField(default=list)
    seen = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """A page that alice is to open. `owner` is the public name of whoever wrote it, `key` the
    delivery's name in the API, and `stay` how many seconds she stays at most. `subdomain`: she
    opens it at the lab's subdomain, and not on the owner's own site."""

    key = models.CharField(max_length=32, unique=True)
    owner = models.CharField(max_length=50, db_index=True)
    lab = models.CharField(max_length=63)
    file = models.CharField(max_length=100)
    click = models.CharField(max_length=100, default="")
    stay = models.PositiveSmallIntegerField(default=STAY)
    subdomain = models.BooleanField(default=False)
    made = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.owner}{self.file} at {self.lab}"

    @property
    def address(self) -> str:
        """Where alice opens it."""
        where = settings.ADDRESSES
        if self.subdomain:
            return where.exploit_at(self.lab, self.owner) + self.file
        return where.exploit(self.owner) + self.file


class Visit(models.Model):
    """A delivery in one browser.

    `after` is the lab's newest attempt before the exploit was opened, `before` what the accounts
    were like. `reason` is a code, or empty; `problem` is a sentence where the visit itself failed.
    """

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="visits")
    owner = models.CharField(max_length=50)
    profile = models.CharField(max_length=30)
    state = models.CharField(max_length=10, default=WAITING, db_index=True)
    worker = models.CharField(max_length=40, default="")
    tries = models.PositiveSmallIntegerField(default=0)
    started = models.DateTimeField(null=True)
    ended = models.DateTimeField(null=True)
    after = models.BigIntegerField(null=True)
    before = models.JSONField(default=dict)
    outcome = models.CharField(max_length=10, default="")
    reason = models.CharField(max_length=30, default="")
    problem = models.CharField(max_length=300, default="")
    report = models.JSONField(default=dict)
    screenshot = models.BinaryField(default=b"")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner"], condition=Q(state=RUNNING), name="one_visit_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.delivery} in {self.profile}: {self.state}"
