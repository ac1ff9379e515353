"""What the bank remembers of a lab: accounts, transfers, sign-ins, and every attempt."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models


class Lab(models.Model):
    """A lab that somebody has visited."""

    label = models.CharField(max_length=63, unique=True)
    last_seen = models.DateTimeField(db_index=True)
    # How many of its sign-ins were confirmed, so that an open log shows a new confirmation.
    confirmations = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.label


class Account(AbstractBaseUser):
    """A customer of one lab's bank. Money is in whole units."""

    lab = models.ForeignKey(Lab, on_delete=models.CASCADE, related_name="accounts")
    username = models.CharField(max_length=20)
    email = models.EmailField()
    balance = models.BigIntegerField()
    avatar = models.BinaryField(default=b"")
    avatar_type = models.CharField(max_length=20, default="")
    # The identity at another service that opens this account too; empty if there's none.
    identity = models.CharField(max_length=20, default="")
    last_login = None

    USERNAME_FIELD = "username"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lab", "username"], name="one_account_a_name"),
            models.CheckConstraint(condition=models.Q(balance__gte=0), name="no_overdraft"),
        ]

    def __str__(self) -> str:
        return f"{self.username} in {self.lab}"


class Transfer(models.Model):
    """A payment. The lab is a column too, so that one index covers the history."""

    lab = models.ForeignKey(Lab, on_delete=models.CASCADE)
    sender = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="sent")
    recipient = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="received")
    amount = models.BigIntegerField()
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.amount} from {self.sender} to {self.recipient}"


class Session(AbstractBaseSession):
    """A sign-in. `account` is what the session data says, in a column that can be counted.

    `unconfirmed` is the id of the attempt that made it, until a later request brings its cookie.
    """

    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, related_name="sessions", null=True
    )
    unconfirmed = models.BigIntegerField(null=True)


class IdentityCode(models.Model):
    """A code that says once who somebody is at another service. Whoever brings it back is that."""

    lab = models.ForeignKey(Lab, on_delete=models.CASCADE)
    code = models.CharField(max_length=43, unique=True)
    identity = models.CharField(max_length=20)
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.identity} in {self.lab}"


class Attempt(models.Model):
    """One request that reached the bank and would act, or its preflight; see `bank.attempts`."""

    lab = models.ForeignKey(Lab, on_delete=models.CASCADE, related_name="attempts")
    at = models.DateTimeField()
    kind = models.CharField(max_length=10)
    method = models.CharField(max_length=10)
    path = models.CharField(max_length=100)
    action = models.CharField(max_length=20)
    content_type = models.CharField(max_length=200)
    origin = models.CharField(max_length=300, null=True)
    referer = models.CharField(max_length=1000, null=True)
    sec_fetch_site = models.CharField(max_length=30, null=True)
    sec_fetch_mode = models.CharField(max_length=30, null=True)
    sec_fetch_dest = models.CharField(max_length=30, null=True)
    sec_purpose = models.CharField(max_length=60, null=True)
    cookies = models.JSONField(default=list)
    user = models.CharField(max_length=20, null=True)
    outcome = models.CharField(max_length=10)
    verdicts = models.JSONField(default=list)
    reason = models.CharField(max_length=30, null=True)
    # What the act did, as a phrase without a period; empty if nothing was done.
    change = models.CharField(max_length=200, default="")
    # Whether it certainly had an effect. A browser may drop the cookie of a sign-in.
    confirmed = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.method} {self.path}: {self.outcome}"
